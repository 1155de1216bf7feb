package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/fetch"
	"carat/jobs/written"
	"carat/pipeline"
	"carat/pipeline/lake"
	"carat/pipeline/source"
	"carat/pipeline/spelling"
)

// How a finding stands.
const (
	Well  = "well"
	Look  = "look" // it works, and somebody should look at it
	Wrong = "wrong"
)

// Finding is what trying one thing came to.
type Finding struct {
	Check  string // what was tried: "disk", "source bank"
	Stands string // Well, Look or Wrong
	Says   string
	Next   string // what to do; "" when it is well
}

// Options say what is tried. Free gives the bytes that are free to carat on the disk of a
// folder; nil asks the operating system.
type Options struct {
	books.Setting
	Free func(folder string) (int64, error)
}

// examination is one in progress.
type examination struct {
	Options
	list []Finding
}

func (x *examination) well(check, format string, args ...any) {
	x.list = append(x.list, Finding{Check: check, Stands: Well, Says: fmt.Sprintf(format, args...)})
}

func (x *examination) found(check, stands, next, format string, args ...any) {
	says := spelling.Redact(fmt.Sprintf(format, args...), x.Config.Secrets()...)
	x.list = append(x.list, Finding{Check: check, Stands: stands, Says: spelling.Spell(says), Next: next})
}

// failed is found of an error; a hint of its own is the next step.
func (x *examination) failed(check, next string, err error) {
	var known *pipeline.Error
	if errors.As(err, &known) && known.Hint != "" {
		next = known.Hint
		bare := *known
		bare.Hint = ""
		err = &bare
	}
	x.found(check, Wrong, next, "%v", err)
}

// Run tries everything, in the order in which one thing rests on another. A usage error is
// of somebody who may not look at the status of these books.
func Run(ctx context.Context, o Options) ([]Finding, error) {
	if p, err := books.OpenExisting(ctx, o.Setting, books.RightStatus); err == nil {
		_ = p.Close() // it was read only
	} else if pipeline.KindOf(err) == pipeline.KindUsage && !errors.Is(err, lake.ErrForm) { // whose roles can't be read; the rest can be tried
		return nil, err
	}
	x := &examination{Options: o}
	if x.Free == nil {
		x.Free = free
	}
	x.configuration()
	x.folders()
	x.secretFiles()
	x.disk()
	x.history(ctx)
	x.mail(ctx)
	x.sources(ctx)
	return x.list, nil
}

func (x *examination) configuration() {
	r, err := config.Check(x.Config.Dir)
	switch {
	case err != nil:
		x.failed("configuration", "mend "+config.File, err)
	case len(r.Problems) > 0:
		x.found("configuration", Wrong, "`carat check` lists them", "%s has %d problems", config.File, len(r.Problems))
	case len(r.Notes) > 0:
		x.found("configuration", Look, "`carat check` says all; mend what isn't meant so", "%s", r.Notes[0])
	default:
		x.well("configuration", "nothing is wrong with %s", config.File)
	}
}

// history opens the books, asks the engine over them, and compares the clock with the
// newest record.
func (x *examination) history(ctx context.Context) {
	p, err := books.OpenExisting(ctx, x.Setting, books.RightStatus)
	switch {
	case pipeline.KindOf(err) == pipeline.KindNotFound:
		x.found("history", Look, "`carat ingest` begins it", "there is none yet at %s", x.Config.Lake)
		return
	case err != nil:
		x.failed("history", "see docs/operations.md, what errors mean", err)
		return
	}
	defer func() { _ = p.Close() }() // it was read only
	x.well("history", "catalog and state open at %s", x.Config.Lake)
	if who, schema, err := p.State.MayCreate(ctx); err != nil {
		x.failed("catalog", "see docs/operations.md, what errors mean", err)
	} else if who != "" {
		x.found("catalog", Wrong, fmt.Sprintf("`revoke create on schema %s from …` in PostgreSQL: what is put there can be run with carat's rights", schema), "in its schema %s may create besides carat: %s", schema, who)
	}
	if last, behind := p.State.ClockBehind(); behind {
		x.found("clock", Wrong, "set the clock right (timedatectl set-ntp true); what is recorded keeps its order by its number",
			"it says %s, and the newest record is of %s", x.Now.UTC().Format(time.RFC3339), last.UTC().Format(time.RFC3339))
	} else {
		x.well("clock", "it says %s, behind no record", x.Now.UTC().Format(time.RFC3339))
	}
	if differences, _, err := written.Verify(ctx, p, x.Config); err != nil {
		x.failed("closed months", "`carat verify` says more", err)
	} else if len(differences) > 0 {
		x.found("closed months", Wrong, "keep what lies there and find out who changed it; `carat verify` names all", "%s (%d in all)", differences[0], len(differences))
	}
	answer, err := p.Query(ctx, x.Config, lake.AsOf(books.Latest), "select 40 + 2 as answer", "batches")
	switch {
	case err != nil:
		x.failed("engine", "give it memory: `memory` in carat.yaml", err)
	case len(answer.Rows) != 1:
		x.found("engine", Wrong, "install carat again", "it doesn't answer a question of one row")
	default:
		x.well("engine", "it answers")
	}
	newest := map[string]int64{}
	if tables, err := p.Lake.Tables(ctx, books.Latest); err == nil {
		for _, t := range tables {
			if books.IsRaw(t.Name) && t.Snapshot != 0 && len(newest) < 3 {
				newest[t.Name] = t.Snapshot
			}
		}
	}
	x.cluster(ctx, p.Lake.ID(), newest)
}

// sources asks each source whether it answers.
func (x *examination) sources(ctx context.Context) {
	for _, r := range fetch.Reach(ctx, x.Setting) {
		check, next := "source "+r.Source, "see sources "+r.Source+" in carat.yaml; `carat fetch "+r.Source+"` tries it for good"
		switch {
		case errors.Is(r.Err, source.ErrNotReady):
			x.found(check, Look, "nothing, if the next file isn't due yet", "it answers, and %s", r.Text)
		case r.Err != nil:
			x.found(check, Wrong, next, "%s", r.Text)
		default:
			x.well(check, "it answers: %s", spelling.Spell(r.Origin))
		}
	}
}

// places are the folders that carat writes into, those that are there.
func (x *examination) places() []string {
	list := []string{x.Config.Lake, filepath.Join(x.Config.Dir, "inbox"), filepath.Join(x.Config.Dir, "out"), x.Config.Dir}
	for _, below := range []string{"people", "certificates", "raw", "carat.db", "staging"} {
		list = append(list, filepath.Join(x.Config.Lake, below))
	}
	if to := x.Config.Backup.To; to != "" {
		if !filepath.IsAbs(to) {
			to = filepath.Join(x.Config.Dir, to)
		}
		list = append(list, to)
	}
	return list
}

// ownFiles are the files that carat opens again and again; a verb that another account ran left them to that one.
func (x *examination) ownFiles() (files []string) {
	for _, pattern := range []string{"catalog.sqlite*", "people/*", "certificates/*/*"} {
		found, _ := fs.Glob(os.DirFS(x.Config.Lake), pattern) // the patterns are well formed
		for _, name := range found {
			files = append(files, filepath.Join(x.Config.Lake, name))
		}
	}
	return files
}
