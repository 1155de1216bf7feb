package books

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"carat/jobs/disk"
	"carat/pipeline/state"
)

// Folders of a period's statements, below its folder of what people open.
const (
	StatementsFolder = "statements"
	// FinalEnding is of the folder in which final statements wait for the lock.
	FinalEnding = ".final"
)

// KeptFolder is where the final statements of a version lie that was opened again.
func KeptFolder(statements string, version int64) string {
	return fmt.Sprintf("%s-v%d", statements, version)
}

// recover does what a command that was killed right after its transaction had left
// to do outside the lake: put the final statements of the month that was locked in
// place, or move those of the month that was opened again out of the way. Only the
// last locked month can be in that state. The lake is locked, which has cleared
// up inside it.
func (p *Books) recover(ctx context.Context, s Setting) error {
	locks, err := p.State.Locks(ctx)
	if err != nil || len(locks) == 0 {
		return err
	}
	last := locks[0]
	for _, l := range locks {
		if l.Period >= last.Period {
			last = l
		}
	}
	folder := filepath.Join(s.Config.OutFolder(last.Period), StatementsFolder)
	if last.InForce() {
		if !exists(folder+FinalEnding) || !p.IsFinal(last, folder+FinalEnding) {
			return nil
		}
		return errors.Join(s.Step("place", folder), disk.ReplaceFolder(folder+FinalEnding, folder))
	}
	kept := KeptFolder(folder, last.Version)
	if exists(kept) || !exists(folder) || !p.IsFinal(last, folder) {
		return nil
	}
	return errors.Join(s.Step("keep", folder), os.Rename(folder, kept))
}

// IsFinal says whether a folder holds the statements that a lock's certificate
// lists, no more and no fewer. It reads them all.
func (p *Books) IsFinal(l state.Lock, folder string) bool {
	want, err := p.Lake.CertifiedStatements(l.Period, l.Version)
	if err != nil {
		return false
	}
	have, _, err := disk.ListFiles(folder)
	return err == nil && bytes.Equal(have, want)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
