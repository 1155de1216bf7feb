package lex

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// An array is its elements, each on the line where it begins if that is its own.
func TestElements(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "",
		"{\"a\":1}\n[1]":                  "{\"a\":1}\n[1]",
		"\ufeff{\"a\":1}":                 "\ufeff{\"a\":1}",
		"[]":                              "\n",
		" [ ] \n":                         "\n\n",
		"[{\"a\":1}]":                     "{\"a\":1}\n",
		"\ufeff[{\"a\":1},{\"b\":2}]":     "{\"a\":1}\n{\"b\":2}\n",
		"\n[\n{\"a\":1},\n{\"b\":2}\n]\n": "\n\n{\"a\":1}\n{\"b\":2}\t\n\n",
		"[\n {\n  \"a\": [1,\n2]\n },\n {\"b\":2}]": "\n{\t  \"a\": [1,\t2]\t }\n\n\n\n{\"b\":2}\n",
		"[{\"a\":1},{\"b\":2},\n{\"c\":3}]":         "{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n",
		`[{"a":"]},[\"{"},1,"x,y"]`:                 "{\"a\":\"]},[\\\"{\"}\n1\n\"x,y\"\n",
		"[{\"a\":\"x\ny\"}]":                        "{\"a\":\"x\ty\"}\n",
		"[1,]":                                      "x.json:1: broken JSON: ']' where an element of the array should be",
		"[,1]":                                      "x.json:1: broken JSON: ',' where an element of the array should be",
		"[\n1,\n":                                   "x.json:3: a JSON array that ends in the middle; fetch the file again",
		"[{\"a\":1}":                                "x.json:1: a JSON array that ends in the middle; fetch the file again",
		"[1]\n[2]":                                  "x.json:2: text behind the end of a JSON array; have each array exported as a file of its own",
	} {
		for _, src := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
			got, err := io.ReadAll(Elements(src, "x.json"))
			if err != nil {
				got = []byte(strings.TrimPrefix(err.Error(), "read "))
			}
			if string(got) != want {
				t.Errorf("%q:\n got %q\nwant %q", text, got, want)
			}
		}
	}
}

// Whatever is in the elements and however they are laid out, each comes as one
// line that is the same JSON.
func TestElementsKeepTheirContent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOf(rapid.MapOf(rapid.String(), rapid.SliceOf(rapid.String()))).Draw(t, "elements")
		text, err := json.Marshal(all)
		if rapid.Bool().Draw(t, "indented") {
			text, err = json.MarshalIndent(all, "", " ")
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(all) == 0 {
			text = []byte("[]")
		}
		got, err := io.ReadAll(Elements(strings.NewReader(string(text)), "x.json"))
		if err != nil {
			t.Fatal(err)
		}
		var back []string
		for _, line := range strings.Split(string(got), "\n") {
			if line != "" {
				back = append(back, line)
			}
		}
		var again any
		if err := json.Unmarshal([]byte("["+strings.Join(back, ",")+"]"), &again); err != nil || len(back) != len(all) {
			t.Fatalf("%q gives %q: %v", text, got, err)
		}
		want, _ := json.Marshal(all)
		if have, _ := json.Marshal(again); len(all) > 0 && string(have) != string(want) {
			t.Fatalf("%s became %s", want, have)
		}
	})
}
