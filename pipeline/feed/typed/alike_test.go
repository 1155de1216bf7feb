package typed

import "testing"

func TestAlike(t *testing.T) {
	for id, want := range map[string]string{
		"c1": "", "müller": "", "日本": "", "e\u0301": "",
		"c1\u200b":      `one id holds characters that can't be seen: creator_id "c1\u200b" looks like "c1" and is another`,
		"\u202ec1":      `one id holds characters that can't be seen: creator_id "\u202ec1" looks like "c1" and is another`,
		"c\u00a01":      `one id holds characters that can't be seen: creator_id "c\u00a01" looks like "c 1" and is another`,
		"c\ufeff1":      `one id holds characters that can't be seen: creator_id "c\ufeff1" looks like "c1" and is another`,
		"c\u00ad1":      `one id holds characters that can't be seen: creator_id "c\u00ad1" looks like "c1" and is another`,
		"c1\ufe0f":      `one id holds characters that can't be seen: creator_id "c1\ufe0f" looks like "c1" and is another`,
		"\u3164c1":      `one id holds characters that can't be seen: creator_id "\u3164c1" looks like "c1" and is another`,
		"c1\u3000":      `one id holds characters that can't be seen: creator_id "c1\u3000" looks like "c1 " and is another`,
		"a\u2066\u2069": `one id holds characters that can't be seen: creator_id "a\u2066\u2069" looks like "a" and is another`,
	} {
		a := &Alike{}
		a.look("creator_id", []byte(id))
		if got := a.Note(); got != want {
			t.Errorf("%+q: %s", id, got)
		}
	}
	for id, want := range map[string]string{
		"c1": "", "c 1": "",
		"c1 ":  `one id holds characters that can't be seen: creator_id "c1 " looks like "c1" and is another`,
		"  c1": `one id holds characters that can't be seen: creator_id "  c1" looks like "c1" and is another`,
	} {
		a := &Alike{}
		if padded([]byte(id)) {
			a.note("creator_id", id)
		}
		if got := a.Note(); got != want {
			t.Errorf("%+q: %s", id, got)
		}
	}
	a := &Alike{}
	for _, id := range []string{"b\u200b", "a\u200b", "c"} {
		a.look("viewer_id", []byte(id))
	}
	if got, want := a.Note(), `2 ids hold characters that can't be seen: viewer_id "a\u200b" looks like "a" and is another`; got != want {
		t.Error(got)
	}
}
