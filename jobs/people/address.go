package people

import (
	"context"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/pipeline/feed/address"
	"carat/pipeline/identity"
)

// AddressOptions say where somebody of the staff is written to.
type AddressOptions struct {
	books.Setting
	Person  string
	Address string // "": nowhere any more
}

// Address records where somebody of the staff is written to when a comment names them: an
// administrator says so. The record holds a keyed hash; the address lies with the people. It
// is a usage error to give one that is none, or a person who has no role.
func Address(ctx context.Context, o AddressOptions) (record int64, err error) {
	if err := books.CheckUser(o.Person); err != nil {
		return 0, err
	}
	if o.Address != "" {
		if err := address.Check(o.Address); err != nil {
			return 0, pipeline.Errorf(pipeline.KindUsage, "write to", o.Person, "%q is no address: %w", pipeline.CutText(o.Address), err)
		}
	}
	if err := books.WantLake(o.Setting); err != nil {
		return 0, err
	}
	p, end, err := open(ctx, o.Setting, books.RightGrant, "users")
	if err != nil {
		return 0, err
	}
	defer func() { err = end(err) }()
	grants, err := p.Grants(ctx, o.Setting)
	if err != nil {
		return 0, err
	}
	if o.Address != "" && len(grants.RolesOf(o.Person)) == 0 {
		return 0, pipeline.Errorf(pipeline.KindUsage, "write to", o.Person, "%s has no role", o.Person).WithHint("grant one first: `carat users grant %s preparer`", o.Person)
	}
	if grants.Has(o.Person, books.RoleCreator) {
		return 0, pipeline.Errorf(pipeline.KindUsage, "write to", o.Person, "where a creator is written to the files say")
	}
	hash, err := p.Lake.Logins().PutAddress(ctx, o.Person, o.Address)
	if err != nil {
		return 0, err
	}
	fields := []identity.Field{{Name: "subject", Value: o.Person}}
	if hash != "" {
		fields = append(fields, identity.Field{Name: "address", Value: hash})
	}
	err = again(func() error {
		proof, err := p.Prove(ctx, o.Setting, identity.KindAddress, books.RightGrant, fields...)
		if err != nil {
			return err
		}
		record = proof.Record.No
		return p.State.Prove(ctx, proof)
	})
	return record, err
}
