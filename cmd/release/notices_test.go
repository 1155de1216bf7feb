package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestEveryLinkedModuleHasAPermittedLicence: whatever go.mod gains, for each target, is
// given away with its licence or not at all.
func TestEveryLinkedModuleHasAPermittedLicence(t *testing.T) {
	for _, text := range []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64"} {
		target, err := parseTarget(text)
		if err != nil {
			t.Fatal(err)
		}
		notices, err := thirdParty(t.Context(), filepath.Join("..", ".."), target)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		for _, want := range []string{
			"Go's standard library , LICENSE (BSD-3-Clause)",
			"github.com/duckdb/duckdb-go-bindings/lib/" + target.os + "-" + target.arch + " ",
			"DuckDB and the libraries in it , LICENSE (MIT)",
			"modernc.org/sqlite",
		} {
			if !strings.Contains(string(notices), want) {
				t.Errorf("%s: THIRD_PARTY doesn't have %q", text, want)
			}
		}
		if strings.Contains(string(notices), "staticcheck") || strings.Contains(string(notices), "gofakes3") {
			t.Errorf("%s: THIRD_PARTY has what only tests or tools import", text)
		}
	}
}

// TestLicenceThatIsMissingOrNotPermittedIsRefused.
func TestLicenceThatIsMissingOrNotPermittedIsRefused(t *testing.T) {
	dir := t.TempDir()
	if _, err := licencesOf("example.com/none", dir); err == nil || !strings.Contains(err.Error(), "example.com/none has no licence") {
		t.Errorf("no licence: %v", err)
	}
	// A notice is no licence.
	write(t, dir, "NOTICE", "Copyright Example")
	if _, err := licencesOf("example.com/notice", dir); err == nil {
		t.Error("a notice was taken for a licence")
	}
	write(t, dir, "LICENSE", "All rights reserved. Nobody may copy this.")
	if _, err := licencesOf("example.com/unknown", dir); err == nil {
		t.Error("a text of no known kind was taken for a licence")
	}
	write(t, dir, "LICENSE", "This program is free software: you can redistribute it and/or modify\nit under the terms of the GNU General Public License as published by\nthe Free Software Foundation, either version 3 of the License, or\n(at your option) any later version.\n\nThis program is distributed in the hope that it will be useful,\nbut WITHOUT ANY WARRANTY; without even the implied warranty of\nMERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the\nGNU General Public License for more details.\n\nYou should have received a copy of the GNU General Public License\nalong with this program.  If not, see <https://www.gnu.org/licenses/>.\n")
	if _, err := licencesOf("example.com/copyleft", dir); err == nil || !strings.Contains(err.Error(), "GPL") {
		t.Errorf("GPL: %v", err)
	}
}

// TestArchiveTellsNothingOfItsMaking: the same files give the same bytes at another time
// and from another folder.
func TestArchiveTellsNothingOfItsMaking(t *testing.T) {
	var archives [][]byte
	for range 2 {
		dir := t.TempDir()
		write(t, dir, "carat", "binary")
		out := filepath.Join(dir, "a.tar.gz")
		if err := pack(out, "carat-1-linux-amd64", []packed{{name: "carat", path: filepath.Join(dir, "carat"), mode: 0o755}, {name: "LICENSE", text: []byte("text"), mode: 0o644}}); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		archives = append(archives, data)
		if err := os.Remove(filepath.Join(dir, "carat")); err != nil {
			t.Fatal(err)
		}
		if err := writeSums(dir); err != nil {
			t.Fatal(err)
		}
		sums, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
		if err != nil {
			t.Fatal(err)
		}
		if lines := strings.Fields(string(sums)); len(lines) != 2 || lines[1] != "a.tar.gz" || len(lines[0]) != 64 {
			t.Errorf("SHA256SUMS: %q", sums)
		}
	}
	if !slices.Equal(archives[0], archives[1]) {
		t.Error("two archives of the same files differ")
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
