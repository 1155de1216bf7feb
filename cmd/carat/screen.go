package main

import (
	"bytes"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"carat/reports/table"
)

// screenColumns is how wide a terminal is taken to be that doesn't say.
const screenColumns = 80

// screen is a terminal that text is written to: lines that are wider go on in the
// next one. What goes into a file or another program is never wrapped.
type screen struct {
	w       io.Writer
	columns int
	begun   []byte // a line that isn't whole yet
}

// onScreen gives what to write to: w itself where it is no terminal.
func onScreen(w io.Writer, env []string) io.Writer {
	if !isTerminal(w, env) {
		return w
	}
	columns := screenColumns
	if f, ok := w.(*os.File); ok {
		if wide := terminalColumns(f); wide > 0 {
			columns = wide
		}
	}
	return &screen{w: w, columns: columns}
}

// Columns is how wide a line may be: tables are laid out for it.
func (s *screen) Columns() int { return s.columns }

// Write writes the lines that are whole, wrapped. What moves the cursor is written
// as it is.
func (s *screen) Write(p []byte) (int, error) {
	if bytes.ContainsAny(p, "\r\x1b") {
		if err := s.flush(); err != nil {
			return 0, err
		}
		return s.w.Write(p)
	}
	s.begun = append(s.begun, p...)
	end := bytes.LastIndexByte(s.begun, '\n')
	if end < 0 {
		return len(p), nil
	}
	var b strings.Builder
	for line := range strings.Lines(string(s.begun[:end+1])) {
		for _, part := range wrapLine(strings.TrimSuffix(line, "\n"), s.columns) {
			b.WriteString(part)
			b.WriteByte('\n')
		}
	}
	s.begun = append(s.begun[:0], s.begun[end+1:]...)
	if _, err := io.WriteString(s.w, b.String()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// flush writes a line that was begun and will not be ended.
func (s *screen) flush() error {
	_, err := s.w.Write(s.begun)
	s.begun = nil
	return err
}

// wrapLine parts a line into lines of at most so many columns. They stand below
// its text: in a tree beside its branches.
func wrapLine(line string, columns int) []string {
	if len(line) <= columns { // bytes are at least as many as columns
		return []string{line}
	}
	text := strings.TrimLeft(line, " │├└─")
	first := line[:len(line)-len(text)]
	rest := strings.NewReplacer("├", "│", "└", " ", "─", " ").Replace(first)
	if rest == "" || strings.ContainsAny(first, "├└") {
		rest += "  "
	}
	if bullet, ok := strings.CutPrefix(text, "- "); ok {
		first, rest, text = first+"- ", strings.Repeat(" ", len(first)+2), bullet
	}
	room := columns - len([]rune(rest))
	if room < screenColumns/4 {
		return []string{line} // so deep in a tree that wrapping helps nobody
	}
	parts := table.Wrap(text, room)
	for i := range parts {
		if i == 0 {
			parts[i] = first + parts[i]
		} else {
			parts[i] = rest + parts[i]
		}
	}
	return parts
}

// plainForPrograms takes the screen away from formats that programs read: their
// lines are what they are, also on a terminal.
func (a *app) plainForPrograms(cmd *cobra.Command) {
	s, ok := a.stdout.(*screen)
	if !ok {
		return
	}
	if f := cmd.Flags().Lookup("format"); cmd.Name() == "completion" || f != nil && f.Value.Type() == "string" && f.Value.String() != "table" && f.Value.String() != "tree" {
		a.stdout = s.w
	}
}

// flushScreens writes what was begun on the screens.
func (a *app) flushScreens() {
	for _, w := range []io.Writer{a.stdout, a.stderr} {
		if s, ok := w.(*screen); ok {
			_ = s.flush() // nobody is left to be told
		}
	}
}
