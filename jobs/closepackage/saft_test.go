package closepackage_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"carat/fixtures"
	"carat/jobs"
	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/internal/trial"
	"carat/pipeline"
	chartof "carat/pipeline/chart"
	"carat/sql"
)

// codes are some of næringsspesifikasjonen, one for each role of the chart.
var codes = strings.Fields(`1920 1950 1500 1501 1530 1560 1565 1570 1780 1800 1810 1830 1840 2900 2740 2910 2920 2949 2950 2970 2980 2990 3000 3001 3100 3200 3300 3400 3600
	4001 4002 4003 6000 6100 6200 6300 6400 6500 6600 6700 7000 7020 7040 7080 8005 8030 8050 8100 8115 8130`)

// inKroner turns a generated month into one of a Norwegian entity.
func inKroner(t *testing.T, s books.Setting, more string) books.Setting {
	t.Helper()
	err := filepath.WalkDir(s.Config.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(path, []byte(strings.NewReplacer("USD", "NOK", "NOK", "USD").Replace(string(text))), 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(s.Config.Dir, config.File)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	disk(t, file, string(text)+more)
	if s.Config, err = config.Load(s.Config.Dir); err != nil {
		t.Fatal(err)
	}
	s.Config.Entities[0].Name, s.Config.Entities[0].TaxID = "Eksempel Live AS", "NO974760673MVA"
	return s
}

// TestPackageHasSAFT: a Norwegian entity's package has its SAF-T file, which the published
// schema takes where it is; with a chart that isn't numbered by the list it says why it has
// none, and takes away the one from before.
func TestPackageHasSAFT(t *testing.T) {
	chart := "accounts:\n"
	for i, role := range chartof.Roles() {
		chart += "  " + role + ": " + codes[i] + " " + role + "\n"
	}
	made, _ := trial.Made(t, fixtures.Options{Period: "2026-10", Gifts: 500, Viewers: 100, Creators: 20, Seed: 5, Files: fixtures.FilesMonth}, "none")
	s := inKroner(t, made, chart)
	var told []string
	s.Progress = func(e books.Event) {
		if e.Note != "" {
			told = append(told, e.Note)
		}
	}
	r, err := jobs.Run(t.Context(), jobs.RunOptions{Setting: s, SQL: sql.Files, Period: "2026-10"})
	if err != nil && pipeline.KindOf(err) != pipeline.KindBadInput {
		t.Fatal(err)
	}
	i := slices.IndexFunc(r.Package.Files, func(f string) bool { return filepath.Base(f) == "saf-t-main.xml" })
	if i < 0 {
		t.Fatalf("no SAF-T among %q; told %q", r.Package.Files, told)
	}
	text, err := os.ReadFile(r.Package.Files[i])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<RegistrationNumber>974760673</RegistrationNumber>", "<CustomerID>", "<SupplierID>", "<GroupingCode>2900</GroupingCode>", "<JournalID>gift</JournalID>"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s", want)
		}
	}
	if lint, err := exec.LookPath("xmllint"); err == nil && os.Getenv("CARAT_SAFT_SCHEMA") != "" {
		if out, err := exec.Command(lint, "--noout", "--nonet", "--schema", os.Getenv("CARAT_SAFT_SCHEMA"), r.Package.Files[i]).CombinedOutput(); err != nil {
			t.Errorf("the schema says: %s", out)
		}
	}

	s.Config.Entities[0].TaxID = ""
	again, err := jobs.Run(t.Context(), jobs.RunOptions{Setting: s, SQL: sql.Files, Period: "2026-10"})
	if err != nil && pipeline.KindOf(err) != pipeline.KindBadInput {
		t.Fatal(err)
	}
	if slices.ContainsFunc(again.Package.Files, func(f string) bool { return strings.HasSuffix(f, ".xml") }) ||
		!slices.ContainsFunc(told, func(n string) bool { return strings.HasPrefix(n, "main has no SAF-T file: the entity's tax_id") }) {
		t.Errorf("without a number: told %q, files %q", told, again.Package.Files)
	}
	if _, err := os.Stat(r.Package.Files[i]); err == nil {
		t.Error("the file from before lies there still")
	}
}
