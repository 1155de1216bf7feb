package month

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sort"

	"carat/jobs/books"
	"carat/jobs/reconcile"
	"carat/pipeline"
	"carat/pipeline/certificate"
	"carat/pipeline/identity"
	"carat/pipeline/state"
)

// certify fills in what the run was made of and what it came to.
func certify(ctx context.Context, p *books.Books, o ApproveOptions, closed books.Closures, run state.Run, c *certificate.Certificate) (err error) {
	batches, err := p.Lake.Batches(ctx, books.Latest)
	if err != nil {
		return err
	}
	if n := len(batches); n > 0 {
		c.LastBatch, c.Chain = batches[n-1].ID, batches[n-1].Chain
	}
	records, err := p.State.Head(ctx)
	if err != nil {
		return err
	}
	c.Records = records.String()
	for _, name := range slices.Sorted(maps.Keys(run.Inputs)) {
		c.Tables = append(c.Tables, certificate.CertifiedTable{Table: name, Snapshot: run.Inputs[name]})
	}
	if c.Results, err = p.CertifiedResults(ctx, run.ID); err != nil {
		return err
	}
	options := reconcile.Options{Setting: o.Setting, SQL: o.SQL, Period: o.Period}
	if err := certifySQL(p, options, c); err != nil {
		return err
	}
	// A pass of the check of the month before is the same whichever way it is
	// made, and a failure blocks: so the cheap one tells what the run was told.
	prior, err := reconcile.CheckClosed(ctx, p, o.Setting, closed, o.Period, false)
	if err != nil {
		return err
	}
	locks, err := reconcile.LocksBefore(p, closed, o.Period)
	if err != nil {
		return err
	}
	told, err := p.Decided(ctx, closed, o.Period)
	if err != nil {
		return err
	}
	params := options.Parameters(run.ID, closed, nil, prior, locks, told)
	if c.Parameters, err = json.Marshal(reconcile.CertifiedParameters{Parameters: params, TimeZone: params.TimeZone.String()}); err != nil {
		return fmt.Errorf("write certificate of %s: %w", o.Period, err)
	}
	c.ParametersSHA256 = certificate.SHA256Text(c.Parameters)
	if c.Configuration, err = json.Marshal(reconcile.RunConfig(o.Config)); err != nil {
		return fmt.Errorf("write certificate of %s: %w", o.Period, err)
	}
	c.ConfigurationSHA256 = certificate.SHA256Text(c.Configuration)
	if before, ok := closed.Lock(o.Period.Previous()); ok {
		c.Previous = before.CertificateSHA256
	}
	if before, ok := closed.Replaced(o.Period); ok {
		c.Replaces, c.ReopenReason = before.CertificateSHA256, before.ReopenReason
	}
	c.Moved, err = movedTables(ctx, p, o.Setting, closed, o.Period, run.ID)
	return err
}

// named fills in which records the certificate rests on, and whether anybody has
// proved who they are.
func named(ctx context.Context, p *books.Books, c *certificate.Certificate, signed state.SignOff, proof *state.Proof) error {
	people, err := p.People(ctx)
	if err != nil {
		return err
	}
	c.Authentication = identity.NotAuthenticated
	if people.On {
		c.Authentication = identity.Authenticated
	}
	for _, one := range people.Recovered {
		c.Recovered = append(c.Recovered, certificate.Recovery{Record: one.No, User: one.Person, At: one.At.UTC(), Until: one.Until.UTC()})
	}
	if signed.Signed > 0 {
		list, err := p.State.Signed(ctx, signed.Signed, 1)
		if err != nil {
			return err
		}
		if len(list) > 0 {
			c.Prepared.Record, c.Prepared.RecordSHA256 = list[0].No, list[0].SHA256
		}
	}
	c.Approved.Record, c.Approved.RecordSHA256 = proof.Record.No, proof.Record.SHA256
	return nil
}

// certifySQL keeps every text of SQL of the run beside the certificate, so
// that the month can be re-performed by what was in force. Models stand there by
// name: where their files lay says nothing about them.
func certifySQL(p *books.Books, o reconcile.Options, c *certificate.Certificate) error {
	m, err := o.Models()
	if err != nil {
		return err
	}
	add := func(path, text string) error {
		sum, err := p.Lake.SaveSQL([]byte(text))
		c.SQL = append(c.SQL, certificate.CertifiedFile{Path: path, SHA256: sum})
		return err
	}
	if err := add(reconcile.DialectPath, m.Dialect); err != nil {
		return err
	}
	for _, model := range m.List {
		name := model.Name
		if model.UserMade {
			name = reconcile.OwnPath + name
		}
		if err := add(name, model.SQL); err != nil {
			return err
		}
	}
	sort.Slice(c.SQL, func(i, j int) bool { return c.SQL[i].Path < c.SQL[j].Path })
	text := ""
	for _, f := range c.SQL {
		text += f.SHA256 + "  " + f.Path + "\n"
	}
	c.SQLSHA256 = certificate.SHA256Text([]byte(text))
	return nil
}

// closeTag is the tag that keeps the snapshots of a certificate.
func closeTag(period pipeline.Period, version int64) string {
	return fmt.Sprintf("close-%s-v%d", period, version)
}
