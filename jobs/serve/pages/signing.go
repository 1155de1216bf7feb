package pages

import (
	"errors"
	"time"

	"carat/jobs/serve/arriving"
	"carat/jobs/serve/signing"
	"carat/pipeline/identity"
)

// signForm is what somebody is shown to be signed, and the form that takes the signature:
// it asks once more for what they asked for.
type signForm struct {
	Path   string
	Fields []fact
	Text   string
	Until  time.Time
	Large  bool   // the text is too large for a page
	Verb   string // the command that signs it then
}

func signFormOf(path string, at time.Time, text, verb string, fields ...fact) *signForm {
	return &signForm{Path: path, Text: text, Until: at.Add(signing.SignTime), Large: len(text) > signing.TextBytesMax, Verb: verb,
		Fields: append(fields, fact{Name: "at", Text: at.Format(time.RFC3339)}, fact{Name: "text", Text: text})}
}

// brought is what the form says of a text that was shown, and the signature of it: with
// the time that the text says, else with that of now.
func (v *visit) brought() (at time.Time, text, signature string) {
	at, err := time.Parse(time.RFC3339, v.typed("at"))
	signature = signing.Clean(v.r.PostFormValue("signature"))
	if err != nil || signature == "" {
		return v.Now.UTC().Truncate(time.Second), "", ""
	}
	return at.UTC(), signing.Spelled(v.r.PostFormValue("text")), signature
}

// bringing gives a signer that has what somebody brings, as jobs ask for one.
func bringing(key identity.Key, text, signature string) func(func(identity.Key) bool) (identity.Signer, func() error, error) {
	return func(func(identity.Key) bool) (identity.Signer, func() error, error) {
		return signing.Brought{With: key, Text: text, Signature: signature}, func() error { return nil }, nil
	}
}

// shownOf gives the text that a job has shown to be signed; "": its error is another.
func shownOf(err error) string {
	if shown, ok := errors.AsType[*identity.Unsigned](err); ok {
		return string(shown.Text)
	}
	return ""
}

// signPage asks for the signature of what somebody decided.
func (v *visit) signPage(title string, f *signForm) *answer {
	return &answer{template: "sign", title: title, data: f}
}

// keyed says whether what the one who asks does is signed by a key of theirs.
func (v *visit) keyed() bool { return v.session.Proof != proofLink && !v.vouched() }

// vouched says whether the server vouches for the one who asks, who signed in by a provider
// and has no key, in what the policy lets it.
func (v *visit) vouched() bool {
	return v.session.Proof == arriving.ProofProvider && v.standing.people != nil && v.standing.people.Vouches(identity.KindDecide, v.By.User)
}

// key is the key by which the one who asks has signed in; of who signed in by a provider
// their newest. Zero: they have none.
func (v *visit) key() (key identity.Key) {
	if v.standing.people != nil {
		for _, c := range v.standing.people.KeysOf(v.By.User) {
			if c.Key.Fingerprint() == v.session.Credential || v.session.Proof == arriving.ProofProvider {
				key = c.Key
			}
		}
	}
	return key
}
