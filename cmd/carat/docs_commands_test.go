package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

var (
	// lineTold is a command in a block: `$ carat …` or `carat …`, also behind `./bin/`.
	lineTold = regexp.MustCompile(`(?m)^(?:\$ )?(?:\./bin/|bin/)?(carat(?: .*)?)$`)
	// inlineTold is one in running text.
	inlineTold = regexp.MustCompile("`(carat [a-z][^`]*)`")
	fenced     = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")
)

// commandsTold takes the commands out of the documents and the README: those of blocks, which
// are whole, and those of running text, which may lack arguments.
func commandsTold(t *testing.T) (whole, inText map[string]string) {
	t.Helper()
	whole, inText = map[string]string{}, map[string]string{}
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(files) < 8 {
		t.Fatalf("documents %v: %v", files, err)
	}
	for _, file := range append(files, "../../README.md") {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		for _, block := range fenced.FindAllStringSubmatch(text, -1) {
			if block[1] != "console" && block[1] != "sh" && block[1] != "" {
				continue
			}
			for _, m := range lineTold.FindAllStringSubmatch(strings.ReplaceAll(block[2], "\\\n", " "), -1) {
				whole[m[1]] = file
			}
		}
		for _, m := range inlineTold.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
			if !strings.HasPrefix(m[1], "carat needs ") { // what an error says
				inText[m[1]] = file
			}
		}
	}
	return whole, inText
}

// bare takes from a command of a document what a reader replaces or a shell takes: comments,
// what follows a pipe, &&, ; or a redirection, and places to fill in.
func bare(line string) string {
	for _, end := range []string{"  #", " || ", " | ", " && ", " > ", " 2> ", " < ", "; "} {
		line, _, _ = strings.Cut(line, end)
	}
	return strings.NewReplacer("…", "X", "[", "", "]", "").Replace(strings.TrimSpace(line))
}

// Each command that a document shows is one that carat has: the verb, each of its flags, and
// in a block its arguments too. The stories of walk.md, auditors.md and the SQL of all run
// whole in tests of their own.
func TestCommandsOfTheDocumentsAreKnown(t *testing.T) {
	whole, inText := commandsTold(t)
	if len(whole) < 30 || len(inText) < 60 {
		t.Fatalf("%d commands in blocks and %d in text: this test looks in the wrong place", len(whole), len(inText))
	}
	judge := func(line, file string, arguments bool) {
		words := shellWords(t, bare(line))
		root := newApp([]string{"carat"}, nil, &bytes.Buffer{}, &bytes.Buffer{}).root()
		found, args, err := root.Find(words[1:])
		if err != nil || found == root && len(words) > 1 && !strings.HasPrefix(words[1], "--") && words[1] != "completion" {
			t.Errorf("%s: there is no verb of %q: %v", file, line, err)
			return
		}
		if arguments {
			if err := found.ParseFlags(args); err != nil {
				t.Errorf("%s: %q: %v", file, line, err)
				return
			}
			if found.Args != nil {
				if err := found.Args(found, found.Flags().Args()); err != nil {
					t.Errorf("%s: %q: %v", file, line, err)
				}
			}
			return
		}
		for _, word := range args {
			if name, _, _ := strings.Cut(strings.TrimPrefix(word, "--"), "="); strings.HasPrefix(word, "--") && !hasFlag(found, name) {
				t.Errorf("%s: %q: %s has no flag --%s", file, line, found.CommandPath(), name)
			}
		}
	}
	for line, file := range whole {
		judge(line, file, true)
	}
	for line, file := range inText {
		judge(line, file, false)
	}
}

func hasFlag(cmd *cobra.Command, name string) bool {
	return name == "help" || name == "version" || cmd.Flags().Lookup(name) != nil || cmd.InheritedFlags().Lookup(name) != nil
}
