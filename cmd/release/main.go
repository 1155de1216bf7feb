// Command release makes what people install: for each target an archive with
// carat, its licences and its bill of materials, and SHA256SUMS over all.
//
// It promises that an archive has the same bytes whoever makes it from the same
// commit with the same Go and C++ compilers: every binary is built a second time from
// a copy of the source in another folder, with an empty cache of its own, and the two
// are compared. What can't be built on this machine is named, with the reason. It
// imports nothing of carat's.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// options are what `make release` says.
type options struct {
	source  string // the folder of the repository
	out     string // the folder that is filled; it is made anew
	version string // what `carat version` says
	targets []target
	cache   string // "fresh": the second build compiles all anew; "shared": it links anew
}

func run(ctx context.Context, args []string) error {
	var o options
	var targets string
	f := flag.NewFlagSet("release", flag.ContinueOnError)
	f.StringVar(&o.source, "source", ".", "the folder of the repository")
	f.StringVar(&o.out, "out", "dist", "the folder of the release, made anew")
	f.StringVar(&o.version, "version", "unknown", "what carat version says")
	f.StringVar(&targets, "targets", "linux/amd64,linux/arm64,darwin/amd64,darwin/arm64", "what to build for, by commas")
	f.StringVar(&o.cache, "second", "fresh", "how the second build is made: fresh compiles all anew, shared takes what the first compiled and links anew")
	if err := f.Parse(args); err != nil {
		return err
	}
	if o.cache != "fresh" && o.cache != "shared" {
		return fmt.Errorf("-second %s: it is fresh or shared", o.cache)
	}
	for _, text := range strings.Split(targets, ",") {
		t, err := parseTarget(text)
		if err != nil {
			return err
		}
		o.targets = append(o.targets, t)
	}
	var err error
	if o.source, err = filepath.Abs(o.source); err != nil {
		return err
	}
	if o.out, err = filepath.Abs(o.out); err != nil {
		return err
	}
	return release(ctx, o)
}

// release fills the folder. Targets that need a compiler which isn't there are told
// and left out; no target at all is an error.
func release(ctx context.Context, o options) error {
	if err := os.RemoveAll(o.out); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "carat-release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	var made, not []string
	for _, t := range o.targets {
		cc, err := t.compiler()
		if err != nil {
			not = append(not, fmt.Sprintf("%s: %s", t, err))
			continue
		}
		name, err := archiveOf(ctx, o, t, cc, filepath.Join(work, t.os+"-"+t.arch))
		if err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
		made = append(made, name)
	}
	if len(made) > 0 {
		if err := writeSums(o.out); err != nil {
			return err
		}
	}
	for _, name := range made {
		fmt.Printf("made %s, the same from two folders\n", name)
	}
	for _, line := range not {
		fmt.Printf("not built here: %s\n", line)
	}
	if len(made) == 0 {
		return errors.New("nothing could be built here")
	}
	return nil
}

// archiveOf builds a target twice, compares, and writes its archive and its bill.
func archiveOf(ctx context.Context, o options, t target, cc, work string) (string, error) {
	first := filepath.Join(work, "carat")
	if err := build(ctx, o.source, first, o.version, t, cc, ""); err != nil {
		return "", err
	}
	if err := again(ctx, o, t, cc, first, work); err != nil {
		return "", err
	}
	if err := mayBeGivenAway(first); err != nil {
		return "", err
	}
	notices, err := thirdParty(ctx, o.source, t)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return "", err
	}
	name := fmt.Sprintf("carat-%s-%s-%s", o.version, t.os, t.arch)
	bill := filepath.Join(o.out, name+".cdx.json")
	if err := billOfMaterials(ctx, o.source, first, bill); err != nil {
		return "", err
	}
	licence, err := os.ReadFile(filepath.Join(o.source, "LICENSE"))
	if err != nil {
		return "", err
	}
	files := []packed{
		{name: "carat", path: first, mode: 0o755},
		{name: "LICENSE", text: licence, mode: 0o644},
		{name: "THIRD_PARTY", text: notices, mode: 0o644},
		{name: "carat.cdx.json", path: bill, mode: 0o644},
	}
	for _, unit := range []string{"carat.service", "Containerfile"} {
		files = append(files, packed{name: unit, path: filepath.Join(o.source, "docs", "deploy", unit), mode: 0o644})
	}
	return name + ".tar.gz", pack(filepath.Join(o.out, name+".tar.gz"), name, files)
}
