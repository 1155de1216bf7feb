package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// permitted are the kinds of licence, by their SPDX names, that what is linked may
// have: they ask for their text beside the binary, and no more of carat's own source.
// MPL-2.0 asks that changes of its own files be given away: carat changes none.
var permitted = []string{
	"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "ICU", "ISC", "MIT", "MPL-2.0", "OFL-1.1", "PostgreSQL", "Unlicense", "Zlib",
	"GooglePatentsFile", // a grant beside a licence
}

// read are licences that a person read, since no list of kinds knows them, or one
// finds in them what doesn't concern what is linked: the file, by module and name, and
// what it is.
var read = map[string]string{
	"DuckDB and the libraries in it LICENSE-mbedtls":  "Apache-2.0, or GPL-2.0 for whoever would rather",
	"DuckDB and the libraries in it LICENSE-snappy":   "BSD-3-Clause; CC-BY-3.0 is of test data, which isn't linked",
	"DuckDB and the libraries in it LICENSE-ska_sort": "BSL-1.0",
	"github.com/go-fonts/dejavu LICENSE-DejaVu":       "Bitstream-Vera: fonts that may be embedded and given away, not sold by themselves",
	"modernc.org/sqlite LICENSE-SQLITE":               "public domain",
}

// module is what is linked: as `go list` tells it.
type module struct {
	Path, Version, Dir string
	Main               bool
	Replace            *module
}

// linkedModules gives the modules of the packages that carat is made of on a target,
// by path, without carat's own.
func linkedModules(ctx context.Context, source string, t target) ([]module, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-deps", "-json=Module", "./cmd/carat")
	cmd.Dir = source
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1", "GOFLAGS=-buildvcs=false", "GOOS="+t.os, "GOARCH="+t.arch)
	var told bytes.Buffer
	cmd.Stderr = &told
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("list what is linked: %w\n%s", err, told.String())
	}
	found := map[string]module{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct{ Module *module }
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		if p.Module != nil && !p.Module.Main {
			found[p.Module.Path] = *p.Module
		}
	}
	var all []module
	for _, m := range found {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b module) int { return strings.Compare(a.Path, b.Path) })
	return all, nil
}

// licence is a text that comes with what is linked.
type licence struct {
	file  string
	text  []byte
	kinds []string // SPDX names; none for a notice or a list of authors
}

// licencesOf reads the licences and notices of a module. A module without a licence,
// or with one of a kind that isn't permitted, is an error.
func licencesOf(name, dir string) ([]licence, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []licence
	licensed := false
	for _, e := range entries {
		upper := strings.ToUpper(e.Name())
		isLicence := strings.HasPrefix(upper, "LICEN") || strings.HasPrefix(upper, "COPYING")
		if e.IsDir() || !isLicence && !strings.HasPrefix(upper, "NOTICE") && !strings.HasPrefix(upper, "PATENTS") && !strings.HasPrefix(upper, "AUTHORS") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		l := licence{file: e.Name(), text: text}
		for _, match := range licensecheck.Scan(text).Match {
			if !slices.Contains(l.kinds, match.ID) {
				l.kinds = append(l.kinds, match.ID)
			}
		}
		if kind, ok := read[name+" "+e.Name()]; ok {
			l.kinds = []string{kind}
		} else if err := permit(name, l); err != nil {
			return nil, err
		}
		licensed = licensed || isLicence && len(l.kinds) > 0
		all = append(all, l)
	}
	if !licensed {
		return nil, fmt.Errorf("%s has no licence in %s: it can't be given away", name, dir)
	}
	return all, nil
}

// permit refuses a licence of a kind that isn't listed.
func permit(name string, l licence) error {
	for _, kind := range l.kinds {
		if !slices.Contains(permitted, kind) {
			return fmt.Errorf("%s, file %s: %s is no licence that carat may be given away with; permitted are %s", name, l.file, kind, strings.Join(permitted, ", "))
		}
	}
	return nil
}

// thirdParty gives the text of THIRD_PARTY: the licence of all that is linked into
// carat on a target. Go's own library and DuckDB with the libraries in it come first.
func thirdParty(ctx context.Context, source string, t target) ([]byte, error) {
	modules, err := linkedModules(ctx, source, t)
	if err != nil {
		return nil, err
	}
	goroot, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return nil, err
	}
	parts := []module{
		{Path: "Go's standard library", Dir: strings.TrimSpace(string(goroot))},
		{Path: "DuckDB and the libraries in it", Dir: filepath.Join(source, "third_party", "duckdb")},
	}
	parts = append(parts, modules...)
	var b bytes.Buffer
	fmt.Fprintf(&b, "carat for %s is linked with what follows. The licence of carat itself is in LICENSE.\n", t)
	for _, m := range parts {
		dir := m.Dir
		if m.Replace != nil {
			dir = filepath.Join(source, m.Replace.Path)
		}
		licences, err := licencesOf(m.Path, dir)
		if err != nil {
			return nil, err
		}
		for _, l := range licences {
			fmt.Fprintf(&b, "\n%s\n%s %s, %s", strings.Repeat("=", 78), m.Path, m.Version, l.file)
			if len(l.kinds) > 0 {
				fmt.Fprintf(&b, " (%s)", strings.Join(l.kinds, ", "))
			}
			fmt.Fprintf(&b, "\n%s\n\n%s\n", strings.Repeat("=", 78), bytes.TrimSpace(l.text))
		}
	}
	return b.Bytes(), nil
}
