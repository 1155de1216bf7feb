package people

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/pipeline/identity"
	"carat/pipeline/spelling"
	"carat/pipeline/state"
)

// reasonBytesMax bounds why a key or a person ends.
const reasonBytesMax = 1000

// KeysOptions say whose key is asked for, enrolled or revoked.
type KeysOptions struct {
	books.Setting
	Person      string
	Key         identity.Key
	Signature   string // of the key over identity.KeyRequest
	Fingerprint string // of the key to revoke; "": the only one that is good
	All         bool   // end everything of the person
	Since       int64  // the record from which on the key may be another's; 0: none
	Reason      string
}

// KeysResult is what was recorded.
type KeysResult struct {
	Record  int64
	Ended   []string // keys and roles that ended
	Doubted []int64  // records that are in doubt now
}

// Request signs, with the key itself, that it is the person's who asks: what an
// administrator enrols. Nothing is written.
func Request(ctx context.Context, o KeysOptions) (lake, signature string, err error) {
	if err := books.WantLake(o.Setting); err != nil {
		return "", "", err
	}
	if err := books.CheckUser(o.By.User); err != nil {
		return "", "", err
	}
	p, err := books.Open(ctx, o.Setting) // who has no role yet asks too
	if err != nil {
		return "", "", err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	people, err := p.People(ctx)
	if err != nil {
		return "", "", err
	}
	if owner := people.Owner(o.Key); owner != "" {
		return "", "", pipeline.Errorf(pipeline.KindUsage, "ask for", o.Key.Fingerprint(), "the key is %s's, and a key is of one person for ever", owner)
	}
	signer, end, err := o.Signer(o.Key.Same)
	if err != nil {
		return "", "", err
	}
	defer func() { err = errors.Join(err, end()) }()
	signature, err = signer.Sign(identity.KeyRequest(p.Lake.ID(), o.By.User, o.Key))
	return p.Lake.ID(), signature, err
}

// Enrol makes a key a person's: it has signed that it is, and an administrator signs.
func Enrol(ctx context.Context, o KeysOptions) (result *KeysResult, err error) {
	return o.change(ctx, func(p *books.Books) (*state.Proof, *KeysResult, error) {
		proof, err := p.Prove(ctx, o.Setting, identity.KindEnrol, books.RightGrant, identity.Field{Name: "subject", Value: o.Person},
			identity.Field{Name: "key", Value: o.Key.String()}, identity.Field{Name: "key-signature", Value: o.Signature})
		return proof, &KeysResult{}, err
	}, nil)
}

// Revoke ends a key, or all that a person has. From the record on nothing that the
// key signs is good; what it signed before is, but for what came since the record
// from which on somebody else may have had it.
func Revoke(ctx context.Context, o KeysOptions) (result *KeysResult, err error) {
	return o.change(ctx, func(p *books.Books) (*state.Proof, *KeysResult, error) {
		registry, err := p.People(ctx)
		if err != nil {
			return nil, nil, err
		}
		if err := spelling.CheckReason(o.Reason, reasonBytesMax); o.Reason != "" && err != nil {
			return nil, nil, pipeline.Errorf(pipeline.KindUsage, "end", o.Person, "the reason: %w", err).WithHint("say why in letters, or leave --reason out")
		}
		result := &KeysResult{}
		fields, right := []identity.Field{{Name: "subject", Value: o.Person}}, books.RightGrant
		if o.All {
			fields = append(fields, identity.Field{Name: "all", Value: "yes"})
			for _, c := range registry.KeysOf(o.Person) {
				result.Ended = append(result.Ended, "key "+c.Key.Fingerprint())
			}
			for _, l := range registry.Links {
				if l.Person == o.Person && l.Revoked == 0 {
					result.Ended = append(result.Ended, "sign-in "+l.ID())
				}
			}
		} else {
			fingerprint, err := o.meant(registry)
			if err != nil {
				return nil, nil, err
			}
			result.Ended = []string{"key " + fingerprint}
			fields = append(fields, identity.Field{Name: "key", Value: fingerprint})
			if o.Since > 0 {
				fields = append(fields, identity.Field{Name: "compromised-since", Value: strconv.FormatInt(o.Since, 10)})
				if result.Doubted, err = signedSince(ctx, p, fingerprint, o.Since); err != nil {
					return nil, nil, err
				}
			}
			if o.Person == o.By.User {
				right = "" // who lost a key says so
			}
		}
		fields = append(fields, identity.Field{Name: "reason", Value: o.Reason})
		proof, err := p.Prove(ctx, o.Setting, identity.KindRevoke, right, fields...)
		return proof, result, err
	}, func(list []state.Grant) (revoked []state.Grant) {
		for _, g := range list {
			if o.All && g.User == o.Person {
				revoked = append(revoked, g)
			}
		}
		return revoked
	})
}

// meant gives the fingerprint of the key that is to be revoked.
func (o KeysOptions) meant(registry *identity.Registry) (string, error) {
	if o.Fingerprint != "" {
		return o.Fingerprint, nil
	}
	keys := registry.KeysOf(o.Person)
	if len(keys) != 1 {
		return "", pipeline.Errorf(pipeline.KindUsage, "revoke key of", o.Person, "%s has %d keys", o.Person, len(keys)).
			WithHint("name one by its fingerprint, as `carat users --fingerprints` lists them")
	}
	return keys[0].Key.Fingerprint(), nil
}

// signedSince gives the records of a key from a number on.
func signedSince(ctx context.Context, p *books.Books, fingerprint string, since int64) (numbers []int64, err error) {
	list, err := p.State.Signed(ctx, since, 0)
	for _, r := range list {
		if r.Credential == fingerprint {
			numbers = append(numbers, r.No)
		}
	}
	return numbers, err
}

// change writes a record of people, and the roles that end by it.
func (o KeysOptions) change(ctx context.Context, make func(*books.Books) (*state.Proof, *KeysResult, error), ends func([]state.Grant) []state.Grant) (result *KeysResult, err error) {
	if err := books.WantLake(o.Setting); err != nil {
		return nil, err
	}
	if err := books.CheckUser(o.Person); err != nil {
		return nil, err
	}
	right := books.RightGrant
	if o.Person == o.By.User && !o.All && o.Key.Fingerprint() == "" {
		right = books.RightUsers
	}
	p, end, err := open(ctx, o.Setting, right, "users")
	if err != nil {
		return nil, err
	}
	defer func() { err = end(err) }()
	err = again(func() error {
		proof, made, err := make(p)
		if err != nil {
			return err
		}
		result = made
		result.Record = proof.Record.No
		return p.State.ProveGrants(ctx, proof, func(list []state.Grant) (granted, revoked []state.Grant, err error) {
			if ends != nil {
				revoked = ends(list)
			}
			for _, g := range revoked {
				result.Ended = append(result.Ended, "role "+g.Role)
			}
			return nil, revoked, nil
		})
	})
	if err == nil && o.All {
		err = p.Lake.Logins().Forget(ctx, o.Person)
	}
	return result, err
}

// Fingerprint is a key as it is compared outside.
type Fingerprint struct {
	Person, Key, Type string
	Enrolled          int64
	Revoked           int64 // 0: it is good
	Doubtful          int64 // its records from this one on are in doubt; 0: none
	Until             time.Time
}

// Fingerprints gives every key that there ever was, by person and enrolment.
func Fingerprints(ctx context.Context, s books.Setting) (list []Fingerprint, err error) {
	p, err := books.OpenExisting(ctx, s, books.RightUsers)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	registry, err := p.People(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range registry.Keys {
		list = append(list, Fingerprint{c.Person, c.Key.Fingerprint(), c.Key.Type(), c.Enrolled, c.Revoked, c.Doubtful, c.Until})
	}
	slices.SortStableFunc(list, func(a, b Fingerprint) int { return strings.Compare(a.Person, b.Person) })
	return list, nil
}
