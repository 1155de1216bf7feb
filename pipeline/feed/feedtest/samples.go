package feedtest

import (
	"os"
	"path/filepath"
	"testing"
)

// findSamples gives ../shared/samples beside the repository's root, and whether
// it is there.
func findSamples(t testing.TB) (string, bool) { return findShared(t, "samples") }

// findShared gives a folder of ../shared.
func findShared(t testing.TB, name string) (string, bool) {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; folder = filepath.Dir(folder) {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			break
		}
		if folder == filepath.Dir(folder) {
			t.Fatal("no go.mod above the test")
		}
	}
	found := filepath.Join(folder, "..", "shared", filepath.FromSlash(name))
	_, err = os.Stat(found)
	return found, err == nil
}

// CaseFile is the path of an input on which carat was wrong, or skips the test.
func CaseFile(t *testing.T, name string) string {
	t.Helper()
	path, found := findShared(t, "cases/files/"+name)
	if !found {
		t.Skip("../shared/cases is not there: its files are read only beside it")
	}
	return path
}

// SamplesFolder is the folder of the samples, or skips the test.
func SamplesFolder(t *testing.T) string {
	t.Helper()
	samples, found := findSamples(t)
	if !found {
		t.Skip("../shared/samples is not there: published files are read only beside it")
	}
	return samples
}

// CaseText reads an input on which carat was wrong, or skips the test.
func CaseText(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(CaseFile(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// AddSamples makes published files the corpus of a fuzz target, where they are.
func AddSamples(f *testing.F, patterns ...string) {
	f.Helper()
	folder, found := findSamples(f)
	if !found {
		return
	}
	for _, pattern := range patterns {
		files, err := filepath.Glob(filepath.Join(folder, filepath.FromSlash(pattern)))
		if err != nil || len(files) == 0 {
			f.Fatalf("no sample is called %s: %v", pattern, err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(content)
		}
	}
}
