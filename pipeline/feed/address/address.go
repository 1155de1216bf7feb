package address

import (
	"errors"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// The most bytes that an address, and the part before its @, may have (RFC 5321
// 4.5.3.1, less the angle brackets of a path).
const (
	addressBytes = 254
	localBytes   = 64
	domainBytes  = 253
)

// localMarks are what a mailbox's name may hold besides letters and digits. Of
// RFC 5322's atoms those are left out by which old mail servers pass a letter on
// to another domain or to a program: %, ! and |, and the back quote.
const localMarks = "#$&'*+-/=?^_{}~."

// unreal are domains that are never on the internet (RFC 6761, RFC 6762, RFC
// 7686, RFC 8375 and what ICANN keeps for private use). Names for examples and
// tests are let through: months are generated with them.
var unreal = []string{"localhost", "localdomain", "local", "internal", "intranet", "lan", "home", "corp", "private", "invalid", "onion", "arpa"}

// Check says what is wrong with an address, nil if nothing is. The reason holds
// no part of the address.
func Check(text string) error {
	_, err := ASCII(text)
	return err
}

// ASCII gives an address as mail servers take it, the domain's letters outside
// ASCII in their form of RFC 5891: ann@bücher.example becomes
// ann@xn--bcher-kva.example. What is not exactly one address that a letter can
// go to is an error, which says why and holds no part of it.
func ASCII(text string) (string, error) {
	switch {
	case text == "":
		return "", errors.New("it is empty")
	case len(text) > addressBytes:
		return "", errors.New("it is longer than 254 bytes")
	case !utf8.ValidString(text):
		return "", errors.New("it is not UTF-8")
	}
	if err := checkCharacters(text); err != nil {
		return "", err
	}
	local, domain, found := strings.Cut(text, "@")
	switch {
	case !found:
		return "", errors.New("it has no @")
	case strings.Contains(domain, "@"):
		return "", errors.New("it has more than one @")
	}
	if err := checkLocal(local); err != nil {
		return "", err
	}
	host, err := checkDomain(domain)
	if err != nil {
		return "", err
	}
	plain := local + "@" + host
	if len(plain) > addressBytes {
		return "", errors.New("it is longer than 254 bytes")
	}
	// The standard's own parser must see in it what was seen here.
	if read, err := mail.ParseAddress(plain); err != nil || read.Name != "" || read.Address != plain {
		return "", errors.New("it is no address of RFC 5322")
	}
	return plain, nil
}

// checkCharacters refuses what makes an address more than one mailbox, or look
// like another one.
func checkCharacters(text string) error {
	for _, c := range []struct{ marks, reason string }{
		{",;", "it is a list: one address is wanted"},
		{`"`, "it has quotes"},
		{"<>", "it has angle brackets: the address alone is wanted, without a name"},
		{"()", "it has a comment"},
		{`[]\:`, "it has a bracket, a colon or a backslash"},
	} {
		if strings.ContainsAny(text, c.marks) {
			return errors.New(c.reason)
		}
	}
	for _, r := range text {
		switch {
		case unicode.IsSpace(r):
			return errors.New("it has a space or an end of line")
		case unicode.IsControl(r):
			return errors.New("it has a control character")
		case !unicode.IsPrint(r):
			return errors.New("it has a character that can't be seen")
		}
	}
	return nil
}

func checkLocal(local string) error {
	switch {
	case local == "":
		return errors.New("nothing stands before its @")
	case len(local) > localBytes:
		return errors.New("more than 64 bytes stand before its @")
	case strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, ".."):
		return errors.New("a point stands where none may be before its @")
	case strings.HasPrefix(local, "-"):
		return errors.New("it begins with a hyphen")
	}
	for _, r := range local {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(localMarks, r) {
			return errors.New("a character stands before its @ that no mailbox of carat's has")
		}
	}
	return nil
}

// lookup maps names as browsers and mail programs do, strictly.
var lookup = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckHyphens(true), idna.CheckJoiners(true), idna.StrictDomainName(true), idna.Transitional(false), idna.ValidateLabels(true), idna.VerifyDNSLength(true))

// checkDomain gives a domain in ASCII.
func checkDomain(domain string) (string, error) {
	if domain == "" {
		return "", errors.New("it has no domain")
	}
	if err := oneScript(domain); err != nil {
		return "", err
	}
	host, err := lookup.ToASCII(domain)
	if err != nil || len(host) > domainBytes {
		return "", errors.New("its domain is none")
	}
	labels := strings.Split(host, ".")
	if len(labels) < 2 {
		return "", errors.New("its domain has no point: it is a machine of this network")
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || strings.HasPrefix(l, "-") || strings.HasSuffix(l, "-") {
			return "", errors.New("its domain is none")
		}
	}
	if top := labels[len(labels)-1]; len(top) < 2 || !strings.HasPrefix(top, "xn--") && strings.ContainsFunc(top, func(r rune) bool { return r < 'a' || r > 'z' }) {
		return "", errors.New("its domain ends in no top-level domain, or is a number of a machine")
	}
	for _, name := range unreal {
		if labels[len(labels)-1] == name {
			return "", errors.New("its domain is none of the internet's")
		}
	}
	return host, nil
}

// oneScript refuses a label in which Latin letters stand beside Greek, Cyrillic
// or Armenian ones that look like them. Names in ASCII for such labels are read too.
func oneScript(domain string) error {
	shown := domain
	if read, err := idna.Punycode.ToUnicode(domain); err == nil {
		shown = read
	}
	for _, label := range strings.FieldsFunc(shown, func(r rune) bool { return r == '.' || r == '。' || r == '．' || r == '｡' }) {
		latin := strings.ContainsFunc(label, func(r rune) bool { return unicode.Is(unicode.Latin, r) })
		alike := strings.ContainsFunc(label, func(r rune) bool { return unicode.In(r, unicode.Greek, unicode.Cyrillic, unicode.Armenian) })
		if latin && alike {
			return errors.New("its domain mixes alphabets that look alike")
		}
	}
	return nil
}

// Spelled gives an address as addresses are compared: mail servers tell the case of no
// mailbox that people have.
func Spelled(text string) string {
	plain, err := ASCII(text)
	if err != nil {
		plain = text
	}
	return strings.ToLower(plain)
}
