package doctor

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"carat/jobs/config"
	"carat/jobs/disk"
)

// folders writes a trial file into each folder that carat writes into, reads it, and
// takes it away.
func (x *examination) folders() {
	for _, file := range x.ownFiles() {
		if f, err := os.Open(file); err == nil {
			_ = f.Close()
		} else if !errors.Is(err, fs.ErrNotExist) {
			x.found("file "+filepath.Base(file), Wrong, fmt.Sprintf("give it to the account that runs carat: chown %d %s; run all verbs as that account", os.Getuid(), file), "%s: %v", file, disk.Cause(err))
		}
	}
	for _, folder := range x.places() {
		info, err := os.Stat(folder)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it is made when it is needed, in one that is tried
		}
		if whole, err := filepath.Abs(folder); err == nil {
			folder = whole
		}
		check := "folder " + filepath.Base(folder)
		if err == nil {
			err = trial(folder)
		}
		switch {
		case err != nil:
			x.found(check, Wrong, fmt.Sprintf("let the account that runs carat write there: chown %d %s", os.Getuid(), folder), "%s: %v", folder, disk.Cause(err))
		case info.Mode().Perm()&0o002 != 0:
			x.found(check, Wrong, "chmod o-w "+folder, "%s: everybody on this machine may write into it", folder)
		default:
			x.well(check, "a trial file was written to %s and taken away", folder)
		}
	}
}

// trialFile is hidden, so that nobody takes it for an input.
const trialFile = ".carat-doctor"

// trial writes a file, makes it durable, reads it and takes it away.
func trial(folder string) (err error) {
	file := filepath.Join(folder, fmt.Sprintf("%s-%d", trialFile, os.Getpid()))
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(file)) }()
	const text = "carat doctor"
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != text {
		return errors.Join(err, errors.New("what was written is not what is read"))
	}
	return nil
}

// secretFiles looks who may read the files that hold secrets.
func (x *examination) secretFiles() {
	files := map[string]string{}
	secret := func(key string, s config.Secret) {
		if s.File != "" {
			files[s.File] = key
		} else if path, ok := strings.CutPrefix(s.Text.Reveal(), "FILE:"); ok {
			files[strings.TrimSpace(path)] = key
		}
	}
	for name, s := range x.Config.Sources {
		for _, one := range s.Secret {
			secret("sources "+name, one)
		}
	}
	for name, w := range x.Config.Notifications {
		secret("notifications "+name, w.URL)
		secret("notifications "+name, w.Token)
		secret("notifications "+name, w.SigningKey)
	}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		path := file
		if !filepath.IsAbs(path) {
			path = filepath.Join(x.Config.Dir, path)
		}
		check := "secret " + file
		switch info, err := os.Stat(path); {
		case err != nil:
			x.found(check, Wrong, "put the secret of "+files[file]+" there, readable by carat's account alone", "%v", disk.Cause(err))
		case info.Mode().Perm()&0o077 != 0:
			x.found(check, Wrong, "chmod 600 "+path, "others on this machine may read it")
		default:
			x.well(check, "only its owner may read it")
		}
	}
}

// Bounds of what is free on a disk: below the first nothing can be relied on, below the
// second a month of middling size may not fit.
const (
	freeLeast = 1 << 30
	freeSome  = 10 << 30
)

// disk looks what is free where carat writes, and where the engine spills.
func (x *examination) disk() {
	for _, one := range []struct{ check, folder string }{{"disk of the lake", x.Config.Lake}, {"disk of temporary files", os.TempDir()}} {
		folder := one.folder
		for {
			if _, err := os.Stat(folder); err == nil || folder == filepath.Dir(folder) {
				break
			}
			folder = filepath.Dir(folder) // the lake isn't there yet
		}
		bytes, err := x.Free(folder)
		const next = "make room, or put it on a larger disk: `lake` in carat.yaml, TMPDIR for temporary files"
		switch text := fmt.Sprintf("%d.%d GB are free", bytes>>30, (bytes&(1<<30-1))*10>>30); {
		case err != nil:
			x.found(one.check, Look, "look at it with df", "%v", disk.Cause(err))
		case bytes < freeLeast:
			x.found(one.check, Wrong, next, "%s", text)
		case bytes < freeSome:
			x.found(one.check, Look, next, "%s", text)
		default:
			x.well(one.check, "%s", text)
		}
	}
}

// free asks the operating system what is free to this account.
func free(folder string) (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return 0, &fs.PathError{Op: "statfs", Path: folder, Err: err}
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}

// mailTimeout bounds how long the mail server may take to greet.
const mailTimeout = 15 * time.Second

// mail asks the mail server for its greeting. No letter is sent, nobody signs in.
func (x *examination) mail(ctx context.Context) {
	m := x.Config.Mail
	if m.Server == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, mailTimeout)
	defer cancel()
	said, err := greeting(ctx, m.Server, m.TLS == "implicit")
	switch {
	case err != nil:
		x.found("mail", Wrong, "see mail in carat.yaml: server, tls; is a firewall between?", "%s: %v", m.Server, err)
	case !strings.HasPrefix(said, "220"):
		x.found("mail", Wrong, "see mail in carat.yaml: server, tls", "%s greets with %q", m.Server, said)
	default:
		x.well("mail", "%s answers", m.Server)
	}
}

func greeting(ctx context.Context, server string, implicit bool) (said string, err error) {
	var conn net.Conn
	if implicit {
		conn, err = (&tls.Dialer{}).DialContext(ctx, "tcp", server)
	} else {
		conn, err = (&net.Dialer{}).DialContext(ctx, "tcp", server)
	}
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return "", err
		}
	}
	line, err := bufio.NewReaderSize(conn, 1024).ReadSlice('\n')
	return strings.TrimSpace(string(line)), err
}
