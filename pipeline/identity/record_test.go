package identity_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"carat/pipeline/identity"
)

var at = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

func record(kind identity.Kind, fields ...identity.Field) identity.Record {
	return identity.Record{Kind: kind, Lake: "l1", No: 7, Before: strings.Repeat("ab", 32), Person: "ann", Account: "root", Proof: identity.ProofNone,
		Auth: identity.NotAuthenticated, Time: at, Fields: fields}
}

// The bytes of a record are these, and no others.
func TestRecordBytes(t *testing.T) {
	r := record(identity.KindDecide, identity.Field{"decisions", "2"},
		identity.Field{"exception", "e1"}, identity.Field{"difference", "-1.50"}, identity.Field{"reason", "a \\ b\nnext\u202eline\x1b"}, identity.Field{"until", ""},
		identity.Field{"exception", "e2"}, identity.Field{"status", "waived"}, identity.Field{"until", "2026-12-31"})
	want := `carat-record/1
kind: decide
lake: l1
number: 7
before: abababababababababababababababababababababababababababababababab
person: ann
account: root
credential: none
proof: none
auth: not authenticated
time: 2026-11-02T09:00:00Z
decisions: 2
exception: e1
difference: -1.50
reason: a \\ b\nnext\u{202e}line\u{1b}
exception: e2
status: waived
until: 2026-12-31
`
	text, err := r.Encode()
	if err != nil || string(text) != want {
		t.Fatalf("%v\n%s\nwant\n%s", err, text, want)
	}
	got, err := identity.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	groups := got.Groups()
	if len(groups) != 2 || groups[0]["reason"] != "a \\ b\nnext\u202eline\x1b" || groups[1]["until"] != "2026-12-31" || groups[0]["until"] != "" {
		t.Errorf("%v", groups)
	}
}

// A record has one spelling: whatever else says the same is none.
func TestRecordHasOneSpelling(t *testing.T) {
	text, err := record(identity.KindReopen, identity.Field{"period", "2026-10"}, identity.Field{"version", "1"}, identity.Field{"reason", "späte Datei"}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	for what, other := range map[string]string{
		"CRLF":                 strings.ReplaceAll(string(text), "\n", "\r\n"),
		"no last line end":     strings.TrimSuffix(string(text), "\n"),
		"a line more":          string(text) + "\n",
		"another order":        strings.Replace(strings.Replace(string(text), "period: 2026-10\n", "", 1), "version: 1\n", "version: 1\nperiod: 2026-10\n", 1),
		"a line twice":         strings.Replace(string(text), "version: 1\n", "version: 1\nversion: 2\n", 1),
		"an empty line":        strings.Replace(string(text), "version: 1", "version: ", 1),
		"a foreign line":       string(text) + "colour: red\n",
		"no kind":              strings.Replace(string(text), "kind: reopen", "kind: other", 1),
		"an escape of nothing": strings.Replace(string(text), "späte", `sp\u{e4}te`, 1),
		"number 0":             strings.Replace(string(text), "number: 7", "number: 0", 1),
		"number 07":            strings.Replace(string(text), "number: 7", "number: 07", 1),
		"another time":         strings.Replace(string(text), "09:00:00Z", "10:00:00+01:00", 1),
		"not UTF-8":            strings.Replace(string(text), "ä", "\xe4", 1),
		"another form":         strings.Replace(string(text), "carat-record/1", "carat-record/2", 1),
		"nothing":              "",
	} {
		if _, err := identity.Parse([]byte(other)); err == nil {
			t.Errorf("%s is read", what)
		}
	}
	if r, err := identity.Parse(text); err != nil || r.Get("reason") != "späte Datei" {
		t.Errorf("%v %v", r, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, kind := range identity.Kinds {
		text, err := record(kind).Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := identity.Parse(text)
		if err != nil {
			return
		}
		again, err := r.Encode()
		if err != nil || !bytes.Equal(again, text) {
			t.Errorf("%q is written as %q (%v)", text, again, err)
		}
	})
}
