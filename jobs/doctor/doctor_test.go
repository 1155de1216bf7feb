package doctor_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"carat/jobs/doctor"
	"carat/jobs/internal/trial"
)

func findings(list []doctor.Finding) (lines []string) {
	for _, f := range list {
		lines = append(lines, f.Stands+" "+f.Check)
	}
	return lines
}

func run(t *testing.T, o doctor.Options) []doctor.Finding {
	t.Helper()
	list, err := doctor.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Each thing is tried by itself; what isn't well has a next step, and nothing is left.
func TestRun(t *testing.T) {
	asked := []string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path)
		if r.URL.Path != "/fx.csv" {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	s := trial.Folder(t, strings.ReplaceAll(`first_period: 2026-10
sources:
  a: {kind: http, feeds: [fx_rates], url: "SERVER/fx.csv", allow: [127.0.0.1]}
  b: {kind: http, feeds: [fx_rates], url: "SERVER/later.csv", allow: [127.0.0.1]}
  c: {kind: http, feeds: [fx_rates], url: "SERVER/x.csv", token_file: nowhere, allow: [127.0.0.1]}
`, "SERVER", server.URL), map[string]string{"creators.csv": "creator_id,valid_from,country,currency\nc1,2026-01-01T00:00:00Z,DE,USD\n"})
	room := int64(2 << 30)
	list := run(t, doctor.Options{Setting: s, Free: func(string) (int64, error) { return room, nil }})
	got := findings(list)
	for _, want := range []string{"look disk of the lake", "look disk of temporary files", "well source a", "look source b", "wrong source c", "wrong secret nowhere"} {
		if !slices.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	for _, f := range list {
		if (f.Next == "") != (f.Stands == doctor.Well) {
			t.Errorf("%+v", f)
		}
	}
	if !slices.Equal(asked, []string{"/fx.csv", "/later.csv"}) {
		t.Errorf("asked: %q", asked)
	}
	entries, err := os.ReadDir(s.Config.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".carat-doctor") {
			t.Errorf("%s was left", e.Name())
		}
	}
	if _, err := os.Stat(filepath.Join(s.Config.Dir, "inbox", "a")); err == nil {
		t.Error("a file was taken")
	}
	room = 1 << 20
	if got := findings(run(t, doctor.Options{Setting: s, Free: func(string) (int64, error) { return room, nil }})); !slices.Contains(got, "wrong disk of the lake") {
		t.Errorf("a full disk: %q", got)
	}
}

// A folder that cannot be written to, or by everybody, is told.
func TestFolders(t *testing.T) {
	s := trial.Folder(t, "first_period: 2026-10\n", nil)
	if err := os.Chmod(s.Config.Dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, f := range run(t, doctor.Options{Setting: s}) {
		if f.Check == "folder "+filepath.Base(s.Config.Dir) && (f.Stands != doctor.Wrong || !strings.HasPrefix(f.Next, "chmod o-w ")) {
			t.Errorf("%+v", f)
		}
	}
}
