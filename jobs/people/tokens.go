package people

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/pipeline/identity"
	"carat/pipeline/spelling"
	"carat/pipeline/state"
)

// TokenOptions say which token is made, or revoked.
type TokenOptions struct {
	books.Setting
	Role, Name string
	Days       int
	Person     string // whose token is revoked
	ID         string // of the one that is
	Reason     string
}

// nameRunesMax bounds what a token is said to be for.
const nameRunesMax = 100

// MakeToken makes a token by which a program reads for whoever makes it, by one role of
// theirs. It is given back once; the record holds its hash.
func MakeToken(ctx context.Context, o TokenOptions) (token string, made identity.Token, err error) {
	if err := books.WantLake(o.Setting); err != nil {
		return "", made, err
	}
	refuse := func(format string, args ...any) error {
		return pipeline.Errorf(pipeline.KindUsage, "make", "a token", format, args...)
	}
	switch {
	case !slices.Contains(identity.ReadingRoles(), o.Role):
		err = refuse("a token can have the roles %s, and not %q", strings.Join(identity.ReadingRoles(), ", "), o.Role)
	case o.Days < 1 || o.Days > identity.TokenDaysMax:
		err = refuse("--days %d is not from 1 to %d", o.Days, identity.TokenDaysMax)
	case len([]rune(o.Name)) > nameRunesMax || spelling.CheckText(o.Name, false) != nil:
		err = refuse("its name is no name")
	}
	p, end, openErr := open(ctx, o.Setting, books.RightToken, "users")
	if openErr != nil {
		return "", made, openErr
	}
	defer func() { err = end(err) }()
	if err != nil {
		return "", made, err
	}
	grants, err := p.Grants(ctx, o.Setting)
	if err != nil {
		return "", made, err
	}
	if len(grants) > 0 && !grants.Has(o.By.User, o.Role) {
		return "", made, refuse("%s is no %s, and a token reads no more than its owner", o.By.User, o.Role)
	}
	var secret [32]byte
	_, _ = rand.Read(secret[:]) // which never fails
	token = identity.TokenPrefix + base64.RawURLEncoding.EncodeToString(secret[:])
	made = identity.Token{SHA256: identity.TokenSHA256(token), Name: o.Name, Person: o.By.User, Role: o.Role, Until: o.Now.UTC().Truncate(time.Second).AddDate(0, 0, o.Days)}
	err = again(func() error {
		proof, err := p.Prove(ctx, o.Setting, identity.KindToken, books.RightToken, identity.Field{Name: "token", Value: made.SHA256}, identity.Field{Name: "name", Value: o.Name},
			identity.Field{Name: "role", Value: o.Role}, identity.Field{Name: "until", Value: made.Until.Format(time.RFC3339)})
		if err != nil {
			return err
		}
		made.No = proof.Record.No
		return p.State.Prove(ctx, proof)
	})
	if err != nil {
		token = ""
	}
	return token, made, err
}

// RevokeToken ends a token: its owner's, or anybody's by an administrator.
func RevokeToken(ctx context.Context, o TokenOptions) (record int64, err error) {
	if err := books.WantLake(o.Setting); err != nil {
		return 0, err
	}
	right := books.RightGrant
	if o.Person == o.By.User {
		right = books.RightToken
	}
	p, end, err := open(ctx, o.Setting, right, "users")
	if err != nil {
		return 0, err
	}
	defer func() { err = end(err) }()
	err = again(func() error {
		proof, err := p.Prove(ctx, o.Setting, identity.KindRevoke, right, identity.Field{Name: "subject", Value: o.Person}, identity.Field{Name: "reason", Value: o.Reason}, identity.Field{Name: "token", Value: o.ID})
		if err != nil {
			return err
		}
		record = proof.Record.No
		return p.State.ProveGrants(ctx, proof, func([]state.Grant) (granted, revoked []state.Grant, err error) { return nil, nil, nil })
	})
	return record, err
}

// Listed is a token, and why it is none any more; "" of one that is good.
type Listed struct {
	identity.Token
	Ended string
}

// Tokens gives every token that there ever was, by person.
func Tokens(ctx context.Context, s books.Setting) (list []Listed, err error) {
	p, err := books.OpenExisting(ctx, s, books.RightUsers)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	registry, err := p.People(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range registry.Tokens {
		one := Listed{Token: t}
		if one.Ended, err = ended(ctx, p, s, registry, t); err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	slices.SortStableFunc(list, func(a, b Listed) int { return strings.Compare(a.Person, b.Person) })
	return list, nil
}

// ended says why a token is none any more: for who lists them and for who lets nobody in by one
// alike. "" of one that is good.
func ended(ctx context.Context, p *books.Books, s books.Setting, registry *identity.Registry, t identity.Token) (why string, err error) {
	restored, err := p.State.Signed(ctx, t.No+1, 1, string(identity.KindRestore))
	if err != nil {
		return "", err
	}
	grants, err := p.Grants(ctx, s)
	if err != nil {
		return "", err
	}
	switch {
	case t.Revoked > 0:
		return fmt.Sprintf("revoked by record %d", t.Revoked), nil
	case t.No <= registry.Since:
		return "made before people were authenticated", nil
	case s.Now.After(t.Until):
		return "its time is over", nil
	case len(restored) > 0:
		return "made before the history was restored", nil
	case len(grants) > 0 && !grants.Has(t.Person, t.Role):
		return fmt.Sprintf("%s is no %s any more", t.Person, t.Role), nil
	}
	return "", nil
}

// ErrToken is the error of what is no token that is good: it says no more.
var ErrToken = errors.New("that is no token which is good")

// Bearer gives who reads with a token: its owner, by the one role that it has. One that
// was revoked, has ended, was made before a restore, or whose owner has lost the role is
// no token.
func Bearer(ctx context.Context, s books.Setting, token string) (by books.Actor, err error) {
	if books.WantLake(s) != nil {
		return by, ErrToken
	}
	p, err := books.Open(ctx, s)
	if err != nil {
		return by, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	registry, err := p.People(ctx)
	if err != nil {
		return by, err
	}
	t := registry.TokenOf(token, s.Now)
	if t == nil {
		return by, ErrToken
	}
	if why, err := ended(ctx, p, s, registry, *t); err != nil {
		return by, err
	} else if why != "" {
		return by, ErrToken
	}
	return books.Actor{User: t.Person, OSUser: s.By.OSUser, Role: t.Role}, nil
}
