package identity

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Token is what a program reads with for its owner, by one role of theirs. The record
// holds the hash of it: nobody but its owner has ever seen the token.
type Token struct {
	SHA256     string // in hex
	Name       string
	Person     string
	Role       string
	Credential string // the key by which its owner made it; "" where nobody has any
	No         int64  // of its record
	Revoked    int64  // by which record; 0: it is good
	At, Until  time.Time
}

// TokenPrefix begins every token, so that programs which look for secrets know one.
const TokenPrefix = "carat_"

// TokenDaysMax is how long a token is good at most.
const TokenDaysMax = 366

// tokenIDDigits is how many digits of the hash name a token: people never type the whole.
const tokenIDDigits = 16

// ID names a token: the beginning of its hash.
func (t Token) ID() string { return "token:" + t.SHA256[:tokenIDDigits] }

// TokenSHA256 gives the hash under which a token is kept.
func TokenSHA256(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// reading are the roles that a token can have: it reads, and a scheduler and a creator
// have nothing that is read so.
var reading = []string{Administrator, Preparer, Approver, Support, Auditor}

// ReadingRoles gives them.
func ReadingRoles() []string { return slices.Clone(reading) }

func (g *Registry) checkToken(r Record) error {
	until, err := time.Parse(time.RFC3339, r.Get("until"))
	sum, hexErr := hex.DecodeString(r.Get("token"))
	switch {
	case err != nil || hexErr != nil || len(sum) != sha256.Size || r.Get("token") != strings.ToLower(r.Get("token")):
		return errors.New("it says of no token what it is and until when")
	case !until.After(r.Time) || until.After(r.Time.AddDate(0, 0, TokenDaysMax)):
		return fmt.Errorf("a token is good for a day to %d", TokenDaysMax)
	case !slices.Contains(reading, r.Get("role")):
		return fmt.Errorf("a token can have the roles %s, and not %q", strings.Join(reading, ", "), r.Get("role"))
	case slices.ContainsFunc(g.Tokens, func(t Token) bool {
		return t.SHA256 == r.Get("token") || t.ID() == (Token{SHA256: r.Get("token")}).ID()
	}):
		return errors.New("there is such a token already")
	case g.On && !g.Has(r.Person, r.Get("role")):
		return fmt.Errorf("%s is no %s, and a token reads no more than its owner", r.Person, r.Get("role"))
	}
	return nil
}

func (g *Registry) token(r Record) {
	until, _ := time.Parse(time.RFC3339, r.Get("until"))
	g.Tokens = append(slices.Clone(g.Tokens), Token{SHA256: r.Get("token"), Name: r.Get("name"), Person: r.Person, Role: r.Get("role"), Credential: r.Credential, No: r.No, At: r.Time, Until: until})
}

// checkRevokedToken looks at who revokes a token: its owner, or an administrator.
func (g *Registry) checkRevokedToken(r Record) error {
	id := r.Get("token")
	if id == "" {
		return nil
	}
	i := slices.IndexFunc(g.Tokens, func(t Token) bool { return t.ID() == id && t.Person == r.Get("subject") })
	switch {
	case i < 0:
		return fmt.Errorf("%s has no %s", r.Get("subject"), id)
	case g.Tokens[i].Revoked > 0:
		return fmt.Errorf("%s was revoked by record %d", id, g.Tokens[i].Revoked)
	case r.Get("subject") != r.Person:
		return g.byAdministrator(r, "revokes")
	}
	return nil
}

// revokeTokens ends what a revocation ends of tokens: the one that it names, all of a
// person who ends, and those of a key or a role that is taken away.
func (g *Registry) revokeTokens(r Record) {
	g.Tokens = slices.Clone(g.Tokens)
	for i := range g.Tokens {
		t := &g.Tokens[i]
		if t.Person != r.Get("subject") || t.Revoked > 0 {
			continue
		}
		if id := r.Get("token"); id == t.ID() || id == "" && (r.Get("all") != "" || r.Get("key") != "" && r.Get("key") == t.Credential || r.Get("role") != "" && r.Get("role") == t.Role) {
			t.Revoked = r.No
		}
	}
}

// TokenOf gives the token that somebody shows, as far as the records say that it is good
// at a time; nil for what is none. It takes as long whichever it is.
func (g *Registry) TokenOf(shown string, now time.Time) (found *Token) {
	sum := []byte(TokenSHA256(shown))
	for i := range g.Tokens {
		t := &g.Tokens[i]
		if subtle.ConstantTimeCompare(sum, []byte(t.SHA256)) == 1 && t.Revoked == 0 && !now.After(t.Until) && !now.Before(t.At.Add(-time.Minute)) && t.No > g.Since {
			found = t
		}
	}
	return found
}
