package statements

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"carat/jobs/books"
	"carat/jobs/disk"
	"carat/pipeline"
	"carat/pipeline/certificate"
	"carat/pipeline/state"
)

// FinalEnding is of the folder in which final statements wait for the lock.
const FinalEnding = books.FinalEnding

// movedFile lists, among the statements of a reopened period, what moved
// against the version before.
const movedFile = "moved.csv"

// restoreStatements sees to the statements of a closed period: if they stand
// as the certificate lists them there is nothing to write, a locked error;
// else they are rendered again from the locked run, and must come out as they
// were.
func restoreStatements(ctx context.Context, p *books.Books, o Options, closed books.Closures, l state.Lock) (*Result, error) {
	c, err := p.ReadCertificate(l)
	if err != nil {
		return nil, err
	}
	if c.Statements.OnDemand {
		return finalOnDemand(ctx, p, o, closed, l)
	}
	want, err := p.Lake.CertifiedStatements(o.Period, l.Version)
	if err != nil {
		return nil, err
	}
	target, next := o.Folder(""), o.Folder(FinalEnding)
	erased, err := p.Lake.ForgottenFolders(ctx)
	if err != nil {
		return nil, err
	}
	all := want
	want = without(want, erased)
	if have, _, err := disk.ListFiles(target); err == nil && bytes.Equal(have, want) {
		refused := closed.RefuseClosed("write statements of", o.Period)
		return nil, fmt.Errorf("%w; the final ones lie in %s", refused, target)
	}
	run, found, err := p.State.Run(ctx, l.RunID)
	if err != nil || !found {
		return nil, pipeline.Errorf(pipeline.KindVerification, "write statements of", string(o.Period), "the locked run %s is not in the state database (%w)", l.RunID, err)
	}
	standing, err := p.Standing(ctx, o.Setting, closed, run)
	if err != nil {
		return nil, err
	}
	o.Agency = ""
	o.Final, o.Creator, o.Formats, o.Says = true, "", Formats, standing.Words()
	if o.History, err = HistoryOf(ctx, p, o.Setting, run); err != nil {
		return nil, err
	}
	have, _, err := disk.ListFiles(next) // left by a crash right after the lock
	if err != nil || !bytes.Equal(have, all) && !bytes.Equal(have, want) {
		if _, err = RenderInto(ctx, p, run, o, next); err != nil {
			return nil, err
		}
		if err := WriteMoved(ctx, p, o.Setting, o.SQL, closed, o.Period, run.ID, next); err != nil {
			return nil, err
		}
	}
	if len(want) != len(all) {
		if err := leaveOut(next, target, all, erased); err != nil {
			return nil, err
		}
	}
	if have, _, err = disk.ListFiles(next); err != nil {
		return nil, WriteError(next, err)
	}
	if !bytes.Equal(have, want) {
		return nil, pipeline.Errorf(pipeline.KindVerification, "write statements of", string(o.Period),
			"the final statements are missing or changed, and rendered again %s differs from the certificate", firstDifference(want, have)).
			WithHint("restore %s from a backup, or use the version of carat that closed the month", target)
	}
	if err := errors.Join(disk.WriteMark(next, o.Mark(run, 0)), disk.ReplaceFolder(next, target)); err != nil {
		return nil, WriteError(target, err)
	}
	return &Result{Period: o.Period, RunID: run.ID, Folder: target, Statements: c.Statements.Statements, Restored: true}, nil
}

// leaveOut takes those who were erased out of final statements: rendered now, theirs
// would say less than what was signed, and nothing could tell that from a change.
// The index has the hashes of all that was signed, and stays as it is.
func leaveOut(next, target string, all []byte, erased func(folder string) bool) error {
	for line := range bytes.Lines(all) {
		sum, name, _ := strings.Cut(strings.TrimSuffix(string(line), "\n"), "  ")
		switch parts := strings.Split(name, "/"); {
		case name == IndexFile:
			text, err := os.ReadFile(filepath.Join(target, name))
			if err == nil && certificate.SHA256Text(text) == sum {
				err = disk.WriteText(filepath.Join(next, name), 0o600, text)
			}
			if disk.IgnoreMissing(err) != nil {
				return WriteError(next, err)
			}
		case len(parts) == 3 && parts[0] != AgenciesFolder && erased(parts[1]):
			if err := os.RemoveAll(filepath.Join(next, parts[0], parts[1])); err != nil {
				return WriteError(next, err)
			}
		}
	}
	return nil
}

// without leaves the lines of some folders, SHARD/FOLDER/NAME, out of a list of files.
func without(list []byte, folder func(name string) bool) []byte {
	var b bytes.Buffer
	for line := range bytes.Lines(list) {
		_, name, _ := strings.Cut(string(line), "  ")
		if parts := strings.Split(name, "/"); len(parts) != 3 || parts[0] == AgenciesFolder || !folder(parts[1]) {
			b.Write(line)
		}
	}
	return b.Bytes()
}

// firstDifference names the first file in which two lists differ.
func firstDifference(want, have []byte) string {
	a, b := bufio.NewScanner(bytes.NewReader(want)), bufio.NewScanner(bytes.NewReader(have))
	for {
		more, other := a.Scan(), b.Scan()
		if !more && !other {
			return "nothing"
		}
		if a.Text() != b.Text() {
			line := a.Text()
			if !more {
				line = b.Text()
			}
			_, name, _ := strings.Cut(line, "  ")
			return name
		}
	}
}
