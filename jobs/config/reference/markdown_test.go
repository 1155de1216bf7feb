package reference_test

import (
	"flag"
	"os"
	"testing"

	"carat/jobs/config/reference"
)

var update = flag.Bool("update", false, "write docs/configuration.md")

// The page of docs is what carat itself knows.
func TestPageIsMadeOfTheKeys(t *testing.T) {
	const page = "../../../docs/configuration.md"
	want := reference.Markdown()
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil || string(got) != want {
		t.Errorf("docs/configuration.md is not what the keys say: go test ./jobs/config/reference -update writes it (%v)", err)
	}
}
