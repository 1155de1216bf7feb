package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// shiftCode is carat with its clock moved by H5_SHIFT, as the scripts of the attacks
// on it want: a duration that Go reads.
func shiftCode() int {
	a := newApp(os.Args, os.Environ(), os.Stdout, os.Stderr)
	shift, err := time.ParseDuration(os.Getenv("H5_SHIFT"))
	if err == nil {
		a.now, a.clock = a.now.Add(shift), func() time.Time { return time.Now().Add(shift) }
	}
	return a.run(context.Background())
}

// attack is a script that broke carat once, and what it prints now: every one of wants
// must be there, none of never.
type attack struct {
	name  string
	base  string // the month that it is done to, of attackBases
	wants []string
	never []string
}

// attacks are those that lie beside the repository where carat is made. The table in
// docs/operations.md says which tests hold each without them.
var attacks = []attack{
	{"01-filename-not-utf8-breaks-verify", "demo", []string{`(?s)verify rc=0.*backup rc=0.*verify rc=0`}, nil},
	{"02-query-latin1-poisons-access", "demo", []string{
		`(?s)rc=0\n.*rc=2\n.*later query rc=0.*select 1 rc=0\n--tables rc=0\n.*trace rc=0.*publish rc=0.*evidence rc=0\nexceptions rc=0\n.*verify rc=0.*status rc=0\n`,
		`(?s)trace latin1 rc=2\n.*later query rc=0\n.*user latin1 rc=2\n.*later query rc=0`}, nil},
	{"03-backup-clock-back", "demo", []string{
		// The backup from the future is the oldest: it goes when two others are there, and none of them for it.
		`(?s)# the right clock, night 1, keep 2\n.*rc=0\nYEAR\S+Z\nNEXT\S+Z\n.*# the right clock, night 2, keep 2\n.*rc=0\nYEAR\S+Z\nYEAR\S+Z\ncarat-backups.json\n.*` +
			`# the right clock, night 3, keep 2\n.*rc=0\nYEAR\S+Z\nYEAR\S+Z\ncarat-backups.json\n# keep 1.*rc=0\nYEAR\S+Z\ncarat-backups.json\n$`}, nil},
	{"04-approve-kill-false-alarm", "prepared", []string{`(?m)^7 verify 0 .*backup 0`, `closed`}, []string{`verify [1-9]`, `backup [1-9]`}},
	{"05-query-writes-into-lake", "demo", []string{`the function json_serialize_plan may not be used here`, `(?s)rc=2\n.*No such file or directory\n.*verify rc=0\n`}, []string{`(?m)^d.*b000087`}},
	{"06-query-timeout-not-enforced", "demo", []string{`it took longer than 5s`, `(?m)^MAXRSS=[0-9]{1,7} kB`}, []string{`still running`, `(?m)^MAXRSS=([5-9]\d{6}|\d{8,}) kB`}},
	{"07-umask-defeated", "demo", []string{`-rw------- .*q\.csv`, `-rw------- .*a\.duckdb`, `-rw------- .*ev\.zip`, `-rw------- .*close-2026-10\.html`, `-rw------- .*people\.sqlite`}, []string{`(?m)^-[r-][w-][x-][^ ]*[rwx]`}},
	{"08-roles-fail-open", "demo", []string{
		`(?s)erase --creator c989869 --user mallory\n.*mallory has no role.*?\nrc=2\n`, `backup --out \S+ --user mallory\n.*mallory has no role.*\nrc=2\n`, `ingest --user mallory\n.*\nrc=2\n`,
		`query --user c371828 .*\n.*\nrc=2\n`, `query --user mallory .*\n.*\nrc=2\n`, `users revoke bob approver --user bob\n.*\nrc=2\n`, `users grant mallory approver --user mallory\n.*\nrc=2\n`}, nil},
	{"09-erased-name-comes-back", "demo", []string{`(?s)^[1-9]\d*\n.*is erased.*\n0\n.*name and address were left out`}, []string{`creator371828@`}},
	{"11-segregation-by-declaration", "ran", []string{`(?m)^2026-10 is prepared by ann`, `(?m)^version,what,who,os_user,`, `(?m)^1,prepared,ann,`, `README\.md`}, []string{`is closed`, `(?mi)approved,ann`}},
	{"12-state-tables-outside-the-chain", "closed", []string{
		`rc=7 \[delete from carat_access`, `rc=7 \[update carat_jobs`, `rc=7 \[delete from carat_jobs`, `rc=7 \[update carat_sign_offs`, `rc=7 \[update carat_runs`}, []string{`rc=0 \[(delete|update)`}},
	{"13-explained-without-a-word", "demo", []string{`was the sheet sorted without the ids\?`, `(?m)^rc=3$`, `close 2026-10: blocked`}, []string{`closed`}},
}

