package stamp

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/pipeline/timestamp"
)

// Checked is what the stamps come to.
type Checked struct {
	Stamps      int
	Differences []string        // stamps over other bytes, of somebody else, or of nothing
	Notes       []string        // what has none, and stamps whose authority nobody named
	Heads       []Head          // that were stamped, for comparison with the history
	covered     map[string]bool // stamps of certificates that are some lock's
}

// clockSkew is how far this machine's clock may be ahead of the authority's.
const clockSkew = 5 * time.Minute

// stampedLate is how long after its approval a certificate may be stamped without a
// word: an authority may be away for a day, and the job `timestamp` makes it up.
const stampedLate = 48 * time.Hour

// Head is a stamped end of the chain.
type Head struct {
	Where string // its file and when it was stamped, in words
	books.Head
}

// Verify checks every stamp of the lake, offline, by the roots that carat.yaml names.
func Verify(ctx context.Context, p *books.Books, c *config.Config) (*Checked, error) {
	r := &Checked{covered: map[string]bool{}}
	roots, err := Roots(c)
	if err != nil {
		return nil, err
	}
	verify := func(name string, text []byte) (s *timestamp.Stamp) {
		answer, err := os.ReadFile(full(p, name))
		if err == nil {
			s, err = timestamp.Verify(answer, sha256.Sum256(text), roots, c.Timestamp.Policy)
		}
		if err != nil {
			r.Differences = append(r.Differences, fmt.Sprintf("the time stamp %s: %v", name, err))
			return nil
		}
		r.Stamps++
		return s
	}
	locks, err := p.State.Locks(ctx)
	if err != nil {
		return nil, err
	}
	without := 0
	for _, l := range locks {
		name := OfCertificate(l.Period, l.Version)
		r.covered[name] = true
		text, err := p.Lake.Certificate(l.Period, l.Version)
		switch {
		case !there(p, name):
			without++
		case err == nil: // else told with the certificates
			if s := verify(name, text); s != nil {
				if note := beside(l.LockedAt, s.Time); note != "" {
					r.Notes = append(r.Notes, fmt.Sprintf("the certificate of %s version %d %s", l.Period, l.Version, note))
				}
			}
		}
	}
	if without > 0 && c.Timestamp.URL != "" {
		r.Notes = append(r.Notes, fmt.Sprintf("%d certificates have no time stamp: `carat timestamp` makes it up", without))
	}
	if err := r.heads(p, verify); err != nil {
		return nil, err
	}
	if r.Stamps > 0 && roots == nil {
		r.Notes = append(r.Notes, fmt.Sprintf("who gave the %d time stamps is not judged: carat.yaml names no root of an authority (timestamp: {certificates: …})", r.Stamps))
	}
	return r, r.strays(p)
}

// beside says what a certificate's own time leaves open beside the authority's; "" when they
// agree.
func beside(approved, stamped time.Time) string {
	says := fmt.Sprintf("says that it was approved at %s, and its authority stamped it at %s: ", approved.UTC().Format(time.RFC3339), stamped.UTC().Format(time.RFC3339))
	switch {
	case stamped.Before(approved.Add(-clockSkew)):
		return says + "this machine's clock was ahead"
	case stamped.After(approved.Add(stampedLate)):
		return says + "of the time between only this history speaks"
	}
	return ""
}

// heads checks the stamped ends of the chain. What they say of the history is compared
// by whoever asks.
func (r *Checked) heads(p *books.Books, verify func(name string, text []byte) *timestamp.Stamp) error {
	stamps, err := fs.Glob(os.DirFS(p.Lake.Root()), Folder+"/heads/*.tsr")
	if err != nil {
		return err
	}
	slices.Sort(stamps)
	// A head is written before it is stamped: one without a stamp was cut short, or lost it.
	texts, err := fs.Glob(os.DirFS(p.Lake.Root()), Folder+"/heads/*.json")
	if err != nil {
		return err
	}
	for _, text := range texts {
		if !slices.Contains(stamps, strings.TrimSuffix(text, ".json")+".tsr") {
			r.Notes = append(r.Notes, fmt.Sprintf("the head %s has no time stamp: `carat timestamp` was cut short there, or the stamp is gone", text))
		}
	}
	for _, stamp := range stamps {
		name := strings.TrimSuffix(path.Base(stamp), ".tsr")
		at := Folder + "/heads/" + name
		text, err := os.ReadFile(full(p, at+".json"))
		if err != nil {
			r.Differences = append(r.Differences, fmt.Sprintf("the time stamp %s.tsr: the head that it is over is missing", at))
			continue
		}
		s := verify(at+".tsr", text)
		if s == nil {
			continue
		}
		h, err := books.ParseHead(text)
		if err != nil {
			r.Differences = append(r.Differences, fmt.Sprintf("%s.json: %v", at, err))
			continue
		}
		r.Heads = append(r.Heads, Head{Where: fmt.Sprintf("the head that was stamped at %s (%s.tsr)", s.Time.Format(time.RFC3339), at), Head: *h})
	}
	return nil
}

// strays names stamps of certificates that no lock knows.
func (r *Checked) strays(p *books.Books) error {
	stamps, err := fs.Glob(os.DirFS(p.Lake.Root()), Folder+"/certificates/*/*.tsr")
	if err != nil {
		return err
	}
	for _, name := range stamps {
		if !r.covered[name] {
			r.Differences = append(r.Differences, fmt.Sprintf("the time stamp %s: the state database knows no such lock", name))
		}
	}
	return nil
}
