package people

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/pipeline/identity"
	"carat/pipeline/state"
)

// AuthOptions say who switches authentication on, recovers it or accepts a policy,
// and with which key of theirs.
type AuthOptions struct {
	books.Setting
	Key identity.Key // that the record brings; of none where a policy is accepted
}

// AuthResult is what was recorded.
type AuthResult struct {
	Record        int64
	Administrator string
	Fingerprint   string
	Policy        []string
	Before        []string  // the policy that was in force
	Ended         []string  // roles that nobody had proved: "ann preparer"
	Until         time.Time // when a recovered key ends
	Waiting       []string  // of the policy: it waits for another administrator to accept it too
}

// SwitchOn switches authentication on: whoever does it becomes administrator, by a key
// of theirs, and carat.yaml's policy is recorded. Roles that were granted before end:
// nobody had proved who granted them.
func SwitchOn(ctx context.Context, o AuthOptions) (result *AuthResult, err error) {
	p, end, err := open(ctx, o.Setting, books.RightAuth, "auth")
	if err != nil {
		return nil, err
	}
	defer func() { err = end(err) }()
	registry, err := p.People(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case registry.On:
		return nil, pipeline.Errorf(pipeline.KindUsage, "switch on", "authentication", "it is on since record %d", registry.Since).
			WithHint("another administrator enrols further keys: `carat users enrol FILE`")
	case !o.Config.Auth.On:
		return nil, pipeline.Errorf(pipeline.KindUsage, "switch on", "authentication", "carat.yaml says auth: none").
			WithHint("write `auth: {sign: key}` there first; it is recorded with the switch")
	}
	result = &AuthResult{Administrator: o.By.User, Fingerprint: o.Key.Fingerprint(), Policy: o.Config.Policy()}
	grants, err := p.State.Grants(ctx)
	if err != nil {
		return nil, err
	}
	fields := []identity.Field{{Name: "switch", Value: identity.Authenticated}, {Name: "administrator", Value: o.By.User}, {Name: "key", Value: o.Key.String()}}
	fields = append(fields, many("policy", result.Policy)...)
	for _, g := range grants {
		result.Ended = append(result.Ended, g.User+" "+g.Role)
	}
	fields = append(fields, many("ended", result.Ended)...)
	proof, err := p.Prove(ctx, o.Setting, identity.KindAuth, books.RightAuth, fields...)
	if err != nil {
		return nil, err
	}
	result.Record = proof.Record.No
	err = p.State.ProveGrants(ctx, proof, func(list []state.Grant) (granted, revoked []state.Grant, err error) {
		if len(list) != len(grants) {
			return nil, nil, pipeline.Errorf(pipeline.KindBusy, "switch on", "authentication", "roles were changed meanwhile").WithHint("run again")
		}
		return []state.Grant{administrator(o.Setting, time.Time{})}, list, nil
	})
	return result, err
}

func administrator(s books.Setting, until time.Time) state.Grant {
	return state.Grant{User: s.By.User, Role: books.RoleAdministrator, By: s.By.User, OSUser: s.By.OSUser, At: s.Now, Until: until}
}

func many(name string, values []string) (fields []identity.Field) {
	for _, v := range values {
		fields = append(fields, identity.Field{Name: name, Value: v})
	}
	return fields
}

// open opens a lake for a change of people, and records the job.
func open(ctx context.Context, s books.Setting, right books.Right, name string) (*books.Books, func(error) error, error) {
	p, err := books.OpenAllowed(ctx, s, right)
	if err != nil {
		return nil, nil, err
	}
	err = books.CheckUser(s.By.User)
	if err == nil {
		err = p.Lake.WantWritable()
	}
	if err != nil {
		return nil, nil, errors.Join(err, p.Close())
	}
	job, err := p.Begin(ctx, s, name, "")
	if err != nil {
		return nil, nil, errors.Join(err, p.Close())
	}
	return p, func(err error) error { return errors.Join(job.End(ctx, err), p.Close()) }, nil
}

// recoveryTime is how long a recovered administrator is one.
const recoveryTime = 24 * time.Hour

// Recover makes whoever owns the files administrator for a day, by a new key and with
// no other right: so that a lake whose administrators lost their keys isn't lost. No
// right is asked; the record of it is told wherever people look. It wants the lake to
// itself.
func Recover(ctx context.Context, o AuthOptions) (result *AuthResult, err error) {
	if err := books.WantLake(o.Setting); err != nil {
		return nil, err
	}
	if err := books.CheckUser(o.By.User); err != nil {
		return nil, err
	}
	p, err := books.Open(ctx, o.Setting)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	unlock, err := p.Lake.Lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	job, err := p.Begin(ctx, o.Setting, "auth", "")
	if err != nil {
		return nil, err
	}
	defer func() { err = job.End(ctx, err) }()
	result = &AuthResult{Administrator: o.By.User, Fingerprint: o.Key.Fingerprint(), Until: o.Now.UTC().Truncate(time.Second).Add(recoveryTime)}
	proof, err := p.Prove(ctx, o.Setting, identity.KindRecover, "", identity.Field{Name: "administrator", Value: o.By.User},
		identity.Field{Name: "key", Value: o.Key.String()}, identity.Field{Name: "until", Value: result.Until.Format(time.RFC3339)})
	if err != nil {
		return nil, err
	}
	result.Record = proof.Record.No
	err = p.State.ProveGrants(ctx, proof, func([]state.Grant) (granted, revoked []state.Grant, err error) {
		return []state.Grant{administrator(o.Setting, result.Until)}, nil, nil
	})
	return result, err
}

// Accept records that carat.yaml's policy is the one that holds from now on.
func Accept(ctx context.Context, o AuthOptions) (result *AuthResult, err error) {
	if err := books.WantLake(o.Setting); err != nil {
		return nil, err
	}
	p, end, err := open(ctx, o.Setting, books.RightAuth, "auth")
	if err != nil {
		return nil, err
	}
	defer func() { err = end(err) }()
	err = again(func() error {
		registry, err := p.People(ctx)
		if err != nil {
			return err
		}
		result = &AuthResult{Administrator: o.By.User, Policy: o.Config.Policy(), Before: registry.Policy}
		switch {
		case !registry.On:
			return pipeline.Errorf(pipeline.KindUsage, "accept", "carat.yaml", "authentication is not on, so no policy was recorded").WithHint("switch it on: `carat auth on --key FILE`")
		case slices.Equal(result.Policy, registry.Policy) && registry.WaitsFor(o.By.User): // as the second who accepts it
		case slices.Equal(result.Policy, registry.Policy) && len(registry.Waiting()) > 0:
			return pipeline.Errorf(pipeline.KindUsage, "accept", "carat.yaml", "you have accepted it; what makes approvers waits for another administrator: %s", strings.Join(registry.Waiting(), ", "))
		case slices.Equal(result.Policy, registry.Policy):
			return pipeline.Errorf(pipeline.KindUsage, "accept", "carat.yaml", "it says what was recorded: %s", fmt.Sprint(registry.Policy))
		}
		proof, err := p.Prove(ctx, o.Setting, identity.KindAccept, books.RightAuth, append(many("policy", result.Policy), many("before-policy", registry.Policy)...)...)
		if err != nil {
			return err
		}
		result.Record = proof.Record.No
		return p.State.Prove(ctx, proof)
	})
	if err != nil {
		return result, err
	}
	registry, err := p.People(ctx)
	if err == nil {
		result.Waiting = registry.Waiting()
	}
	return result, err
}
