package stamp

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/disk"
	"carat/pipeline"
	"carat/pipeline/source/reach"
	"carat/pipeline/timestamp"
)

// Folder holds the stamps, below the lake's folder: certificates/PERIOD/VERSION.tsr, and
// heads/BATCH-DAY.json with heads/BATCH-DAY.tsr beside it. One head a day at most, and
// none on a day without a batch since the last: the folder grows with the months and
// the days on which something came.
const Folder = "timestamps"

// answerTimeout bounds how long an authority may take.
const answerTimeout = 20 * time.Second

// Options say in which books to stamp.
type Options struct {
	books.Setting
}

// Made is a stamp that was added.
type Made struct {
	Of   string // what it is over, in words
	File string // below the lake's folder
	timestamp.Stamp
}

// Run asks for a stamp on each certificate that has none, and on the end of the chain as it
// is. Those that were given before an error are kept.
func Run(ctx context.Context, o Options) (made []Made, err error) {
	if err := books.WantLake(o.Setting); err != nil {
		return nil, err
	}
	return books.Locked(ctx, o.Setting, books.RightTimestamp, "", func(p *books.Books, job *books.Job) (made []Made, err error) {
		if o.Config.Timestamp.URL == "" {
			return nil, pipeline.Errorf(pipeline.KindUsage, "time stamp", "lake", "no authority is named").
				WithHint("name one in carat.yaml: timestamp: {url: https://…, certificates: root.pem}")
		}
		roots, err := Roots(o.Config)
		if err != nil {
			return nil, err
		}
		r := &run{Options: o, ctx: ctx, books: p, roots: roots, client: client(o.Config)}
		locks, err := p.State.Locks(ctx)
		if err != nil {
			return nil, err
		}
		for _, l := range locks {
			name := OfCertificate(l.Period, l.Version)
			if there(p, name) {
				continue
			}
			text, err := p.Lake.Certificate(l.Period, l.Version)
			if err != nil {
				return r.made, err
			}
			if err := r.stamp(fmt.Sprintf("certificate of %s version %d", l.Period, l.Version), name, text); err != nil {
				return r.made, err
			}
		}
		return r.made, r.head()
	})
}

// run is one run of the job.
type run struct {
	Options
	ctx    context.Context
	books  *books.Books
	roots  *x509.CertPool
	client *http.Client
	made   []Made
}

// client dials where carat.yaml lets it, and nowhere else.
func client(c *config.Config) *http.Client {
	h := reach.Client(reach.Options{Allow: c.Timestamp.Allow, PlainHTTP: true})
	h.Timeout = answerTimeout
	return h
}

// Roots reads the roots that stamps must chain to; nil when carat.yaml names none.
func Roots(c *config.Config) (*x509.CertPool, error) {
	file := c.Timestamp.CertificatesFile(c.Dir)
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindUsage, "read", "timestamp certificates", "%w", disk.Cause(err))
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, pipeline.Errorf(pipeline.KindUsage, "read", "timestamp certificates", "%s holds no certificate in PEM", filepath.Base(file))
	}
	return pool, nil
}

// OfCertificate is where the stamp of a certificate lies, below the lake's folder.
func OfCertificate(period pipeline.Period, version int64) string {
	return Folder + "/certificates/" + string(period) + "/" + strconv.FormatInt(version, 10) + ".tsr"
}

// CertificateStamp reads the stamp of a certificate, as the authority gave it; nil when it has
// none.
func CertificateStamp(p *books.Books, period pipeline.Period, version int64) ([]byte, error) {
	name := OfCertificate(period, version)
	answer, err := p.Lake.Read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindInternal, "read time stamp", name, "%w", disk.Cause(err))
	}
	return answer, nil
}

// full is a file of the lake's folder.
func full(p *books.Books, name string) string {
	return filepath.Join(p.Lake.Root(), filepath.FromSlash(name))
}

func there(p *books.Books, name string) bool {
	_, err := p.Lake.Read(name)
	return err == nil
}

// stamp asks for a stamp over a text, checks it and keeps it.
func (r *run) stamp(of, name string, text []byte) error {
	fail := func(err error) error {
		return pipeline.Errorf(pipeline.KindBusy, "time stamp", of, "%w", reach.WithoutURL(err)).
			WithHint("nothing is held up; `carat timestamp` makes it up")
	}
	request, err := timestamp.NewRequest(sha256.Sum256(text), r.Config.Timestamp.Policy, rand.Reader)
	if err != nil {
		return fail(err)
	}
	answer, err := timestamp.Ask(r.ctx, r.client, r.Config.Timestamp.URL, request)
	if err != nil {
		return fail(fmt.Errorf("the authority gives none: %w", reach.WithoutURL(err)))
	}
	s, err := request.Check(answer, r.roots)
	if err != nil {
		return fail(fmt.Errorf("what the authority gives doesn't pass: %w", err))
	}
	if err := r.put(name, answer); err != nil {
		return err
	}
	r.made = append(r.made, Made{Of: of, File: name, Stamp: *s})
	return nil
}

func (r *run) put(name string, text []byte) error {
	return r.books.Lake.Keep(name, text)
}

// head stamps the end of the chain. Its text is written before the stamp: one without the
// other says nothing wrong, and is made whole the next time.
func (r *run) head() error {
	h, err := headNow(r.ctx, r.books)
	if err != nil || h.Batch == "" {
		return err
	}
	name := fmt.Sprintf("%s/heads/%s-%s", Folder, h.Batch, r.Now.UTC().Format(time.DateOnly))
	if there(r.books, name+".tsr") {
		return nil
	}
	text := h.Encode()
	if kept, err := r.books.Lake.Read(name + ".json"); err == nil && r.books.Lake.InBucket() {
		text = kept // what lies in a bucket is never written again
	} else if err := r.put(name+".json", text); err != nil {
		return err
	}
	return r.stamp("head "+h.Batch, name+".tsr", text)
}

// headNow is the end of the chain of batches, and of the state's records.
func headNow(ctx context.Context, p *books.Books) (h books.Head, err error) {
	batches, err := p.Lake.Batches(ctx, books.Latest)
	if err != nil {
		return h, err
	}
	records, err := p.State.Head(ctx)
	if err != nil {
		return h, err
	}
	h = books.Head{Lake: p.Lake.ID(), Batches: len(batches), Records: records.String()}
	if n := len(batches); n > 0 {
		h.Batch, h.Chain = batches[n-1].ID, batches[n-1].Chain
	}
	return h, nil
}
