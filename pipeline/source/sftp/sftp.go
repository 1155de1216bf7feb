package sftp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"carat/pipeline/source"
	"carat/pipeline/source/reach"
)

// Options say what is taken, from whom, and by what right.
type Options struct {
	Address    string // host:port
	User       string
	HostKeys   []string // what the server must be known by: "SHA256:…", or "ssh-ed25519 AAAA…"
	Key        string   // a private key in OpenSSH's form; "": none
	Passphrase string   // of Key
	Password   string   // "": none
	Path       string   // a folder there
	Settle     time.Duration
	Now        time.Time
	Allow      reach.Allow
	Timeout    time.Duration // of the handshake; 0: half a minute
}

// bounds of a listing.
const listedMax = 100_000

type folder struct {
	o     Options
	seen  string // the fingerprint of the server's key
	conn  *ssh.Client
	files *sftp.Client
}

// New gives the source of a folder. The connection is made when it is needed, and
// again when it broke.
func New(o Options) (source.Source, error) {
	if len(o.HostKeys) == 0 {
		return nil, errors.New("host_key: the server's key is not pinned; `ssh-keyscan HOST | ssh-keygen -lf -` tells what it says, and whoever runs it what is right")
	}
	if o.Key == "" && o.Password == "" {
		return nil, errors.New("key or password: none is given")
	}
	if _, err := pinned(o.HostKeys); err != nil {
		return nil, err
	}
	return &folder{o: o}, nil
}

// Origin names account, server, folder and the key by which the server was known.
func (f *folder) Origin() string {
	text := "sftp://" + f.o.User + "@" + f.o.Address + path.Join("/", f.o.Path)
	if f.seen != "" {
		text += ", host key " + f.seen
	}
	return text
}

// pinned reads the keys that a server may have, as fingerprints.
func pinned(texts []string) (list []string, err error) {
	for _, text := range texts {
		text = strings.TrimSpace(text)
		if strings.HasPrefix(text, "SHA256:") {
			list = append(list, text)
			continue
		}
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(text))
		if err != nil {
			return nil, fmt.Errorf("host_key: it is neither SHA256:… nor a public key such as ssh-ed25519 AAAA…")
		}
		list = append(list, ssh.FingerprintSHA256(key))
	}
	return list, nil
}

// errHostKey is a server that is not the one whose key is pinned.
var errHostKey = errors.New("the server's key is not the pinned one")

// families are the kinds of a server's key, each asked for by itself: a server has
// several, and one of them is pinned.
var families = [][]string{
	{ssh.KeyAlgoED25519},
	{ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521},
	{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256},
}

// connect makes the connection, unless it is there.
func (f *folder) connect(ctx context.Context) error {
	if f.files != nil {
		return nil
	}
	keys, err := pinned(f.o.HostKeys)
	if err != nil {
		return err
	}
	proofs, err := f.proofs()
	if err != nil {
		return err
	}
	var seen []string
	for _, family := range families {
		refused := false
		config := &ssh.ClientConfig{User: f.o.User, Auth: proofs, HostKeyAlgorithms: family,
			HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
				is := ssh.FingerprintSHA256(key)
				if slices.Contains(keys, is) {
					f.seen = is
					return nil
				}
				refused, seen = true, append(seen, is+" ("+key.Type()+")")
				return errHostKey
			}}
		err := f.dial(ctx, config)
		if err == nil {
			return nil
		}
		if !refused && !strings.Contains(err.Error(), "no common algorithm") {
			return err
		}
	}
	if len(seen) == 0 {
		return errors.New("the server has no host key of a kind that is still safe: Ed25519, ECDSA, or RSA with SHA-2")
	}
	return fmt.Errorf("%w: it has %s; if it was changed, ask whoever runs the server, and change host_key", errHostKey, strings.Join(seen, ", "))
}

// dial makes a connection over which files are read.
func (f *folder) dial(ctx context.Context, config *ssh.ClientConfig) error {
	conn, err := f.o.Allow.Dialer().DialContext(ctx, "tcp", f.o.Address)
	if err != nil {
		if errors.Is(err, reach.ErrForbidden) {
			return err
		}
		return source.Passes("connect: %w", err)
	}
	// A server that takes the connection and says nothing is not waited for.
	hands, cancel := context.WithTimeout(ctx, cmp.Or(f.o.Timeout, 30*time.Second))
	defer cancel()
	stop := context.AfterFunc(hands, func() { _ = conn.Close() })
	c, channels, requests, err := ssh.NewClientConn(conn, f.o.Address, config)
	if err != nil {
		_ = conn.Close() // it is of no use, and closed already where the handshake failed
		if strings.Contains(err.Error(), "unable to authenticate") {
			return fmt.Errorf("%s is not let in: the server takes neither its key nor its password", f.o.User)
		}
		return source.Passes("connect: %w", err)
	}
	f.conn = ssh.NewClient(c, channels, requests)
	if f.files, err = sftp.NewClient(f.conn); err != nil {
		_ = f.Close()
		return source.Passes("begin sftp: %w", err)
	}
	stop()
	// Reads know no context: when it ends, the connection does.
	both := f.conn
	context.AfterFunc(ctx, func() { _ = both.Close() })
	return nil
}

