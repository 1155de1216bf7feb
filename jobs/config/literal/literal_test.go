package literal

import "testing"

// The copy of a configuration in a backup holds no password of an address.
func TestWithoutPasswords(t *testing.T) {
	for text, want := range map[string]string{
		"catalog: postgres://carat:s3cret@h/d # ours":    "catalog: postgres://carat:${CARAT_PASSWORD}@h/d # ours",
		`catalog: "postgres://carat:${DB}@h/d"`:          `catalog: "postgres://carat:${DB}@h/d"`,
		"url: https://h/x?a=1&password=s3cret&b=2":       "url: https://h/x?a=1&password=${CARAT_PASSWORD}&b=2",
		"url: 'https://u:s3:cret@h/' # at a@b.example":   "url: 'https://u:${CARAT_PASSWORD}@h/' # at a@b.example",
		"lake: lake\nentities: {a: {name: 'A: b@c.de'}}": "lake: lake\nentities: {a: {name: 'A: b@c.de'}}",
	} {
		if got := string(WithoutPasswords([]byte(text))); got != want {
			t.Errorf("%s\nbecomes %s\nwant    %s", text, got, want)
		}
	}
}
