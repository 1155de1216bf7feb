package signing

import (
	"strings"
	"time"

	"carat/pipeline/identity"
)

// SignTime is how long a text that was shown may be signed.
const SignTime = 30 * time.Minute

// Bounds on what is brought back.
const (
	TextBytesMax      = 64 << 10 // of a text that a page shows: more is signed with the verbs
	signatureBytesMax = 64 << 10
)

// Brought is a signer that has what a person signed elsewhere.
type Brought struct {
	With      identity.Key
	Text      string // that was shown; "": none was yet
	Signature string // what they bring; "": nothing yet
}

// Key is the key that is to sign.
func (b Brought) Key() identity.Key { return b.With }

// Sign gives the signature that was brought, if it is one of this very text by that key.
// Without one it is an identity.Unsigned error with the text to be shown.
func (b Brought) Sign(text []byte) (string, error) {
	switch {
	case b.Signature == "":
		return "", &identity.Unsigned{Text: text}
	case string(text) != b.Text:
		return "", &Moved{Lines: moved(b.Text, string(text))}
	}
	if !b.Good() {
		return "", &Wrong{Fingerprint: b.With.Fingerprint()}
	}
	return b.Signature, nil
}

// Good says whether what was brought is a signature of the text by the key.
func (b Brought) Good() bool {
	key, err := identity.Verify([]byte(b.Text), b.Signature)
	return err == nil && key.Same(b.With)
}

// Wrong is the error of what is no signature of the text by the key.
type Wrong struct{ Fingerprint string }

func (e *Wrong) Error() string {
	return "what you brought is no signature of this text by the key " + e.Fingerprint + ", which is asked for; nothing was signed"
}

// Moved is the error of a text that would be another by now.
type Moved struct{ Lines []string }

func (e *Moved) Error() string {
	return "meanwhile " + strings.Join(e.Lines, ", ") + "; nothing was signed"
}

// movedLines are how each line of a record is told when it is another by now.
var movedLines = [][2]string{
	{"numbers", "the numbers moved"}, {"controls", "the controls found something else"}, {"decisions", "somebody decided about an exception"},
	{"configuration", "carat.yaml was changed"}, {"sql", "the SQL was changed"}, {"layouts", "a layout was changed"},
	{"last-batch", "a file was taken in"}, {"prepare", "the month was prepared anew"}, {"status", "your decision was changed"}, {"reason", "the reason was changed"},
}

// moved says in which lines two records differ.
func moved(before, now string) (lines []string) {
	a, errA := identity.Parse([]byte(before))
	b, errB := identity.Parse([]byte(now))
	if errA != nil || errB != nil {
		return []string{"what is to be signed is another"}
	}
	for _, one := range movedLines {
		if strings.Join(a.All(one[0]), "\n") != strings.Join(b.All(one[0]), "\n") {
			lines = append(lines, one[1])
		}
	}
	if len(lines) == 0 && a.No != b.No {
		return []string{"somebody else signed something, and yours would stand after it"}
	}
	if len(lines) == 0 {
		return []string{"what is to be signed is another"}
	}
	return lines
}

// Clean gives a signature as a form brings it, without what a browser adds; "" of what
// is longer than any.
func Clean(text string) string {
	if len(text) > signatureBytesMax || strings.TrimSpace(text) == "" {
		return ""
	}
	return strings.ReplaceAll(strings.TrimSpace(text), "\r\n", "\n") + "\n"
}

// Spelled gives a text that a page showed as a form brings it back: browsers end lines
// with CR LF.
func Spelled(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }
