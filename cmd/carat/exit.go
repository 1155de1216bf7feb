package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"carat/pipeline"
	"carat/pipeline/postgres"
	"carat/pipeline/spelling"
)

// exitInterrupted is the code of a run that a signal ended, as shells have it for
// ^C: 128 and the number of SIGINT.
const exitInterrupted = 130

// Exit codes. They are a contract with the programs that call carat; each is
// the number of a pipeline.Kind, and 0 is done.
var exitCodes = map[pipeline.Kind]int{
	pipeline.KindInternal:     1,
	pipeline.KindUsage:        2,
	pipeline.KindBadInput:     3,
	pipeline.KindBlocked:      4,
	pipeline.KindLocked:       5,
	pipeline.KindNotFound:     6,
	pipeline.KindVerification: 7,
	pipeline.KindBusy:         8,
}

// finish prints the error, if there is one, and gives the exit code. An error
// that joins several is printed as several.
func (a *app) finish(err error) int {
	if err == nil {
		return 0
	}
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(a.stderr, "carat: interrupted: nothing was left half-written; run the same command again")
		return exitInterrupted
	}
	err = postgres.Denied(postgres.Busy(err))
	said := hasNext(err)
	all := parts(err)
	for i, e := range all {
		// The step of several is told once, with the last; each file has its own.
		if !said && (i == len(all)-1 || pipeline.KindOf(e) == pipeline.KindBadInput) {
			e = withNext(e, a.verb)
		}
		fmt.Fprintln(a.stderr, "carat: "+strings.ReplaceAll(printable(spelling.Redact(e.Error(), a.secrets...)), "\n", "\n  "))
	}
	return exitCodes[pipeline.KindOf(err)]
}

// parts takes a joined error apart.
func parts(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var list []error
	for _, e := range joined.Unwrap() {
		list = append(list, parts(e)...)
	}
	return list
}

// printable keeps what a file put into an error from steering the terminal, or
// from turning the line around.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return ' '
		}
		control := r != '\n' && (r < ' ' || r >= 0x7f && r < 0xa0)
		turn := r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
		if control || turn {
			return '\uFFFD'
		}
		return r
	}, text)
}

// printableLine is printable for what stands on a line of its own: a name with a
// line end in it can't pass for a message of carat.
func printableLine(text string) string {
	return strings.ReplaceAll(printable(text), "\n", "\uFFFD")
}

func usage(format string, args ...any) *pipeline.Error {
	return pipeline.Errorf(pipeline.KindUsage, "parse", "arguments", format, args...)
}

// flagError says which flag was meant.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	e := usage("%w", err)
	if errors.As(err, &invalid) {
		e = usage("--%s: %q is not %s", invalid.GetFlag().Name, invalid.GetValue(), kindOfFlag(invalid.GetFlag()))
	}
	if !errors.As(err, &unknown) {
		return e.WithHint("see `%s --help`", cmd.CommandPath())
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if meant := pipeline.Closest(unknown.GetSpecifiedName(), names); meant != "" {
		return e.WithHint("did you mean --%s?", meant)
	}
	return e.WithHint("see `%s --help`", cmd.CommandPath())
}

// kindOfFlag says what a flag takes, in words.
func kindOfFlag(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "int", "int64":
		return "a whole number"
	case "uint", "uint64":
		return "a whole number, at least 0"
	default:
		return "a " + f.Value.Type()
	}
}

func unknownVerb(root *cobra.Command, name string) error {
	var names []string
	for _, c := range root.Commands() {
		names = append(names, c.Name())
	}
	slices.Sort(names)
	e := usage("unknown verb %q", name)
	if meant := pipeline.Closest(name, names); meant != "" {
		return e.WithHint("did you mean `carat %s`?", meant)
	}
	return e.WithHint("verbs are %s", strings.Join(names, ", "))
}

// noArguments refuses arguments behind a verb that takes none.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usage("%s takes no argument, got %q", cmd.CommandPath(), args[0]).WithHint("see `%s --help`", cmd.CommandPath())
}

// parsePeriod reads --period, which must be given.
func parsePeriod(cmd *cobra.Command, text string) (pipeline.Period, error) {
	if text == "" {
		return "", usage("--period is missing").WithHint("for example `%s --period 2026-10`", cmd.CommandPath())
	}
	p, err := pipeline.ParsePeriod(text)
	if err != nil {
		return "", usage("--period: %w", err)
	}
	return p, nil
}

// chosen checks that a flag has one of the allowed values.
func chosen(flag, value string, allowed ...string) error {
	for _, a := range allowed {
		if value == a {
			return nil
		}
	}
	e := usage("--%s: %q is not one of %s", flag, value, strings.Join(allowed, ", "))
	if meant := pipeline.Closest(value, allowed); meant != "" {
		return e.WithHint("did you mean %s?", meant)
	}
	return e
}

// isTerminal says whether w is a terminal that can redraw a line.
func isTerminal(w any, env []string) bool {
	if _, ok := w.(*screen); ok {
		return true
	}
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	for _, e := range env {
		if e == "TERM=dumb" || strings.HasPrefix(e, "CI=") && e != "CI=" {
			return false
		}
	}
	return isatty.IsTerminal(f.Fd())
}
