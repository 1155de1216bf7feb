package score_test

import (
	"fmt"
	"strings"
	"testing"

	"carat/jobs/score"
	"carat/pipeline"
)

func parse(t *testing.T, text string) []score.Finding {
	t.Helper()
	list, err := score.Read("file", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

const truth = `[
 {"period": "2026-10", "control": "gift_price", "subject_kind": "gift", "subject_id": "g1", "difference": "-5", "unit": "coins"},
 {"period": "2026-10", "control": "gift_price", "subject_kind": "gift", "subject_id": "g2", "difference": "7", "unit": "coins"},
 {"period": "2026-10", "control": "payout_twice", "subject_kind": "payout", "subject_id": "p1", "difference": "10.5", "unit": "USD"},
 {"period": "2026-10", "control": "payout_twice", "subject_kind": "payout", "subject_id": "p1", "difference": "11", "unit": "USD"},
 {"period": "2026-10", "control": "store_break", "subject_kind": "order", "subject_id": "o1", "difference": "1", "unit": "USD", "carried": true}
]`

// TestScore: each planted fault and each finding counts once, under its kind.
func TestScore(t *testing.T) {
	for name, c := range map[string]struct{ found, want string }{
		"all, as spelled otherwise": {
			"control,subject_id,subject_kind,difference,unit,other\ngift_price,g1,gift,-5.00,coins,x\ngift_price,g2,gift,7,coins,\npayout_twice,p1,payout,11,USD,\npayout_twice,p1,payout,10.50,USD,\nstore_break,o1,order,1,USD,\n",
			"all 5/5/5/5 0 1.000 1.000; gift_price 2/2/2/2 0 1.000 1.000; payout_twice 2/2/2/2 0 1.000 1.000; store_break 1/1/1/1 0 1.000 1.000",
		},
		"no amounts, one twice, one elsewhere": {
			"control,subject_id\ngift_price,g1\ngift_price,g1\nwrong_name,g2\nstore_break,o1\n",
			"all 5/4/2/0 1 0.400 0.500; gift_price 2/2/1/0 1 0.500 0.500; payout_twice 2/0/0/0 0 0.000 ; store_break 1/1/1/0 0 1.000 1.000; wrong_name 0/1/0/0 0  0.000",
		},
		"another kind of subject": {"control,subject_id,subject_kind\ngift_price,g1,creator\n", "all 5/1/0/0 1 0.000 0.000; gift_price 2/1/0/0 1 0.000 0.000; payout_twice 2/0/0/0 0 0.000 ; store_break 1/0/0/0 0 0.000 "},
		"nothing":                 {"[]", "all 5/0/0/0 0 0.000 ; gift_price 2/0/0/0 0 0.000 ; payout_twice 2/0/0/0 0 0.000 ; store_break 1/0/0/0 0 0.000 "},
		"a later month finds what is carried again, and what isn't wrongly": {
			"period,control,subject_id\n2026-10,store_break,o1\n2026-11,store_break,o1\n2026-11,gift_price,g1\n",
			"all 5/2/1/0 1 0.200 0.500; gift_price 2/1/0/0 1 0.000 0.000; payout_twice 2/0/0/0 0 0.000 ; store_break 1/1/1/0 0 1.000 1.000",
		},
	} {
		s := score.Of(parse(t, truth), parse(t, c.found))
		var got []string
		for _, k := range append([]score.Kind{s.All}, s.Kinds...) {
			if k.Fault == "" {
				k.Fault = "all"
			}
			got = append(got, fmt.Sprintf("%s %d/%d/%d/%d %d %s %s", k.Fault, k.Planted, k.Found, k.Right, k.AmountToo, k.Misnamed, k.Recall(), k.Precision()))
		}
		if text := strings.Join(got, "; "); text != c.want {
			t.Errorf("%s:\n%s, want\n%s", name, text, c.want)
		}
		if len(s.Missed) != s.All.Missed() || len(s.Wrong) != s.All.Wrong() {
			t.Errorf("%s: %d missed and %d wrong are listed, %d and %d counted", name, len(s.Missed), len(s.Wrong), s.All.Missed(), s.All.Wrong())
		}
	}
}

// TestAlmostAllIsNotAll: a share is cut off, not rounded up.
func TestAlmostAllIsNotAll(t *testing.T) {
	if got := (score.Kind{Planted: 10_000, Right: 9_999, Found: 9_999}); got.Recall() != "0.999" || got.Precision() != "1.000" {
		t.Errorf("%s, %s", got.Recall(), got.Precision())
	}
}

// TestBadFilesAreRefused.
func TestBadFilesAreRefused(t *testing.T) {
	for text, says := range map[string]string{
		"":                                 "it is empty",
		"a,b\n1,2\n":                       "its head has no control",
		"control,subject_id\nx\n":          "wrong number of fields",
		"control,subject_id\nx,\n":         "line 2 has no control or no subject_id",
		`[{"control": "x"}]`:               "object 1 has no",
		`[{"control": "x", }]`:             "invalid character",
		`["x"]`:                            "cannot unmarshal",
		"control,subject_id\n\"x,y\nz,w\n": "extraneous or missing",
	} {
		if _, err := score.Read("found.csv", []byte(text)); err == nil || pipeline.KindOf(err) != pipeline.KindBadInput || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", text, err, says)
		}
	}
}
