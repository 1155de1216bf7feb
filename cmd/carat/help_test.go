package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// told gives what carat writes to stdout for arguments that it must accept.
func told(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(t.Context(), append([]string{"carat"}, args...), nil, &out, &errs); code != 0 {
		t.Fatalf("%v: exit code %d: %s", args, code, &errs)
	}
	return out.String()
}

// verbs are all verbs and those below them, without help.
func verbs(t *testing.T) []*cobra.Command {
	t.Helper()
	list := everyVerb(newApp([]string{"carat"}, nil, &bytes.Buffer{}, &bytes.Buffer{}).root())[1:]
	return slices.DeleteFunc(list, func(c *cobra.Command) bool { return c.Name() == "help" })
}

func TestHelpFitsATerminal(t *testing.T) {
	texts := map[string]string{"": told(t)}
	for _, cmd := range verbs(t) {
		path := strings.Fields(cmd.CommandPath())[1:]
		texts[cmd.CommandPath()] = told(t, append(path, "--help")...)
	}
	for path, text := range texts {
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 {
				t.Errorf("%s --help: %d columns: %s", path, n, line)
			}
		}
	}
}

func TestEveryVerbHasAGroupAndIsListed(t *testing.T) {
	help := told(t, "help")
	for _, cmd := range verbs(t) {
		if cmd.Parent().HasParent() {
			continue // exceptions show: its verb's help lists it
		}
		if cmd.GroupID == "" || !strings.Contains(help, "\n  "+cmd.Name()+" ") {
			t.Errorf("%s stands in no group of the help", cmd.Name())
		}
	}
}

// Every verb has examples, and each is one that carat takes: the verb, its flags
// and its arguments are there, and formats are its own.
func TestExamplesAreTaken(t *testing.T) {
	for _, cmd := range verbs(t) {
		if cmd.Example == "" {
			t.Errorf("%s has no example", cmd.CommandPath())
		}
		for line := range strings.Lines(cmd.Example) {
			words := shellWords(t, strings.TrimSpace(line))
			root := newApp([]string{"carat"}, nil, &bytes.Buffer{}, &bytes.Buffer{}).root()
			found, args, err := root.Find(words[1:])
			if words[0] != "carat" || err != nil || !strings.HasPrefix(found.CommandPath(), cmd.CommandPath()) {
				t.Errorf("%s: %s is another verb's: %v", cmd.CommandPath(), line, err)
				continue
			}
			if err := found.ParseFlags(args); err != nil {
				t.Errorf("%s: %v", line, err)
				continue
			}
			if found.Args != nil {
				if err := found.Args(found, found.Flags().Args()); err != nil {
					t.Errorf("%s: %v", line, err)
				}
			}
			if found.PreRunE != nil {
				if err := found.PreRunE(found, nil); err != nil {
					t.Errorf("%s: %v", line, err)
				}
			}
		}
	}
}

// shellWords takes a command apart as a shell does, up to a redirection.
func shellWords(t *testing.T, line string) []string {
	t.Helper()
	var words []string
	word, quote, inWord := "", rune(0), false
	for _, r := range line + " " {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\''):
			quote, inWord = r, true
		case quote == 0 && r == ' ':
			if inWord {
				words = append(words, word)
			}
			word, inWord = "", false
		default:
			word, inWord = word+string(r), true
		}
	}
	if quote != 0 {
		t.Fatalf("a quote is left open: %s", line)
	}
	if i := slices.Index(words, ">"); i >= 0 {
		words = words[:i]
	}
	return words
}
