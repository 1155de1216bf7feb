package closepackage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"carat/jobs/books"
	"carat/jobs/disk"
	"carat/jobs/statements"
	"carat/jobs/written"
	"carat/pipeline"
	"carat/pipeline/state"
	"carat/reports/closepackage"
)

// Options say which close package to write.
type Options struct {
	books.Setting
	SQL     fs.FS // the models, whose hashes stand in the evidence
	Period  pipeline.Period
	Formats []string // of reports.PackageFormats; none: all
	Signed  string   // the hash of the decisions and sign-offs that the package tells
}

// Result says what was written.
type Result struct {
	Period pipeline.Period
	RunID  string
	Files  []string
}

// Write writes the close package of a period's current run: a workbook and a
// page, into out/PERIOD/package. A period that was not reconciled is a
// not-found error.
func Write(ctx context.Context, o Options) (result *Result, err error) {
	p, err := books.OpenExisting(ctx, o.Setting, books.RightPackage)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	run, err := p.CurrentRun(ctx, o.Period)
	if err != nil {
		return nil, err
	}
	return WriteIn(ctx, p, run, o)
}

// WriteIn is Write of a run, in books that are open.
func WriteIn(ctx context.Context, p *books.Books, run state.Run, o Options) (result *Result, err error) {
	if len(o.Formats) == 0 {
		o.Formats = closepackage.Formats
	}
	if err := p.Lake.CheckOwn(ctx); err != nil {
		return nil, err
	}
	signed, err := SignaturesOf(ctx, p, o.Setting, o.Period)
	if err != nil {
		return nil, err
	}
	o.Signed = signed.Hash()
	tables, err := p.Lake.Tables(ctx, books.Latest)
	if err != nil {
		return nil, err
	}
	eng, err := p.OpenReader(ctx, o.Config, books.Latest, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, eng.Close()) }()
	b := &packageBuilder{ctx: ctx, books: p, run: run, options: o, eng: eng, tables: map[string]pipeline.TableFiles{}}
	for _, t := range tables {
		b.tables[t.Name] = t
	}
	pack, err := b.build()
	if err != nil {
		return nil, err
	}
	if err := written.Begin(ctx, p, o.Setting, o.Period); err != nil {
		return nil, err
	}
	journals, err := b.writeJournals()
	if err != nil {
		return nil, err
	}
	taxes, err := b.writeTax()
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(o.Config.OutFolder(o.Period), "package")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, packageError(folder, err)
	}
	if err := disk.IgnoreMissing(os.Remove(filepath.Join(folder, disk.MarkFile))); err != nil {
		return nil, packageError(folder, err)
	}
	result = &Result{Period: o.Period, RunID: run.ID}
	for _, format := range o.Formats {
		write := pack.WriteXLSX
		switch format {
		case "xlsx":
		case "html":
			write = pack.WriteHTML
		default:
			return nil, pipeline.Errorf(pipeline.KindUsage, "write", "close package", "unknown format %q", format).
				WithHint("formats are %s", fmt.Sprint(closepackage.Formats))
		}
		file := filepath.Join(folder, "close-"+string(o.Period)+"."+format)
		if err := disk.Write(file, 0o600, write); err != nil {
			return nil, packageError(file, err)
		}
		result.Files = append(result.Files, file)
	}
	result.Files = append(append(result.Files, journals...), taxes...)
	if err := written.Keep(ctx, p, o.Config, o.Period, result.Files); err != nil {
		return nil, err
	}
	if len(o.Formats) == len(closepackage.Formats) {
		if err := disk.WriteMark(folder, o.mark(run)); err != nil {
			return nil, packageError(folder, err)
		}
	}
	o.Tell(books.Event{Step: "package", Object: string(o.Period), Done: int64(len(result.Files)), Unit: "files", Finished: true})
	return result, nil
}

// mark hashes what a package depends on besides the run itself.
func (o Options) mark(run state.Run) string {
	return statements.Options{Setting: o.Setting, Formats: closepackage.Formats}.Mark(run, 0) + o.Signed
}

// Standing gives the package of the same run by the same carat, if it is still there.
func Standing(run state.Run, o Options) (*Result, bool) {
	folder := filepath.Join(o.Config.OutFolder(o.Period), "package")
	if !disk.HasMark(folder, o.mark(run)) {
		return nil, false
	}
	result := &Result{Period: o.Period, RunID: run.ID}
	for _, format := range closepackage.Formats {
		file := filepath.Join(folder, "close-"+string(o.Period)+"."+format)
		if _, err := os.Stat(file); err != nil {
			return nil, false
		}
		result.Files = append(result.Files, file)
	}
	return result, true
}

func packageError(object string, err error) error {
	e := pipeline.Errorf(pipeline.KindInternal, "write", object, "%w", disk.Cause(err))
	if errors.Is(err, fs.ErrPermission) {
		e.Kind = pipeline.KindUsage
		return e.WithHint("carat needs to write to that folder: check its owner and permissions")
	}
	return e
}
