package address_test

import (
	"net/mail"
	"strings"
	"testing"

	"carat/pipeline/feed/address"
)

// What a feed brought as an address and what carat says of it. Each refused one
// would have made a letter go elsewhere, to several people, or nowhere.
func TestAddresses(t *testing.T) {
	for _, c := range []struct{ text, want, reason string }{
		{"ann@example.org", "ann@example.org", ""},
		{"Ann.O'Neil+carat@Mail.Example.ORG", "Ann.O'Neil+carat@mail.example.org", ""},
		{"a@bücher.example", "a@xn--bcher-kva.example", ""},
		{"a@例え.テスト", "a@xn--r8jz45g.xn--zckzah", ""},
		{"a@xn--bcher-kva.example", "a@xn--bcher-kva.example", ""},
		{strings.Repeat("a", 64) + "@x.com", strings.Repeat("a", 64) + "@x.com", ""},

		{"a@b.c\r\nBcc: evil@x.com", "", "it has a bracket, a colon or a backslash|it has a space or an end of line"},
		{"a@b.co\nd@e.fr", "", "it has a space or an end of line"},
		{"a@b.co\x00", "", "it has a control character"},
		{"a@b.co, d@e.fr", "", "it is a list"},
		{"a@b.co;d@e.fr", "", "it is a list"},
		{"a@b.co d@e.fr", "", "it has a space"},
		{" a@b.co", "", "it has a space"},
		{"a@b.co\u00a0", "", "it has a space"},
		{"a@b.co\u2028", "", "it has a space"},
		{"a\u200b@b.co", "", "can't be seen"},
		{"a@b\u202e.co", "", "can't be seen"},
		{`"a b"@b.co`, "", "it has quotes"},
		{`"a"@b.co`, "", "it has quotes"},
		{"Ann <a@b.co>", "", "angle brackets"},
		{"<a@b.co>", "", "angle brackets"},
		{"<script>@x.com", "", "angle brackets"},
		{"a(comment)@b.co", "", "a comment"},
		{"Friends:a@b.co", "", "a colon"},
		{"a@b@c.org", "", "more than one @"},
		{"a.b.co", "", "no @"},
		{"root", "", "no @"},
		{"@", "", "nothing stands before"},
		{"a@", "", "no domain"},
		{"a@localhost", "", "no point"},
		{"a@mail.localhost", "", "none of the internet's"},
		{"a@printer.local", "", "none of the internet's"},
		{"a@[127.0.0.1]", "", "a bracket"},
		{"a@127.0.0.1", "", "no top-level domain"},
		{"a@2130706433", "", "no point"},
		{"a@b.c", "", "no top-level domain"},
		{"a@b..co", "", "its domain is none"},
		{"a@.b.co", "", "its domain is none"},
		{"a@b.co.", "", "its domain is none"},
		{"a@-b.co", "", "its domain is none"},
		{"a@b_c.co", "", "its domain is none"},
		{"a@p\u0430ypal.com", "", "mixes alphabets"},
		{"a@xn--pypal-4ve.com", "", "mixes alphabets"},
		{".a@b.co", "", "a point"},
		{"a..b@b.co", "", "a point"},
		{"-oQ@b.co", "", "begins with a hyphen"},
		{"a%evil.org@b.co", "", "no mailbox"},
		{"evil.org!a@b.co", "", "no mailbox"},
		{"|sh@b.co", "", "no mailbox"},
		{"a\u0430@b.co", "", "no mailbox"},
		{strings.Repeat("a", 65) + "@x.com", "", "64 bytes"},
		{strings.Repeat("a", 300) + "@x.com", "", "254 bytes"},
		{"a@" + strings.Repeat("b.", 130) + "com", "", "254 bytes"},
		{"a@" + strings.Repeat("b", 64) + ".com", "", "its domain is none"},
		{"a@b\xff.co", "", "not UTF-8"},
		{"", "", "empty"},
	} {
		got, err := address.ASCII(c.text)
		if c.reason == "" {
			if err != nil || got != c.want {
				t.Errorf("%q: %q, %v; want %q", c.text, got, err, c.want)
			}
			continue
		}
		said := false
		for _, one := range strings.Split(c.reason, "|") {
			said = said || err != nil && strings.Contains(err.Error(), one)
		}
		if !said {
			t.Errorf("%q: %q, %v; want a refusal with %q", c.text, got, err, c.reason)
		}
	}
}

// Whatever is accepted is one mailbox to the standard's parser too, whole and
// without anything that ends a line of a letter's head.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{"ann@example.org", "a@bücher.example", "a@b.co,d@e.fr", `"a"@b.co`, "a@xn--bcher-kva.example", "a@b。co"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := address.ASCII(text)
		if err != nil {
			if text != "" && strings.Contains(err.Error(), text) && len(text) > 40 {
				t.Errorf("the reason holds the address: %v", err)
			}
			return
		}
		list, err := mail.ParseAddressList(got)
		if err != nil || len(list) != 1 || list[0].Address != got || strings.ContainsFunc(got, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			t.Errorf("%q became %q: %v %v", text, got, list, err)
		}
		if again, err := address.ASCII(got); err != nil || again != got {
			t.Errorf("%q became %q and then %q, %v", text, got, again, err)
		}
	})
}
