package pages

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"carat/jobs/books"
	"carat/jobs/serve/arriving"
	"carat/jobs/serve/web"
	"carat/pipeline/identity"
)

// How somebody proved who they are.
const (
	proofKey  = "key"
	proofLink = "link" // they have the link that was printed at the start
)

// standing is who somebody is to the books, read for each request.
type standing struct {
	lake   string
	people *identity.Registry // nil: there is no lake yet
	grants books.Grants
	head   int64 // of the chain of records
	sha256 string
}

// errEnded is the error of a session that is over, whatever its clock says.
var errEnded = errors.New("the session has ended")

// standingOf reads who may do what, and whether a session still holds: one that a key began ends with that key, one that the
// provider began with its link, a creator's by mail with their role, their address or whose rows they see, one that the printed link began when people are authenticated, and all of them when the history was brought back from a backup.
func (p *Pages) standingOf(ctx context.Context, s books.Setting, session *web.Session) (st standing, err error) {
	if books.WantLake(s) != nil {
		if session != nil && session.Proof != proofLink {
			return st, errEnded
		}
		return st, nil // nothing was ingested yet: there is nothing to have a right to
	}
	b, err := books.Open(ctx, s)
	if err != nil {
		return st, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	st.lake = b.Lake.ID()
	if st.people, err = b.People(ctx); err != nil {
		return st, err
	}
	if st.grants, err = b.Grants(ctx, s); err != nil {
		return st, err
	}
	head, err := b.State.SignedHead(ctx)
	if err != nil {
		return st, err
	}
	st.head, st.sha256 = head.No, head.SHA256
	if session == nil {
		return st, nil
	}
	switch {
	case !st.people.On && session.Proof != proofLink, st.people.On && session.Proof == proofLink, session.Record > st.head:
		return st, errEnded
	case session.Proof == arriving.ProofProvider && st.people.LinkOf(session.Person, session.Credential) == nil:
		return st, errEnded
	case session.Proof == proofKey && !slices.ContainsFunc(st.people.KeysOf(session.Person), func(c *identity.Credential) bool {
		return c.Key.Fingerprint() == session.Credential && !ended(c, s.Now)
	}):
		return st, errEnded
	}
	if still, err := arriving.Still(ctx, b, st.people, session); err != nil || !still {
		return st, cmp.Or(err, errEnded)
	}
	if session.Record > 0 {
		at, err := b.State.Signed(ctx, session.Record, 1)
		if err != nil {
			return st, err
		}
		if len(at) != 1 || at[0].No != session.Record || at[0].SHA256 != session.RecordSHA256 {
			return st, errEnded
		}
	}
	return st, nil
}
