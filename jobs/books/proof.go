package books

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"carat/pipeline"
	"carat/pipeline/identity"
	"carat/pipeline/spelling"
	"carat/pipeline/state"
	"carat/pipeline/state/signed"
)

// People gives who has which key, as the records say, and whether authentication is
// on. Records that don't follow each other are a verification error: nobody signs
// by what was tampered with.
func (p *Books) People(ctx context.Context) (*identity.Registry, error) {
	list, err := p.State.Signed(ctx, 1, 0, identity.PeopleKinds()...)
	if err != nil {
		return nil, err
	}
	return registryOf(p.Lake.ID(), list)
}

func registryOf(lake string, list []signed.Record) (*identity.Registry, error) {
	entries := make([]identity.Entry, len(list))
	for i, r := range list {
		entries[i] = identity.Entry{Text: []byte(r.Content), Signature: r.Signature}
	}
	g, err := identity.Replay(lake, entries)
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindVerification, "read", "who has which key", "%w", err).WithHint("`carat verify` says what was changed")
	}
	return g, nil
}

// Prove makes the record of what somebody does, signed by their key where
// authentication is on. What is written with it, in one transaction, is refused if
// the right is gone by then. fields without a value are left out.
func (p *Books) Prove(ctx context.Context, s Setting, kind identity.Kind, right Right, fields ...identity.Field) (*state.Proof, error) {
	people, err := p.People(ctx)
	if err != nil {
		return nil, err
	}
	head, err := p.State.SignedHead(ctx)
	if err != nil {
		return nil, err
	}
	for i := range fields {
		fields[i].Value = spelling.Redact(fields[i].Value)
	}
	r := identity.Record{Kind: kind, Lake: p.Lake.ID(), No: head.No + 1, Before: head.SHA256, Person: s.By.User, Account: s.By.OSUser,
		Proof: identity.ProofNone, Auth: identity.NotAuthenticated, Time: s.Now.UTC(), Fields: fields}
	if people.On || kind == identity.KindAuth {
		r.Auth = identity.Authenticated
	}
	e, err := s.sign(people, &r)
	if err != nil {
		return nil, err
	}
	if err := people.Check(r, e); err != nil {
		return nil, unsigned(s, kind, err)
	}
	proof := &state.Proof{People: identity.PeopleKinds(), Record: signed.Record{No: r.No, Kind: string(kind), Person: r.Person, Credential: r.Credential, Period: r.Get("period"),
		At: r.Time, Content: string(e.Text), Signature: e.Signature, Previous: r.Before, SHA256: identity.SHA256(e.Text)}}
	proof.Check = func(grants []state.Grant, list []signed.Record) error {
		now, err := registryOf(p.Lake.ID(), list)
		if err != nil {
			return err
		}
		if right != "" {
			if err := Grants(grants).at(s.Now).May(s.By, right); err != nil {
				return err
			}
		}
		if err := now.Check(r, e); err != nil {
			return unsigned(s, kind, err)
		}
		return nil
	}
	return proof, nil
}

func unsigned(s Setting, kind identity.Kind, err error) error {
	return pipeline.Errorf(pipeline.KindUsage, "sign", string(kind), "%w", err).WithHint("`carat users --fingerprints` lists whose keys are good (you are %s)", s.By.User)
}

// sign signs a record with a key of whoever makes it, or has the server sign that they
// are signed in there; where authentication is not on
// the record says that nobody has proved who it was.
func (s Setting) sign(people *identity.Registry, r *identity.Record) (e identity.Entry, err error) {
	ownKey := r.Kind == identity.KindAuth || r.Kind == identity.KindRecover // which brings it
	if r.Auth == identity.Authenticated && r.Kind != identity.KindRestore {
		own := people.KeysOf(r.Person)
		ring := s.Signer
		r.Proof = identity.ProofKey
		if vouching := s.Vouch != nil && people.Vouches(r.Kind, r.Person); vouching {
			ring, r.Proof = s.Vouch, identity.ProofSession
			for _, one := range people.Grants {
				if one.Role == identity.Scheduler {
					own = append(own, people.KeysOf(one.Person)...)
				}
			}
		}
		if len(own) == 0 && !ownKey {
			return e, pipeline.Errorf(pipeline.KindUsage, "sign", string(r.Kind), "%s has no key", r.Person).
				WithHint("ask for one: `carat users request --key FILE`; an administrator enrols it")
		}
		if ring == nil {
			return e, pipeline.Errorf(pipeline.KindUsage, "sign", string(r.Kind), "there is no key to sign with").WithHint("name one with --key")
		}
		signer, end, err := ring(func(k identity.Key) bool {
			return ownKey && k.String() == r.Get("key") || slices.ContainsFunc(own, func(c *identity.Credential) bool { return c.Key.Same(k) })
		})
		if err != nil {
			return e, err
		}
		defer func() { _ = end() }() // only a connection to an agent
		r.Credential = signer.Key().Fingerprint()
		if e.Text, err = r.Encode(); err != nil {
			return e, fmt.Errorf("write record of kind %s: %w", r.Kind, err)
		}
		if e.Signature, err = signer.Sign(e.Text); err != nil {
			return e, pipeline.Errorf(pipeline.KindUsage, "sign", string(r.Kind), "%w", err)
		}
		return e, nil
	}
	if e.Text, err = r.Encode(); err != nil {
		return e, fmt.Errorf("write record of kind %s: %w", r.Kind, err)
	}
	return e, nil
}

// underPolicy refuses a carat.yaml that says otherwise than what was recorded when
// authentication was switched on, or accepted since: whoever may write that file
// would else decide who may sign.
func underPolicy(people *identity.Registry, s Setting, right Right) error {
	if s.Config == nil || slices.Contains(anyPolicy, right) {
		return nil
	}
	have := s.Config.Policy()
	switch {
	case !people.On && s.Config.Auth.On && slices.Contains(signedRights, right):
		return pipeline.Errorf(pipeline.KindUsage, string(right), "", "carat.yaml wants authentication, and it was never switched on").
			WithHint("switch it on: `carat auth on --key FILE`")
	case people.On && !slices.Equal(have, people.Policy):
		return pipeline.Errorf(pipeline.KindUsage, string(right), "", "carat.yaml says %s, and what was recorded is %s", strings.Join(have, ", "), strings.Join(people.Policy, ", ")).
			WithHint("put it back; or let an administrator accept it: `carat auth accept`")
	}
	return nil
}
