package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/pipeline/timestamp/authority"
)

// stampedLake is the lake of testdata with closed months, whose carat.yaml names an
// authority.
func stampedLake(t *testing.T, a *authority.Authority) (dir string) {
	t.Helper()
	dir = t.TempDir()
	unpack(t, filepath.Join("..", "..", "pipeline", "lake", "testdata", "form-1", "lake.tar.zst"), dir)
	carat(t, "upgrade", "--dir", dir, "--user", "ann")
	file := filepath.Join(dir, "carat.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, "timestamp: {url: \""+a.URL+"\", certificates: "+a.Roots+", policy: \""+authority.Policy+"\", allow: [127.0.0.0/8]}\n"...)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestTimeStamps: certificates and the end of the chain are stamped once; carat and
// OpenSSL verify them; evidence brings them; whatever is changed is named.
func TestTimeStamps(t *testing.T) {
	t.Parallel()
	a := authority.New(t)
	dir := stampedLake(t, a)
	at := []string{"--dir", dir, "--user", "ann"}
	lake := filepath.Join(dir, "lake")

	if _, told := caratBoth(t, 0, append([]string{"verify"}, at...)...); !strings.Contains(told, "3 certificates have no time stamp: `carat timestamp` makes it up") {
		t.Errorf("before: verify tells %q", told)
	}
	out := carat(t, append([]string{"timestamp", "--format", "csv"}, at...)...)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 5 || !strings.HasPrefix(lines[1], "certificate of 2026-08 version 1,") || !strings.HasPrefix(lines[4], "head b000018,") || !strings.Contains(lines[4], "CN=signer,O=Example") {
		t.Errorf("timestamp prints %q", out)
	}
	if out := carat(t, append([]string{"timestamp"}, at...)...); out != "everything is stamped already\n" {
		t.Errorf("again: %q", out)
	}
	if out := carat(t, append([]string{"verify", "--format", "csv"}, at...)...); !strings.HasSuffix(strings.TrimSpace(out), ",4") {
		t.Errorf("verify counts %q", out)
	}
	stamps, err := filepath.Glob(filepath.Join(lake, "timestamps", "heads", "*.tsr"))
	if err != nil || len(stamps) != 1 {
		t.Fatalf("heads: %v, %v", stamps, err)
	}
	head := strings.TrimSuffix(stamps[0], ".tsr")
	certificate := filepath.Join(lake, "certificates", "2026-08", "2.json")
	stamp := filepath.Join(lake, "timestamps", "certificates", "2026-08", "2.tsr")
	for data, answer := range map[string]string{certificate: stamp, head + ".json": head + ".tsr"} {
		if out := a.Openssl(t, "ts", "-verify", "-data", data, "-in", answer, "-CAfile", a.Roots); !strings.Contains(out, "Verification: OK") {
			t.Errorf("openssl says of %s: %s", answer, out)
		}
	}
	evidence := filepath.Join(t.TempDir(), "evidence")
	carat(t, append([]string{"evidence", "--period", "2026-08", "--out", evidence}, at...)...)
	if out := a.Openssl(t, "ts", "-verify", "-data", filepath.Join(evidence, "certificate.json"), "-in", filepath.Join(evidence, "certificate.tsr"), "-CAfile", a.Roots); !strings.Contains(out, "Verification: OK") {
		t.Errorf("openssl says of the evidence: %s", out)
	}

	for _, c := range []struct {
		name, file, says string
		change           func(text string) string
	}{
		{"a stamp of something else", stamp, "the time stamp timestamps/certificates/2026-08/2.tsr: it is over other bytes", func(string) string { return read(t, head+".tsr") }},
		{"a stamp that is cut off", stamp, "the time stamp timestamps/certificates/2026-08/2.tsr: it is no stamp", func(s string) string { return s[:100] }},
		{"a head of another chain", head + ".json", "it is over other bytes", func(s string) string { return strings.Replace(s, `"batches": 18`, `"batches": 17`, 1) }},
		{"a head that is gone", head + ".json", "the head that it is over is missing", nil},
		{"another root", filepath.Join(dir, "carat.yaml"), "isn't trusted", func(s string) string { return strings.Replace(s, a.Roots, authority.New(t).Roots, 1) }},
		{"another policy", filepath.Join(dir, "carat.yaml"), "under the policy 1.2.3.4.1, and 1.2.3.4.5 is wanted", func(s string) string { return strings.Replace(s, authority.Policy, "1.2.3.4.5", 1) }},
	} {
		before := read(t, c.file)
		if c.change == nil {
			if err := os.Remove(c.file); err != nil {
				t.Fatal(err)
			}
		} else {
			write(t, c.file, c.change(before))
		}
		if _, told := caratBoth(t, 7, append([]string{"verify"}, at...)...); !strings.Contains(told, c.says) {
			t.Errorf("%s: verify tells %q, want %q", c.name, told, c.says)
		}
		write(t, c.file, before)
	}
	config := filepath.Join(dir, "carat.yaml")
	all := read(t, config)
	write(t, config, all[:strings.LastIndex(all, "timestamp:")])
	if _, told := caratBoth(t, 0, append([]string{"verify"}, at...)...); !strings.Contains(told, "who gave the 4 time stamps is not judged") {
		t.Errorf("without a root: verify tells %q", told)
	}
	write(t, config, all)

	// A head that lost its stamp is told.
	text := read(t, head+".tsr")
	if err := os.Remove(head + ".tsr"); err != nil {
		t.Fatal(err)
	}
	if _, told := caratBoth(t, 0, append([]string{"verify"}, at...)...); !strings.Contains(told, filepath.Base(head)+".json has no time stamp") {
		t.Errorf("a head without its stamp: verify tells %q", told)
	}
	write(t, head+".tsr", text)

	// A history that somebody wrote anew, with another chain, is not the one that was
	// stamped: a stamp of it says another chain value, and the old one stays.
	stray := filepath.Join(lake, "timestamps", "certificates", "2027-01")
	if err := os.MkdirAll(stray, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(stray, "1.tsr"), read(t, stamp))
	if _, told := caratBoth(t, 7, append([]string{"verify"}, at...)...); !strings.Contains(told, "timestamps/certificates/2027-01/1.tsr: the state database knows no such lock") {
		t.Errorf("a stamp of no month: verify tells %q", told)
	}
}

// TestApproveWhileTheAuthorityIsAway: a month is closed whatever its authority does, and
// what is missing is told and made up. No address that carat may not call is called.
func TestApproveWhileTheAuthorityIsAway(t *testing.T) {
	t.Parallel()
	a := authority.New(t)
	dir := stampedLake(t, a)
	as := func(user string, verb ...string) []string { return append(verb, "--dir", dir, "--user", user) }
	carat(t, as("ann", "reconcile", "--period", "2026-09")...)
	decisions, err := accepting(carat(t, as("ann", "exceptions", "--control", "not_compared", "--format", "csv")...))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "accepted.csv")
	write(t, file, decisions)
	carat(t, as("cleo", "exceptions", "--import", file)...)
	carat(t, as("ann", "close", "--period", "2026-09")...)
	a.Refuse(http.StatusServiceUnavailable)
	out, told := caratBoth(t, 0, as("lead", "approve", "--period", "2026-09")...)
	if !strings.Contains(out, "2026-09 is closed") || !strings.Contains(told, "approve 2026-09: the month is closed, its time stamp is missing: time stamp certificate of 2026-08 version 1: the authority gives none: it answers 503") {
		t.Errorf("approve prints %q and tells %q", out, told)
	}
	if _, told := caratBoth(t, 8, as("ann", "timestamp")...); !strings.Contains(told, "`carat timestamp` makes it up") {
		t.Errorf("away: %q", told)
	}
	a.Refuse(0)
	a.Swap([]byte("<html>sign in</html>"))
	if _, told := caratBoth(t, 8, as("ann", "timestamp")...); !strings.Contains(told, "what the authority gives doesn't pass: it is no stamp") {
		t.Errorf("a page: %q", told)
	}
	a.Swap(nil)
	if out := carat(t, as("ann", "timestamp", "--format", "csv")...); strings.Count(out, "certificate of ") != 4 {
		t.Errorf("made up: %q", out)
	}
	carat(t, as("ann", "verify")...)

	config := filepath.Join(dir, "carat.yaml")
	all := read(t, config)
	for says, change := range map[string]func(string) string{
		"127.0.0.1 is private":                    func(s string) string { return strings.Replace(s, ", allow: [127.0.0.0/8]", "", 1) },
		"name the file with the authority's root": func(s string) string { return strings.Replace(s, "certificates: "+a.Roots+", ", "", 1) },
		`"a.b" is no policy`:                      func(s string) string { return strings.Replace(s, authority.Policy, "a.b", 1) },
	} {
		write(t, config, change(all))
		if _, told := caratBoth(t, 2, as("ann", "timestamp")...); !strings.Contains(told, says) {
			t.Errorf("%q, want %q", told, says)
		}
	}
	write(t, config, all[:strings.LastIndex(all, "timestamp:")])
	if _, told := caratBoth(t, 2, as("ann", "timestamp")...); !strings.Contains(told, "no authority is named") {
		t.Errorf("no authority: %q", told)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
