package people

import (
	"maps"
	"slices"
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

// Alike gives the ids, other than one, that look like it: those that are the same
// person's, since a name, an address or an account is the same or nothing of the kind is
// known, and those that are somebody else's by all that is known.
func Alike(id string, people map[string]pipeline.Person, payees map[string]pipeline.Identity) (same, others []string) {
	fold := folded(id)
	ids := map[string]bool{}
	for other := range people {
		ids[other] = folded(other) == fold
	}
	for other := range payees {
		ids[other] = folded(other) == fold
	}
	texts := func(id string) (known []string) {
		i := payees[id]
		for _, text := range []string{people[id].DisplayName, people[id].Email, i.LegalName, i.Email, i.Account, i.TaxIDs} {
			if text = folded(text); text != "" {
				known = append(known, text)
			}
		}
		return known
	}
	whose := texts(id)
	for _, other := range slices.Sorted(maps.Keys(ids)) {
		if other == id || !ids[other] {
			continue
		}
		known := texts(other)
		if len(whose) == 0 || len(known) == 0 || slices.ContainsFunc(known, func(text string) bool { return slices.Contains(whose, text) }) {
			same = append(same, other)
		} else {
			others = append(others, other)
		}
	}
	return same, others
}
