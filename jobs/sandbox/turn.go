package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"carat/jobs/disk"
	"carat/pipeline"
)

// AtOnce is how many queries of one person run at the same time: each may take all
// the memory and cores that carat.yaml allows, and 20 GB of the disk.
const AtOnce = 2

// turnNotice is what somebody who has a turn writes into it, for the one who finds
// all taken. The turn itself is a lock of the operating system and ends with the
// process, so that a notice that a crash left means nothing.
type turnNotice struct {
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	Since time.Time `json:"since"`
}

func (n turnNotice) String() string {
	return fmt.Sprintf("process %d on %s since %s", n.PID, n.Host, n.Since.UTC().Format(time.RFC3339))
}

// Turn takes one of a person's turns, which are AtOnce empty files of a folder under
// the hash of their name: two for whoever ever asked something. It doesn't wait: when
// all are taken it is a busy error that says by which processes.
func Turn(folder, person string, at time.Time) (release func(), err error) {
	if err := privateFolder(folder); err != nil {
		return nil, pipeline.Errorf(pipeline.KindInternal, "take", "a turn in "+folder, "%w", disk.Cause(err))
	}
	name := sha256.Sum256([]byte(person))
	var others []string
	for n := range AtOnce {
		path := filepath.Join(folder, fmt.Sprintf("%s-%d", hex.EncodeToString(name[:8]), n+1))
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
		if err != nil {
			return nil, pipeline.Errorf(pipeline.KindInternal, "take", "a turn in "+folder, "%w", disk.Cause(err))
		}
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			host, _ := os.Hostname()
			notice, _ := json.Marshal(turnNotice{PID: os.Getpid(), Host: host, Since: at})
			if f.Truncate(0) == nil {
				_, _ = f.WriteAt(notice, 0) // only a courtesy to the next
			}
			return func() { _, _ = f.Truncate(0), f.Close() }, nil
		}
		text, _ := os.ReadFile(path)
		var notice turnNotice
		if json.Unmarshal(text, &notice) == nil && notice.PID != 0 {
			others = append(others, notice.String())
		}
		if _ = f.Close(); !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, pipeline.Errorf(pipeline.KindInternal, "take", "a turn in "+folder, "%w", err)
		}
	}
	running := fmt.Sprintf("%d queries of %s are running, and no more may at once", AtOnce, person)
	if person == "" {
		running = fmt.Sprintf("%d queries of the same person are running, and no more may at once", AtOnce)
	}
	if len(others) > 0 {
		running += ": " + strings.Join(others, ", ")
	}
	return nil, pipeline.Errorf(pipeline.KindBusy, "run", "query", "%s", running).
		WithHint("wait until one has ended, or end one with ^C where it runs; each ends by itself after its --timeout")
}

// privateFolder makes a folder that nobody else may write to, or wants that it is one:
// it may lie where everybody can make some.
func privateFolder(folder string) error {
	if err := os.Mkdir(folder, 0o700); err == nil || !errors.Is(err, os.ErrExist) {
		return err
	}
	info, err := os.Lstat(folder)
	if err != nil {
		return err
	}
	owner, known := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || known && int(owner.Uid) != os.Geteuid() && os.Geteuid() != 0 || info.Mode().Perm()&0o022 != 0 {
		return errors.New("it is no folder of this account alone: take it away")
	}
	return nil
}
