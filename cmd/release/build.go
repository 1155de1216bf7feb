package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// target is an operating system and an architecture, in Go's words.
type target struct{ os, arch string }

func (t target) String() string { return t.os + "/" + t.arch }

func parseTarget(text string) (target, error) {
	system, arch, ok := strings.Cut(strings.TrimSpace(text), "/")
	if !ok || (system != "linux" && system != "darwin") || (arch != "amd64" && arch != "arm64") {
		return target{}, fmt.Errorf("target %q: carat is released for linux and darwin, on amd64 and arm64", text)
	}
	return target{system, arch}, nil
}

// compiler gives the C compiler of a target: DuckDB is a C++ library that is linked
// in. CC_LINUX_ARM64 and its like name another. A Mac compiles for both of its
// architectures; nothing else links for a Mac, whose system libraries are Apple's.
func (t target) compiler() (string, error) {
	if cc := os.Getenv("CC_" + strings.ToUpper(t.os+"_"+t.arch)); cc != "" {
		return cc, nil
	}
	switch {
	case t.os == runtime.GOOS && t.arch == runtime.GOARCH:
		return "cc", nil
	case t.os == "darwin" && runtime.GOOS == "darwin":
		return "clang -arch " + map[string]string{"amd64": "x86_64", "arm64": "arm64"}[t.arch], nil
	case t.os == "darwin":
		return "", errors.New("it needs Apple's linker and system libraries; run `make release` on a Mac")
	}
	cc := map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[t.arch] + "-linux-gnu-gcc"
	if _, err := exec.LookPath(cc); err != nil {
		return "", fmt.Errorf("no %s here (Debian: apt-get install g++-%s)", cc, strings.ReplaceAll(strings.TrimSuffix(cc, "-gcc"), "_", "-"))
	}
	return cc, nil
}

// linkerFlags make the binary small and the same everywhere. No symbols and no DWARF;
// no build ids, which tell of the compiler's folder; and what of DuckDB nobody calls is
// left out, for which its symbols must not be exported: its Go module asks for
// -rdynamic, which serves extensions that are loaded while it runs, and carat loads none.
// The C++ library is linked in, from a folder that has no other; of the machine the
// binary wants the C library alone.
func linkerFlags(t target, version, static string) string {
	flags := "-s -w -buildid= -X main.version=" + version
	if t.os == "linux" {
		flags += ` -extldflags "-Wl,--gc-sections -Wl,--no-export-dynamic -Wl,--build-id=none -static-libgcc -L` + static + `"`
	}
	return flags
}

// staticLibrary makes the folder that has the C++ library as an archive only.
func staticLibrary(ctx context.Context, cc, dir string) error {
	name, args, _ := strings.Cut(cc, " ")
	path, err := exec.CommandContext(ctx, name, append(strings.Fields(args), "-print-file-name=libstdc++.a")...).Output()
	if err != nil {
		return fmt.Errorf("ask %s for its C++ library: %w", cc, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.Symlink(strings.TrimSpace(string(path)), filepath.Join(dir, "libstdc++.a"))
}

// build writes carat for a target; cache is the folder of compiled packages, "" the
// user's own.
func build(ctx context.Context, source, out, version string, t target, cc, cache string) error {
	static := out + "-static"
	if t.os == "linux" {
		if err := staticLibrary(ctx, cc, static); err != nil {
			return err
		}
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", linkerFlags(t, version, static), "-o", out, "./cmd/carat")
	cmd.Dir = source
	cxx := strings.Replace(strings.Replace(cc, "gcc", "g++", 1), "clang", "clang++", 1)
	if cc == "cc" {
		cxx = "c++"
	}
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1", "GOFLAGS=", "GOOS="+t.os, "GOARCH="+t.arch, "CC="+cc, "CXX="+cxx)
	if cache != "" {
		cmd.Env = append(cmd.Env, "GOCACHE="+cache)
	}
	var told bytes.Buffer
	cmd.Stdout, cmd.Stderr = &told, &told
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, told.String())
	}
	return nil
}

// again builds from a copy of the source in another folder, and compares.
func again(ctx context.Context, o options, t target, cc, first, work string) error {
	copied := filepath.Join(work, "another", "folder")
	if err := copySource(o.source, copied, o.out); err != nil {
		return err
	}
	var cache string
	if o.cache == "fresh" {
		cache = filepath.Join(work, "cache")
	}
	second := filepath.Join(work, "carat-again")
	if err := build(ctx, copied, second, o.version, t, cc, cache); err != nil {
		return err
	}
	a, err := hashOf(first)
	if err != nil {
		return err
	}
	b, err := hashOf(second)
	if err != nil {
		return err
	}
	if a != b {
		return fmt.Errorf("two builds differ: %s and %s", a, b)
	}
	// A cache and a copy a target would be gigabytes at the end.
	return errors.Join(os.RemoveAll(filepath.Join(work, "another")), os.RemoveAll(filepath.Join(work, "cache")), os.Remove(second))
}

// copySource copies the repository without what is built in it.
func copySource(from, to, out string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		switch {
		case d.IsDir() && (name == ".git" || name == "bin" || name == ".bench" || name == "carat-demo" || path == out):
			return fs.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		case !d.Type().IsRegular():
			return nil // .git of a work tree, or a link of a demo
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), data, 0o644)
	})
}

// hashOf gives the SHA-256 of a file, in hexadecimal.
func hashOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}
