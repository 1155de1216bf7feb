package jobs

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"carat/pipeline"
	"carat/pipeline/state"
	"carat/reports/closepackage"
)

// PackageOptions say which close package to write.
type PackageOptions struct {
	Setting
	SQL     fs.FS // the models, whose hashes stand in the evidence
	Period  pipeline.Period
	Formats []string // of reports.PackageFormats; none: all
	signed  string   // the hash of the decisions and sign-offs that the package tells
}

// PackageResult says what was written.
type PackageResult struct {
	Period pipeline.Period
	RunID  string
	Files  []string
}

// Package writes the close package of a period's current run: a workbook and a
// page, into out/PERIOD/package. A period that was not reconciled is a
// not-found error.
func Package(ctx context.Context, o PackageOptions) (result *PackageResult, err error) {
	p, err := openExisting(ctx, o.Setting)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	run, err := p.currentRun(ctx, o.Period)
	if err != nil {
		return nil, err
	}
	return closePackage(ctx, p, run, o)
}

// closePackage is Package of a run, in a place that is open.
func closePackage(ctx context.Context, p *place, run state.Run, o PackageOptions) (result *PackageResult, err error) {
	if len(o.Formats) == 0 {
		o.Formats = closepackage.Formats
	}
	signed, err := p.signatures(ctx, o.Setting, o.Period)
	if err != nil {
		return nil, err
	}
	o.signed = signed.hash()
	tables, err := p.lake.Tables(ctx, latest)
	if err != nil {
		return nil, err
	}
	eng, err := p.openReader(ctx, o.Config, latest, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, eng.Close()) }()
	b := &packageBuilder{ctx: ctx, place: p, run: run, options: o, eng: eng, tables: map[string]pipeline.TableFiles{}}
	for _, t := range tables {
		b.tables[t.Name] = t
	}
	pack, err := b.build()
	if err != nil {
		return nil, err
	}
	journals, err := b.writeJournals()
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(o.Config.outFolder(o.Period), "package")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, packageError(folder, err)
	}
	mark := o.mark(run)
	if err := ignoreMissing(os.Remove(filepath.Join(folder, statementsMark))); err != nil {
		return nil, packageError(folder, err)
	}
	result = &PackageResult{Period: o.Period, RunID: run.ID}
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
		if err := writeWhole(file, write); err != nil {
			return nil, packageError(file, err)
		}
		result.Files = append(result.Files, file)
	}
	result.Files = append(result.Files, journals...)
	if len(o.Formats) == len(closepackage.Formats) {
		if err := writeMark(folder, mark); err != nil {
			return nil, packageError(folder, err)
		}
	}
	o.tell(Event{Step: "package", Object: string(o.Period), Done: int64(len(result.Files)), Unit: "files", Finished: true})
	return result, nil
}

// mark hashes what a package depends on besides the run itself.
func (o PackageOptions) mark(run state.Run) string {
	return StatementsOptions{Setting: o.Setting, Formats: closepackage.Formats}.mark(run, 0) + o.signed
}

// standingPackage gives the package of the same run by the same carat, if it is
// still there.
func standingPackage(run state.Run, o PackageOptions) (*PackageResult, bool) {
	folder := filepath.Join(o.Config.outFolder(o.Period), "package")
	if !hasMark(folder, o.mark(run)) {
		return nil, false
	}
	result := &PackageResult{Period: o.Period, RunID: run.ID}
	for _, format := range closepackage.Formats {
		file := filepath.Join(folder, "close-"+string(o.Period)+"."+format)
		if _, err := os.Stat(file); err != nil {
			return nil, false
		}
		result.Files = append(result.Files, file)
	}
	return result, true
}

// outFolder is where what people open of a period lies.
func (c *Config) outFolder(period pipeline.Period) string {
	return filepath.Join(c.Dir, "out", string(period))
}

// writeWhole writes a file under a temporary name and renames it: it is there
// whole or not at all.
func writeWhole(file string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(file), ".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreMissing(os.Remove(f.Name())))
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	err = write(w)
	if err == nil {
		err = w.Flush()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Chmod(f.Name(), 0o644); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func packageError(object string, err error) error {
	e := pipeline.Errorf(pipeline.KindInternal, "write", object, "%w", cause(err))
	if errors.Is(err, fs.ErrPermission) {
		e.Kind = pipeline.KindUsage
		return e.WithHint("carat needs to write to that folder: check its owner and permissions")
	}
	return e
}
