package main

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/pipeline/certificate"

	"github.com/klauspost/compress/zstd"
)

// A lake of an earlier form is refused with the verb that helps, upgraded, and goes on: its
// open month is reconciled into the tables that are there, so a column of a result that
// isn't new at the end of its table is found here; what was known as of a batch is what
// it was; a month that was closed comes out again.
func TestLakeOfAnEarlierFormGoesOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	unpack(t, filepath.Join("..", "..", "pipeline", "lake", "testdata", "form-1", "lake.tar.zst"), dir)
	at := []string{"--dir", dir, "--user", "ann"}
	if _, out := caratBoth(t, 2, append([]string{"verify"}, at...)...); !strings.Contains(out, "`carat upgrade`") {
		t.Errorf("verify says %q", out)
	}
	told, _ := caratBoth(t, 2, append([]string{"doctor"}, at...)...) // all that needs no history is tried
	for _, want := range []string{"carat upgrade", "disk of the lake", "configuration"} {
		if !strings.Contains(told, want) {
			t.Errorf("doctor says nothing of %q:\n%s", want, told)
		}
	}
	carat(t, append([]string{"upgrade"}, at...)...)
	carat(t, append([]string{"reconcile", "--period", "2026-10"}, at...)...)
	for batch, want := range map[string]string{"b000007": "4", "b000015": "10", "b000016": "10", "b000017": "9", "b000018": "10"} {
		got := carat(t, append([]string{"query", "select count(*) as gifts from gift_events", "--format", "csv", "--as-of", batch}, at...)...)
		if !strings.HasSuffix(strings.TrimSpace(got), "gifts\n"+want) {
			t.Errorf("as of %s: %q, want %s", batch, got, want)
		}
	}
	carat(t, append([]string{"verify"}, at...)...)
	carat(t, append([]string{"verify", "--period", "2026-08"}, at...)...)
}

// A closed month that doesn't come out again as its certificate says stops the upgrade, and
// keeps the lake shut to every other verb. Here a text of SQL was changed, and with it the
// certificate and its hash in the lock: nothing but running it again sees that.
func TestUpgradeStopsAtAMonthThatComesOutOtherwise(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	unpack(t, filepath.Join("..", "..", "pipeline", "lake", "testdata", "form-1", "lake.tar.zst"), dir)
	path := filepath.Join(dir, "lake", "certificates", "2026-08", "2.json") // the first was opened again
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c, err := certificate.ParseCertificate(text)
	if err != nil {
		t.Fatal(err)
	}
	changed := ""
	for _, f := range c.SQL {
		model, err := os.ReadFile(filepath.Join(dir, "lake", "certificates", "sql", f.SHA256+".sql"))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(model), "\n-- result: rollforwards\n") {
			continue
		}
		model = append(model, "\nlimit 0\n"...)
		sum := certificate.SHA256Text(model)
		if err := os.WriteFile(filepath.Join(dir, "lake", "certificates", "sql", sum+".sql"), model, 0o600); err != nil {
			t.Fatal(err)
		}
		changed = strings.ReplaceAll(string(text), f.SHA256, sum)
	}
	if changed == "" || changed == string(text) {
		t.Fatal("no SQL of the certificate makes rollforwards")
	}
	if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	sqlite(t, filepath.Join(dir, "lake", "catalog.sqlite"), "update carat_locks set certificate_sha256 = '"+certificate.SHA256Text([]byte(changed))+"' where period = '2026-08' and version = 2")
	if err := os.WriteFile(filepath.Join(dir, "lake", "catalog.sqlite-open"), []byte("open\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	at := []string{"--dir", dir, "--user", "ann"}
	for range 2 {
		_, out := caratBoth(t, 7, append([]string{"upgrade"}, at...)...)
		if !strings.Contains(out, "2026-08: run again, the closed month doesn't come out as its certificate says: ") || !strings.Contains(out, "rollforwards") {
			t.Errorf("upgrade says %q", out)
		}
		if _, out := caratBoth(t, 2, append([]string{"reconcile", "--period", "2026-10"}, at...)...); !strings.Contains(out, "`carat upgrade`") {
			t.Errorf("reconcile says %q", out)
		}
	}
}

// unpack takes an archive apart into a folder.
func unpack(t *testing.T, archive, dir string) {
	t.Helper()
	f, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := zstd.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, filepath.FromSlash(h.Name))
		if h.Typeflag == tar.TypeDir {
			err = os.MkdirAll(path, 0o700)
		} else {
			var content []byte
			if content, err = io.ReadAll(r); err == nil {
				err = os.WriteFile(path, content, 0o600)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