// attackBases makes the months that the attacks are done to.
func attackBases(t *testing.T) map[string]string {
	t.Helper()
	root := t.TempDir()
	demo, err := makeDemo(root)
	if err != nil {
		t.Fatal(err)
	}
	bases := map[string]string{"demo": demo}
	before := ""
	for _, step := range []struct {
		name string
		args []string
	}{
		{"ran", []string{"run", "--period", "2026-10", "--user", "scheduler"}},
		{"prepared", []string{"close", "--period", "2026-10", "--user", "ann"}},
		{"closed", []string{"approve", "--period", "2026-10", "--user", "bob"}},
	} {
		dir := filepath.Join(root, step.name)
		if before == "" {
			carat(t, "generate", "--out", dir, "--gifts", "300", "--viewers", "40", "--creators", "8", "--files", "month", "--faults", "none")
		} else if err := os.CopyFS(dir, os.DirFS(before)); err != nil {
			t.Fatal(err)
		}
		carat(t, append(step.args, "--dir", dir)...)
		if step.name == "ran" {
			carat(t, "query", "--dir", dir, "select 1")
		}
		bases[step.name], before = dir, dir
	}
	return bases
}

// TestSharedAttacks runs the scripts as they were written, where they are at hand.
func TestSharedAttacks(t *testing.T) {
	t.Parallel()
	shared, err := filepath.Abs("../../../shared/cases/attacks")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(shared); err != nil {
		t.Skip("the scripts of the attacks are not at hand: the tests that docs/operations.md names hold what each is about")
	}
	for _, program := range []string{"bash", "python3", "sqlite3", "strings", "/usr/bin/time"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(err)
		}
	}
	shift, err := exec.LookPath("carat-shift")
	if err != nil {
		t.Fatal(err)
	}
	folders, err := os.ReadDir(shared)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"10-mail-misdirected": true} // no script: TestScript/misdirected
	bases := attackBases(t)
	for _, a := range attacks {
		known[a.name] = true
		t.Run(a.name, func(t *testing.T) { a.check(t, a.run(t, filepath.Join(shared, a.name), bases[a.base], shift)) })
	}
	for _, f := range folders {
		if !known[f.Name()] {
			t.Errorf("%s: no test knows how it is to end", f.Name())
		}
	}
}

// run does the attack, and gives what its script prints.
func (a attack) run(t *testing.T, folder, base, shift string) (said string) {
	t.Helper()
	work, with := t.TempDir(), "bash"
	script := filepath.Join(folder, "repro.sh")
	if _, err := os.Stat(script); errors.Is(err, os.ErrNotExist) {
		script, with = filepath.Join(folder, "repro.py"), "python3"
	}
	text, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	if with == "python3" { // nobody expands it there
		text = []byte(strings.ReplaceAll(string(text), "$DEMO", base))
	}
	here := filepath.Join(work, filepath.Base(script))
	if err := errors.Join(os.WriteFile(here, text, 0o600), os.Symlink(shift, filepath.Join(work, "carat-shift"))); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(with, here)
	cmd.Dir, cmd.Env = work, append(os.Environ(), "DEMO="+base, "TMPDIR="+t.TempDir())
	out, _ := cmd.CombinedOutput() // each says for itself how its commands ended
	return string(out)
}

// check compares what a script prints with what it is to print.
func (a attack) check(t *testing.T, said string) {
	t.Helper()
	now := time.Now().UTC()
	years := strings.NewReplacer("YEAR", now.Format("2006"), "NEXT", now.Add(8760*time.Hour).Format("2006"))
	for _, want := range a.wants {
		if !regexp.MustCompile(years.Replace(want)).MatchString(said) {
			t.Errorf("it doesn't print %q", want)
		}
	}
	for _, never := range a.never {
		if found := regexp.MustCompile(never).FindString(said); found != "" {
			t.Errorf("it prints %q", found)
		}
	}
	if t.Failed() || testing.Verbose() {
		t.Logf("%s", said)
	}
}
