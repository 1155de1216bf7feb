package written

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/disk"
	"carat/pipeline"
)

// Folders are those of a month's folder whose files are kept by hash.
var Folders = []string{"package", "journal", "tax"}

// noteName is what a month's list is kept under.
func noteName(period pipeline.Period) string { return "written " + string(period) }

// unfinished begins the list of a month whose files are being written.
const unfinished = "unfinished\n"

// Begin tells what was changed since it was written, before it is written anew, and keeps
// that writing has begun: what is half written after a crash is nobody's change.
func Begin(ctx context.Context, p *books.Books, s books.Setting, period pipeline.Period) error {
	list, _, err := Differing(ctx, p, s.Config, period)
	if err != nil || p.Lake.ReadOnly() {
		return err
	}
	for _, d := range list {
		if d.Kind != Added {
			s.Tell(books.Event{Step: "package", Note: d.String() + "; it is written anew"})
		}
	}
	text, err := p.State.Note(ctx, noteName(period))
	if err != nil || strings.HasPrefix(text, unfinished) {
		return err
	}
	return p.State.KeepNote(ctx, noteName(period), unfinished+text)
}

// Keep keeps the hashes of files that were just written, by their paths; all else that
// was kept of the close package stays, and of the journal and the taxes, which are always
// written whole, nothing does.
func Keep(ctx context.Context, p *books.Books, c *config.Config, period pipeline.Period, files []string) error {
	if p.Lake.ReadOnly() {
		return nil // what is written then, writes no state
	}
	list, _, _, err := kept(ctx, p, period)
	if err != nil {
		return err
	}
	maps.DeleteFunc(list, func(name, _ string) bool { return !strings.HasPrefix(name, Folders[0]+"/") })
	for _, file := range files {
		name, err := filepath.Rel(c.OutFolder(period), file)
		if err != nil {
			return fmt.Errorf("keep the hash of %s: %w", file, err)
		}
		if list[filepath.ToSlash(name)], _, err = disk.SHA256(file); err != nil {
			return fmt.Errorf("keep the hash of %s: %w", file, disk.Cause(err))
		}
	}
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(list)) {
		fmt.Fprintf(&text, "%s  %s\n", list[name], name)
	}
	return p.State.KeepNote(ctx, noteName(period), text.String())
}

// kept reads a month's list: hashes by name. There is none of what an older carat wrote.
// whole is false of one whose files are half written.
func kept(ctx context.Context, p *books.Books, period pipeline.Period) (list map[string]string, whole, found bool, err error) {
	text, err := p.State.Note(ctx, noteName(period))
	list = map[string]string{}
	for line := range strings.Lines(strings.TrimPrefix(text, unfinished)) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if !ok || !filepath.IsLocal(filepath.FromSlash(name)) {
			return nil, true, true, pipeline.Errorf(pipeline.KindVerification, "read", "the list of what was written of "+string(period), "%q is none of its lines", pipeline.CutText(line)).
				WithHint("`carat verify` says what was changed")
		}
		list[name] = sum
	}
	return list, !strings.HasPrefix(text, unfinished), text != "", err
}

// Difference is what a month's folder has otherwise than carat wrote it.
type Difference struct {
	Name string // below the month's folder, with slashes
	Kind Kind
}

// Kind is how a file differs.
type Kind int

const (
	Changed    Kind = iota // or taken away
	Added                  // none of carat's
	Unfinished             // carat was stopped while it wrote
)

// String says it of a month's file.
func (d Difference) String() string {
	switch d.Kind {
	case Added:
		return d.Name + " lies among what carat wrote, and carat didn't write it"
	case Unfinished:
		return d.Name + " was being written when carat was stopped"
	}
	return d.Name + " was changed or taken away since carat wrote it"
}

// Differing compares a month's folder with what was written into it, in the order of
// names. A folder that is gone was moved away, and says nothing. listed is false of a
// month of which an older carat kept no list.
func Differing(ctx context.Context, p *books.Books, c *config.Config, period pipeline.Period) (list []Difference, listed bool, err error) {
	want, whole, listed, err := kept(ctx, p, period)
	if err != nil || !listed {
		return nil, listed, err
	}
	if !whole {
		return []Difference{{Name: Folders[0], Kind: Unfinished}}, true, nil
	}
	for _, folder := range Folders {
		have, err := files(c.OutFolder(period), folder)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
			continue
		}
		if err != nil {
			return nil, true, pipeline.Errorf(pipeline.KindInternal, "read", folder, "%w", disk.Cause(err))
		}
		for name, sum := range want {
			if strings.HasPrefix(name, folder+"/") && have[name] != sum {
				list = append(list, Difference{Name: name})
			}
		}
		for name := range have {
			if _, ok := want[name]; !ok {
				list = append(list, Difference{Name: name, Kind: Added})
			}
		}
	}
	sortByName(list)
	return list, true, nil
}

func sortByName(list []Difference) {
	slices.SortFunc(list, func(a, b Difference) int { return strings.Compare(a.Name, b.Name) })
}

// below hashes all files below a folder, by their names with slashes, but marks; nil: it
// isn't there.
func below(folder string) (map[string]string, error) {
	list := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == disk.MarkFile || passing(d.Name()) {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err == nil && d.Type().IsRegular() {
			list[filepath.ToSlash(name)], _, err = disk.SHA256(path)
		} else if err == nil {
			list[filepath.ToSlash(name)] = ""
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return list, err
}

// passing says whether a name is one of what editors and folders' viewers leave.
func passing(name string) bool {
	return strings.HasPrefix(name, "~$") || name == ".DS_Store" || name == "Thumbs.db" || name == "desktop.ini"
}

// files hashes the files of a folder of a month, but not marks and what editors leave.
func files(month, folder string) (map[string]string, error) {
	there, err := os.ReadDir(filepath.Join(month, folder))
	if err != nil {
		return nil, err
	}
	list := map[string]string{}
	for _, f := range there {
		if strings.HasPrefix(f.Name(), ".") || passing(f.Name()) {
			continue
		}
		sum := ""
		if f.Type().IsRegular() {
			if sum, _, err = disk.SHA256(filepath.Join(month, folder, f.Name())); err != nil {
				return nil, err
			}
		}
		list[folder+"/"+f.Name()] = sum
	}
	return list, nil
}

// AsWritten refuses to sign a month whose files are not as carat wrote them: whoever
// signs may have read what somebody else wrote.
func AsWritten(ctx context.Context, p *books.Books, c *config.Config, action string, period pipeline.Period) error {
	list, _, err := Differing(ctx, p, c, period)
	if err != nil {
		return err
	}
	for _, d := range list {
		if d.Kind != Added {
			return pipeline.Errorf(pipeline.KindBlocked, action, string(period), "%s, so what was read of it may be something else", d).
				WithHint("keep what lies in %s and find out who changed it; then `carat package --period %s` writes it anew: read that, and %s again", c.OutFolder(period), period, action)
		}
	}
	return nil
}
