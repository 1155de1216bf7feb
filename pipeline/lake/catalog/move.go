package catalog

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"time"

	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/inventory"
	"carat/pipeline/lake/store"
)

// Move brings staged files into place before a commit and takes them out again
// when the commit fails. Its note in the staging folder lets the next lock do
// the same after a crash.
type Move struct {
	cat        *Catalog
	Dir        string
	Batch      string   `json:"batch,omitempty"`
	Run        string   `json:"run,omitempty"`
	Compaction string   `json:"compaction,omitempty"`
	Upgrade    string   `json:"upgrade,omitempty"`
	Tag        string   `json:"tag,omitempty"` // files follow the commit of this tag
	To         []string `json:"to"`            // below the lake's root
	from       []string
	sums       []string
	// unfinished: what run left behind is for the next lock to clear up.
	unfinished bool
}

// NewMove begins a move of what lies in a folder of the staging folder.
func (cat *Catalog) NewMove(dir string) *Move { return &Move{cat: cat, Dir: dir} }

// MoveNote is the name of a move's note in its folder.
const MoveNote = "move.json"

// Add names a file to be moved. Of a table's file sha256 is the hash, of a source
// file it is "".
func (m *Move) Add(from, to, sha256 string) {
	m.from = append(m.from, from)
	m.To = append(m.To, strings.TrimPrefix(to, m.cat.Disk.Root+"/"))
	m.sums = append(m.sums, sha256)
}

// Hashes gives the table files among those moved (raw files have no sum).
func (m *Move) Hashes() []chain.FileHash {
	var files []chain.FileHash
	for i, to := range m.To {
		if m.sums[i] != "" {
			files = append(files, chain.FileHash{Name: filepath.ToSlash(to), SHA256: m.sums[i]})
		}
	}
	return files
}

// Commit moves the files, durably, and commits.
func (m *Move) Commit(ctx context.Context, commit func() error) error {
	if err := m.Note(); err != nil {
		return err
	}
	m.cat.files.takeCreated() // of a commit before, whose outcome wasn't known
	err := m.place()
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = commit()
	}
	if err != nil {
		m.undo()
	}
	return err
}

// Note writes what the next lock needs to know after a crash.
func (m *Move) Note() error {
	note, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return m.cat.Disk.Write(filepath.Join(m.Dir, MoveNote), note)
}

// Place renames one file into place, durably; one that is not there any more was
// placed before.
func (cat *Catalog) Place(from, to string) error {
	if there, err := cat.Disk.Exists(from); err != nil || !there {
		return err
	}
	if err := cat.Disk.MkdirAll(filepath.Dir(to)); err != nil {
		return err
	}
	if err := cat.Disk.Rename(from, to); err != nil {
		return err
	}
	return cat.Disk.SyncDir(filepath.Dir(to))
}

func (m *Move) place() error {
	d := m.cat.Disk
	if err := m.cat.held.Load().Current(); err != nil {
		return err
	}
	folders := map[string]bool{}
	var order []string
	for i, rel := range m.To {
		to := filepath.Join(m.cat.Disk.Root, rel)
		dir := filepath.Dir(to)
		if !folders[dir] {
			folders[dir] = true
			order = append(order, dir)
			if err := d.MkdirAll(dir); err != nil {
				return err
			}
		}
		f, err := m.listed(i)
		if err != nil {
			return err
		}
		if err := d.Rename(m.from[i], to); err != nil {
			return err
		}
		m.cat.files.place(f)
	}
	for _, dir := range order {
		if err := d.SyncDir(dir); err != nil {
			return err
		}
	}
	return nil
}

// listed is the inventory's line of a file to be moved.
func (m *Move) listed(i int) (inventory.File, error) {
	size, err := store.Size(m.from[i])
	if err != nil {
		return inventory.File{}, err
	}
	sum := m.sums[i]
	if sum == "" { // a source file, which is named by the hash of what it was
		sum, err = store.HashFile(m.from[i])
	}
	return inventory.File{Path: filepath.ToSlash(m.To[i]), SHA256: sum, Bytes: size}, err
}

// undo removes the files again, and what the commit wrote of metadata. Files
// of a commit whose outcome is unknown stay, and so does the note of what
// couldn't be removed: the next lock sees to both.
func (m *Move) undo() {
	if committed, err := m.cat.IsCommitted(m); err != nil || committed {
		m.unfinished = true
		return
	}
	for _, rel := range m.To {
		if err := m.cat.Disk.Remove(filepath.Join(m.cat.Disk.Root, rel)); err != nil {
			m.unfinished = true
		}
	}
	if err := m.cat.removeMade(m.cat.files.takeCreated()); err != nil {
		m.unfinished = true
	}
}

// Tidy removes the staging folder with the note, unless the next lock needs it.
func (m *Move) Tidy() error {
	if m.unfinished {
		return nil
	}
	return m.cat.Disk.RemoveAll(m.Dir)
}

// IsCommitted asks the catalog whether what the move was for is there.
func (cat *Catalog) IsCommitted(m *Move) (bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := cat.Refresh(ctx); err != nil {
		return false, err
	}
	if m.Upgrade != "" {
		return cat.hasUpgrade(ctx, m.Upgrade)
	}
	for _, id := range []string{m.Batch, m.Compaction} {
		if id == "" {
			continue
		}
		if _, found, err := cat.LinkNamed(ctx, id); err != nil || found {
			return found, err
		}
	}
	if m.Run != "" {
		return cat.HasRun(ctx, m.Run)
	}
	return m.Tag != "" && cat.hasTag(m.Tag), nil
}

// hasTag says whether any table has a tag, as last seen. A tag is given to all its
// tables in one transaction.
func (cat *Catalog) hasTag(tag string) bool {
	for _, t := range cat.Tables() {
		for name := range t.Iceberg.Metadata().Refs() {
			if name == tag {
				return true
			}
		}
	}
	return false
}
