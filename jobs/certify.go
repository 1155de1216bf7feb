package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sort"

	"carat/pipeline"
	"carat/pipeline/engine"
	"carat/pipeline/state"
)

// certify fills in what the run was made of and what it came to.
func (p *place) certify(ctx context.Context, o ApproveOptions, closed closures, run state.Run, c *pipeline.Certificate) (err error) {
	batches, err := p.lake.Batches(ctx, latest)
	if err != nil {
		return err
	}
	if n := len(batches); n > 0 {
		c.LastBatch, c.Chain = batches[n-1].ID, batches[n-1].Chain
	}
	for _, name := range slices.Sorted(maps.Keys(run.Inputs)) {
		c.Tables = append(c.Tables, pipeline.CertifiedTable{Table: name, Snapshot: run.Inputs[name]})
	}
	if c.Results, err = p.certifiedResults(ctx, run.ID); err != nil {
		return err
	}
	options := ReconcileOptions{Setting: o.Setting, SQL: o.SQL, Period: o.Period}
	if err := p.certifySQL(options, c); err != nil {
		return err
	}
	// A pass of the check of the month before is the same whichever way it is
	// made, and a failure blocks: so the cheap one tells what the run was told.
	prior, err := p.checkClosed(ctx, o.Setting, closed, o.Period, false)
	if err != nil {
		return err
	}
	locks, err := p.locks(closed, o.Period)
	if err != nil {
		return err
	}
	params := options.parameters(run.ID, closed, nil, prior, locks)
	if c.Parameters, err = json.Marshal(certifiedParameters{Parameters: params, TimeZone: params.TimeZone.String()}); err != nil {
		return fmt.Errorf("write certificate of %s: %w", o.Period, err)
	}
	c.ParametersSHA256 = pipeline.SHA256Text(c.Parameters)
	if c.Configuration, err = json.Marshal(o.Config.runConfig()); err != nil {
		return fmt.Errorf("write certificate of %s: %w", o.Period, err)
	}
	c.ConfigurationSHA256 = pipeline.SHA256Text(c.Configuration)
	if before, ok := closed.lock(o.Period.Previous()); ok {
		c.Previous = before.CertificateSHA256
	}
	if before, ok := closed.replaced(o.Period); ok {
		c.Replaces, c.ReopenReason = before.CertificateSHA256, before.ReopenReason
	}
	c.Moved, err = p.movedTables(ctx, o.Setting, closed, o.Period, run.ID)
	return err
}

// dialectPath names the macros among the SQL of a certificate.
const dialectPath = "dialect/duckdb.sql"

// ownPath begins what names a user's own control in a certificate.
const ownPath = "own/"

// certifySQL keeps every text of SQL of the run beside the certificate, so
// that the month can be re-performed by what was in force. Models stand there by
// name: where their files lay says nothing about them.
func (p *place) certifySQL(o ReconcileOptions, c *pipeline.Certificate) error {
	m, err := o.models()
	if err != nil {
		return err
	}
	add := func(path, text string) error {
		sum, err := p.lake.SaveSQL([]byte(text))
		c.SQL = append(c.SQL, pipeline.CertifiedFile{Path: path, SHA256: sum})
		return err
	}
	if err := add(dialectPath, m.dialect); err != nil {
		return err
	}
	for _, model := range m.list {
		name := model.Name
		if model.UserMade {
			name = ownPath + name
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
	c.SQLSHA256 = pipeline.SHA256Text([]byte(text))
	return nil
}

// certifiedParameters are an engine's parameters as a certificate holds them:
// the zone by name, and without the batches, which the history tells.
type certifiedParameters struct {
	engine.Parameters
	TimeZone string
	Batches  *struct{} `json:",omitempty"`
}

// readCertificate reads the certificate of a lock. One that is not what was
// signed is a verification error.
func (p *place) readCertificate(l state.Lock) (*pipeline.Certificate, error) {
	text, err := p.lake.Certificate(l.Period, l.Version)
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("%s version %d", l.Period, l.Version)
	if got := pipeline.SHA256Text(text); got != l.CertificateSHA256 {
		return nil, pipeline.Errorf(pipeline.KindVerification, "read certificate of", name,
			"it was changed: its SHA-256 is %s, the state database has %s", got, l.CertificateSHA256).
			WithHint("restore it from a backup")
	}
	c, err := pipeline.ParseCertificate(text)
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindVerification, "read certificate of", name, "%w", err)
	}
	return c, nil
}