// proofs are by what the account is let in.
func (f *folder) proofs() (list []ssh.AuthMethod, err error) {
	if f.o.Key != "" {
		var signer ssh.Signer
		if f.o.Passphrase != "" {
			signer, err = ssh.ParsePrivateKeyWithPassphrase([]byte(f.o.Key), []byte(f.o.Passphrase))
		} else {
			signer, err = ssh.ParsePrivateKey([]byte(f.o.Key))
		}
		var missing *ssh.PassphraseMissingError
		switch {
		case errors.As(err, &missing):
			return nil, errors.New("key: it is protected by a passphrase; give passphrase_file or passphrase_env")
		case err != nil:
			return nil, errors.New("key: it is no private key in the form of OpenSSH, or its passphrase is another")
		}
		list = append(list, ssh.PublicKeys(signer))
	}
	if f.o.Password != "" {
		list = append(list, ssh.Password(f.o.Password), ssh.KeyboardInteractive(func(_, _ string, questions []string, echos []bool) ([]string, error) {
			answers := make([]string, len(questions))
			for i := range questions {
				if !echos[i] { // what may be shown is not the password
					answers[i] = f.o.Password
				}
			}
			return answers, nil
		}))
	}
	return list, nil
}

// unfinished are names that programs give to what they still write.
var unfinished = []string{".part", ".partial", ".filepart", ".tmp", ".temp", ".inprogress", ".crdownload", ".writing"}

// List gives the regular files of the folder in the order of their names. Those that
// are hidden, that have the name of an unfinished one, or that were changed a moment
// ago are not listed.
func (f *folder) List(ctx context.Context) ([]source.Remote, error) {
	if err := f.connect(ctx); err != nil {
		return nil, err
	}
	entries, err := f.files.ReadDirContext(ctx, cmp.Or(f.o.Path, "."))
	if err != nil {
		return nil, f.broken("list "+f.o.Path, err)
	}
	if len(entries) > listedMax {
		return nil, fmt.Errorf("%d files lie there, more than %d; have older ones put away", len(entries), listedMax)
	}
	var list []source.Remote
	for _, e := range entries {
		lower := strings.ToLower(e.Name())
		if !e.Mode().IsRegular() || strings.HasPrefix(lower, ".") || slices.ContainsFunc(unfinished, func(end string) bool { return strings.HasSuffix(lower, end) }) {
			continue
		}
		if age := f.o.Now.Sub(e.ModTime()); age >= 0 && age < f.o.Settle {
			continue
		}
		list = append(list, source.Remote{Name: e.Name(), Version: version(e), Size: e.Size()})
	}
	slices.SortFunc(list, func(a, b source.Remote) int { return cmp.Compare(a.Name, b.Name) })
	return list, nil
}

// version tells one content of a file from the next, as far as the server does.
func version(e fs.FileInfo) string {
	return e.ModTime().UTC().Format(time.RFC3339) + " " + strconv.FormatInt(e.Size(), 10)
}

// Open reads a file from a byte on. When all is read it is looked at again: one that
// was written to meanwhile is not taken.
func (f *folder) Open(ctx context.Context, r source.Remote, from int64) (*source.Download, error) {
	if err := f.connect(ctx); err != nil {
		return nil, err
	}
	name := path.Join(f.o.Path, path.Base(r.Name))
	file, err := f.files.Open(name)
	if err != nil {
		return nil, f.broken("open", err)
	}
	info, err := file.Stat()
	if err == nil && version(info) != r.Version {
		err = errChanged
	}
	if err == nil && from > 0 {
		_, err = file.Seek(from, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(f.broken("open", err), ignoreBroken(file.Close()))
	}
	return &source.Download{ReadCloser: reading{f, file}, Version: r.Version, Size: info.Size(), From: from, Whole: func(context.Context) error {
		now, err := f.files.Lstat(name)
		if err != nil {
			return f.broken("look at it again", err)
		}
		if version(now) != r.Version {
			return errChanged
		}
		return nil
	}}, nil
}

// errChanged is a file that was written to: the next run takes it.
var errChanged = fmt.Errorf("it is still being written: %w", source.ErrNotReady)

// reading is a file whose connection is made again when it breaks.
type reading struct {
	folder *folder
	*sftp.File
}

// Read reads, and lets go of a broken connection.
func (r reading) Read(p []byte) (int, error) {
	n, err := r.File.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = r.folder.broken("read", err)
	}
	return n, err
}

// WriteTo reads all into w.
func (r reading) WriteTo(w io.Writer) (int64, error) {
	n, err := r.File.WriteTo(w)
	if err != nil {
		_ = r.folder.Close()
	}
	return n, err
}

// Close closes the file; one of a connection that broke is closed already.
func (r reading) Close() error { return ignoreBroken(r.File.Close()) }

func ignoreBroken(err error) error {
	var status *sftp.StatusError
	if err == nil || errors.As(err, &status) {
		return err
	}
	return nil
}

// broken judges an error: what the server said of the file stays, and a connection
// that broke is closed and may be made again.
func (f *folder) broken(what string, err error) error {
	var status *sftp.StatusError
	switch {
	case errors.Is(err, source.ErrNotReady):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: there is no such file or folder", what)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: the server doesn't allow it", what)
	case errors.As(err, &status):
		return fmt.Errorf("%s: %w", what, err)
	}
	_ = f.Close()
	return source.Passes("%s: %w", what, err)
}

// Close ends the connection.
func (f *folder) Close() error {
	if f.files != nil {
		_ = f.files.Close()
	}
	if f.conn != nil {
		_ = f.conn.Close()
	}
	f.files, f.conn = nil, nil
	return nil
}
