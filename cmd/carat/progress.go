package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"carat/jobs/books"
)

// The look of the progress bar.
const (
	barCells    = 24
	barInterval = 100 * time.Millisecond // between two drawings
	barWidth    = 78                     // columns that a drawing may take
)

// progress shows what a job tells: on a terminal one line that is redrawn,
// elsewhere a line per finished object. Notes are lines in both.
type progress struct {
	w        io.Writer
	terminal bool
	quiet    bool // objects of an ingest, which may be many, are no lines
	clock    func() time.Time
	drawn    time.Time
	open     bool // a drawing stands on the line
}

func (a *app) progress() *progress {
	return &progress{w: a.stderr, terminal: a.terminal, clock: a.clock}
}

// tell is the jobs.Progress of this display.
func (p *progress) tell(e books.Event) {
	switch {
	case e.Note != "":
		p.clear()
		fmt.Fprintln(p.w, "carat: "+printableLine(strings.TrimSpace(e.Step+" "+e.Object)+": "+e.Note))
	case !p.terminal:
		if e.Finished && !(p.quiet && e.Step == "ingest") {
			fmt.Fprintln(p.w, "carat: "+printableLine(strings.TrimSpace(e.Step+" "+e.Object)+": "+amount(e)))
		}
	default:
		p.draw(e)
	}
}

func (p *progress) draw(e books.Event) {
	now := p.clock()
	if !e.Finished && p.open && now.Sub(p.drawn) < barInterval {
		return
	}
	p.drawn, p.open = now, true
	line := e.Step + " " + bar(e) + " " + e.Object
	if e.Total == 0 {
		line = e.Step + " " + e.Object + " " + amount(e)
	}
	runes := []rune(printableLine(line))
	if len(runes) > barWidth {
		runes = append(runes[:barWidth-1], '…')
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s", string(runes))
}

// clear takes the drawing away, so that other lines stand alone.
func (p *progress) clear() {
	if p.open {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.open = false
	}
}

func bar(e books.Event) string {
	done := min(max(e.Done, 0), e.Total)
	cells := int(done * barCells / max(e.Total, 1))
	return fmt.Sprintf("[%s%s] %3d%%", strings.Repeat("#", cells), strings.Repeat(".", barCells-cells), done*100/max(e.Total, 1))
}

func amount(e books.Event) string {
	if e.Unit == "" {
		return "done"
	}
	return numbered(e.Done, e.Unit)
}

// numbered says how many there are of what is named in the plural.
func numbered(n int64, unit string) string {
	if n == 1 {
		return "1 " + strings.TrimSuffix(unit, "s")
	}
	return grouped(n) + " " + unit
}

// grouped writes a number with commas, for people.
func grouped(n int64) string {
	s := fmt.Sprint(n)
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}
