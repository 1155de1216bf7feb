package pdf

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"carat/pipeline"
	"carat/reports/agency"
)

// An agency's statement holds the rules of tagged and of archived PDF, as creators' do.
func TestAgencyPDFIsTaggedAndArchivable(t *testing.T) {
	java, err := exec.LookPath("java")
	classes := os.Getenv("CARAT_VERAPDF")
	if classes == "unreachable" {
		t.Skip("veraPDF can't be fetched from Maven Central by .ci/run")
	}
	if (err != nil || classes == "") && os.Getenv("CI") == "true" {
		t.Fatalf("Java or veraPDF is missing (%v, CARAT_VERAPDF is %q), and CI is true", err, classes)
	}
	if err != nil || classes == "" {
		t.Skip("needs Java and veraPDF: CARAT_VERAPDF names its folder, which .ci/run makes")
	}
	amount := pipeline.Amount(5_000_000)
	s := &agency.Statement{RunID: "run", Head: agency.Head{Period: "2026-10", Version: 1, Provisional: true, AgencyID: "a 1", Entity: "main", Currency: "USD",
		Accrued: amount, Closing: amount}, Lines: []agency.Line{{Section: "opening", LineNo: 1},
		{Section: "accrued", LineNo: 2, Day: "2026-10-02", CreatorID: "สมชาย", Amount: amount, Reason: "gift"}, {Section: "closing", LineNo: 3, Amount: amount}}}
	rows, err := s.CSV()
	if err != nil {
		t.Fatal(err)
	}
	var r Renderer
	b, err := r.Agency(s, rows)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "agency.pdf")
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(java, "-XX:TieredStopAtLevel=1", "-cp", classes+string(os.PathListSeparator)+classes+"/*", "Check", "3a,ua1", path).CombinedOutput()
	if err != nil || strings.Count(string(out), " passed\n") != 2 {
		t.Errorf("veraPDF: %v\n%s", err, out)
	}
}
