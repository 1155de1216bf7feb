package people

import (
	"strings"
	"unicode"

	"carat/pipeline"
	"golang.org/x/text/unicode/norm"
)

// An erased person comes back under another id as easily as under their own: with a
// blank behind it, in capitals, with a letter of another script. So what is remembered
// is also what such ids have in common, and name and address together. Neither the name
// nor the address alone: others have the same.

// latin gives the Latin letters that letters of other scripts look like.
var latin = strings.NewReplacer(
	"а", "a", "в", "b", "с", "c", "ԁ", "d", "е", "e", "ё", "e", "ғ", "f", "ɡ", "g", "һ", "h", "н", "h", "і", "i", "ї", "i", "ı", "i", "ј", "j", "к", "k", "ӏ", "l", "м", "m",
	"о", "o", "р", "p", "ԛ", "q", "ѕ", "s", "т", "t", "у", "y", "ѵ", "v", "ԝ", "w", "х", "x",
	"α", "a", "β", "b", "ϲ", "c", "ε", "e", "η", "h", "ι", "i", "κ", "k", "μ", "m", "ν", "v", "ο", "o", "ρ", "p", "τ", "t", "υ", "y", "χ", "x", "ζ", "z",
)

// folded gives what ids, names and addresses have in common that look alike: without
// blanks and characters that can't be seen, in lower case, in Latin letters.
func folded(text string) string {
	seen := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.In(r, unicode.Cf, unicode.Cc, unicode.Zs, unicode.Mn, unicode.Variation_Selector),
			r == '\u115f', r == '\u1160', r == '\u3164', r == '\uffa0', r == '\u2800':
			return -1
		}
		return r
	}, norm.NFKD.String(text))
	return latin.Replace(strings.ToLower(strings.ToUpper(seen)))
}

// marks are what tells a person under another id: the name together with an address, an
// account or the numbers that a tax office gave.
func marks(one pipeline.Person) (all []string) {
	i := one.Identity
	for _, m := range []struct{ kind, name, with string }{
		{"mail ", one.DisplayName, one.Email},
		{"payee mail ", i.LegalName, i.Email},
		{"payee account ", i.LegalName, i.Account},
		{"payee tax ", i.LegalName, i.TaxIDs},
	} {
		if name, with := folded(m.name), folded(m.with); name != "" && with != "" {
			all = append(all, m.kind+name+"\x00"+with)
		}
	}
	return all
}
