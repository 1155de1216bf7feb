package engine

import (
	"context"
	"database/sql"
	"maps"
	"slices"

	"carat/pipeline"
	"carat/pipeline/engine/duckdb"
	"carat/pipeline/engine/lotpass"
)

// LotsVersion is the version of the pass over viewers' coins.
const LotsVersion = lotpass.Version

// passes are what makes several models' tables at once in a run, by the model
// that stands for each: the first that it makes. The others wait for that one.
type passes struct {
	leads map[string]*lotpass.Pass
	made  map[string]bool // by a pass, but no lead
	*lotpass.Maker
}

// withPasses gives the models with what they wait for where passes make some,
// and those passes. Models of another text than the pass was written for are
// built by that text.
func (e *Engine) withPasses(ordered []Model, p Parameters) ([]Model, passes) {
	found := passes{map[string]*lotpass.Pass{}, map[string]bool{}, &lotpass.Maker{Database: e.Database, RunID: p.RunID, All: p.CheckAllLots, Tamper: e.tamper}}
	if !e.byPasses || e.inTransaction {
		return ordered, found
	}
	ordered = slices.Clone(ordered)
	place, hashes := map[string]int{}, map[string]string{}
	found.Texts = map[string]string{}
	for i, m := range ordered {
		place[m.Name], hashes[m.Name], found.Texts[m.Name] = i, m.SHA256, m.SQL
	}
	for _, pass := range lotpass.Passes() {
		if !pass.Fits(hashes) {
			continue
		}
		lead := pass.Makes[0].Name
		found.leads[lead] = pass
		ordered[place[lead]].reads = pass.Reads
		for _, m := range pass.Makes[1:] {
			found.made[m.Name] = true
			ordered[place[m.Name]].reads = []string{lead}
		}
	}
	for i, m := range ordered { // what tells of the passes waits for them
		if slices.Contains(m.reads, lotpass.Differences) {
			ordered[i].reads = slices.AppendSeq(slices.Clone(m.reads), maps.Keys(found.leads))
		}
	}
	return ordered, found
}

// byPass makes a model's table by its pass, if it has one, and says whether it has.
func (b *builder) byPass(ctx context.Context, conn *sql.Conn, m Model) (bool, error) {
	pass := b.passes.leads[m.Name]
	if pass == nil {
		return b.passes.made[m.Name], nil
	}
	err := b.passes.Make(ctx, conn, pass)
	switch full := duckdb.FullDisk(err); {
	case err == nil, ctx.Err() != nil:
		return true, ctx.Err()
	case full != err:
		return true, full
	}
	return true, pipeline.Errorf(pipeline.KindInternal, "build model", m.Path, "%w", err)
}
