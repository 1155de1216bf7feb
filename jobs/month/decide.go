package month

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"carat/jobs/books"
	"carat/jobs/disk"
	"carat/jobs/exceptions"
	"carat/jobs/names"
	"carat/pipeline"
	"carat/pipeline/certificate"
	"carat/pipeline/decision"
	"carat/pipeline/spelling"
	"carat/reports/escape"
)

// Bounds of a file of decisions.
const (
	decisionFileBytes = 64 << 20
	ownerBytesMax     = 100
	noteBytesMax      = 1000
	decisionErrorsMax = 20 // of which are told; the rest is counted
)

// DecideOptions say which file of decisions to take in.
type DecideOptions struct {
	books.Setting
	File string
	// Text is what such a file holds, where there is none; File says where it comes from.
	Text []byte
	// Seen says of exceptions what whoever decides was looking at. Where it is another by
	// now, nothing is decided.
	Seen map[string]Seen
}

// Seen is what somebody saw of an exception before they decided.
type Seen struct {
	Decided    time.Time // when somebody last decided about it; zero: nobody has
	Difference string    // as the run in force says; "" where it says none
}

// DecideResult says what was taken in.
type DecideResult struct {
	Rows      int // of the file
	Decisions int // that are new; the others say what was decided before
	Ignored   []string
}

// Decide takes in decisions about exceptions: a CSV as the export writes it,
// of which exception_id, status, until, owner, note, value, source and matched are read. All of it or
// nothing: every row that is wrong is an error with FILE:LINE.
func Decide(ctx context.Context, o DecideOptions) (result *DecideResult, err error) {
	if err := books.WantLake(o.Setting); err != nil {
		return nil, err
	}
	text, err := o.Text, error(nil)
	if text == nil {
		if text, err = readDecisions(o.File); err != nil {
			return nil, err
		}
	}
	return books.Locked(ctx, o.Setting, books.RightDecide, "", func(p *books.Books, job *books.Job) (result *DecideResult, err error) {
		if names.Same(o.By.User, books.SchedulerUser) {
			return nil, pipeline.Refusef("import", o.File, "the scheduler decides nothing")
		}
		job.Took(filepath.Base(o.File) + " " + certificate.SHA256Text(text))
		grants, err := p.Grants(ctx, o.Setting)
		if err != nil {
			return nil, err
		}
		f := &decisionFile{name: filepath.Base(o.File), today: books.Day(o.Now, o.Config.Zone), limits: limitsOf(o.Setting, grants), entities: grants.Entities(o.By, books.RightDecide), material: materialityOf(o.Setting), tolerance: o.Config.Tolerance}
		if err := f.parse(text); err != nil {
			return nil, err
		}
		known, err := knownExceptions(ctx, p, o.Setting)
		if err != nil {
			return nil, err
		}
		if err := unmoved(ctx, p, o.Seen, known); err != nil {
			return nil, err
		}
		current, err := p.State.Decisions(ctx)
		if err != nil {
			return nil, err
		}
		if f.rebooked, err = readRebooked(ctx, p, o.Setting, f.rows, known); err != nil {
			return nil, err
		}
		if f.matches, err = readMatches(ctx, p, o.Setting, f.rows); err != nil {
			return nil, err
		}
		fresh := f.judge(known, current)
		if err := f.err(); err != nil {
			return nil, err
		}
		fresh = append(fresh, f.matches.replaced...)
		for i := range fresh {
			fresh[i].By, fresh[i].OSUser, fresh[i].At = o.By.User, o.By.OSUser, o.Now
		}
		if err := recordDecisions(ctx, p, o.Setting, fresh, known); err != nil {
			return nil, err
		}
		return &DecideResult{Rows: len(f.rows), Decisions: len(fresh), Ignored: f.ignored}, nil
	})
}

// unmoved is a busy error when an exception is not any more what somebody saw of it:
// somebody else decided about it meanwhile, or a run found another amount.
func unmoved(ctx context.Context, p *books.Books, saw map[string]Seen, known map[string]knownException) error {
	if len(saw) == 0 {
		return nil
	}
	current, err := p.State.Decisions(ctx)
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(saw)) {
		one := saw[id]
		if last, ok := current[id]; ok && last.At.UnixMicro() != one.Decided.UnixMicro() {
			return pipeline.Errorf(pipeline.KindBusy, "decide", id, "%s decided about it meanwhile, on %s: %s", last.By, last.At.UTC().Format(time.RFC3339), strings.TrimSpace(last.Status+" "+last.Note)).
				WithHint("look at it again; nothing was changed")
		}
		k := known[id].shown(map[string]string{"difference": one.Difference})
		if n := len(k.seen); n > 0 && !decision.SameNumber(k.seen[n-1].difference, one.Difference) {
			return pipeline.Errorf(pipeline.KindBusy, "decide", id, "its difference is %s by now, and was %s", k.seen[n-1].difference, one.Difference).
				WithHint("look at it again; nothing was changed")
		} else if n > 0 {
			known[id] = k
		}
	}
	return nil
}

func readDecisions(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindNotFound, "open", file, "%w", disk.Cause(err))
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, decisionFileBytes+1))
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindBadInput, "read", file, "%w", disk.Cause(err))
	}
	if len(text) > decisionFileBytes {
		return nil, pipeline.Errorf(pipeline.KindBadInput, "read", file, "longer than %d MiB; this is no file of decisions", decisionFileBytes>>20)
	}
	return text, nil
}

// knownException is an exception that some run found, as far as it says what
// can be decided.
type knownException struct {
	control   string
	severity  string
	subject   string
	needsRate bool
	standing  pipeline.Period // in whose run it was last seen
	entity    string
	seen      []seen          // what the runs said of it, those in force last, of these the earliest open month's
	period    pipeline.Period // the earliest open one in whose run it stands or stood; "" when each is closed
}

// knownExceptions gives every exception that any run found, by its id.
func knownExceptions(ctx context.Context, p *books.Books, s books.Setting) (map[string]knownException, error) {
	known := map[string]knownException{}
	held, err := p.Lake.Table(ctx, books.TableExceptions, books.Latest)
	if err != nil {
		if pipeline.KindOf(err) == pipeline.KindNotFound {
			return known, nil // nothing was reconciled yet
		}
		return nil, err
	}
	closed, err := p.Closures(ctx, s.Config)
	if err != nil {
		return nil, err
	}
	t, err := p.Query(ctx, s.Config, books.Latest, "select exception_id, min(control), min(subject_id), min(severity), min(reason), min(case when period >= "+pipeline.SQLText(string(closed.EarliestOpen()))+" then period end) from "+
		books.TableExceptions+" group by exception_id order by exception_id", books.TableExceptions)
	if err != nil {
		return nil, err
	}
	states, err := p.State.Periods(ctx)
	if err != nil {
		return nil, err
	}
	current := []string{"''"}
	for _, one := range states {
		current = append(current, pipeline.SQLText(one.RunID))
	}
	inForce := "run_id in (" + strings.Join(current, ", ") + ")"
	open := "(" + inForce + " and period >= " + pipeline.SQLText(string(closed.EarliestOpen())) + ")"
	amounts, err := p.Query(ctx, s.Config, books.Latest, "select exception_id, subject_id, cast(expected as varchar), cast(actual as varchar), cast(difference as varchar), unit, cast("+books.Exposure(held)+" as varchar), period, entity, "+inForce+", cast("+strings.Join(moreCells, " as varchar), cast(")+" as varchar) from "+books.TableExceptions+
		" order by exception_id, "+inForce+", "+open+", case when "+open+" then '' else period end, period desc, run_id", books.TableExceptions)
	if err != nil {
		return nil, err
	}
	said, entities := map[string][]seen{}, map[string]string{}
	for _, row := range amounts.Rows {
		text := func(i int) string { t, _ := row[i].(string); return t }
		cells := make([]string, len(moreCells))
		for i := range cells {
			cells[i] = text(10 + i)
		}
		inForce, _ := row[9].(bool)
		said[text(0)] = append(said[text(0)], seen{text(1), text(2), text(3), text(4), text(5), text(6), cells, pipeline.Period(text(7)), inForce})
		entities[text(0)] = text(8)
	}
	for _, row := range t.Rows {
		control := row[1].(string)
		reason, _ := row[4].(string)
		period, _ := row[5].(string)
		all := said[row[0].(string)]
		known[row[0].(string)] = knownException{control: control, severity: row[3].(string), subject: row[2].(string), seen: all, standing: all[len(all)-1].period, entity: entities[row[0].(string)],
			needsRate: books.NeedsRate(control, row[3].(string), reason), period: pipeline.Period(period)}
	}
	return known, nil
}

// decisionFile is a file of decisions while it is read.
type decisionFile struct {
	name      string
	today     string
	rows      []decisionRow
	ignored   []string // columns
	problems  []error
	limits    waiverLimits // of whoever decides
	entities  []string     // to which whoever decides is limited; none: to none
	material  materiality
	tolerance func(unit string) string // how far amounts may differ and are the same
	matches   matchesKnown
	rebooked  rebooked
}

type decisionRow struct {
	line  int
	shown map[string]string // cells of the export that tell which exception it is
	decision.Decision
}

// decisionColumnsRead are those that are taken from the file; the others are
// there for whoever decides.
var decisionColumnsRead = []string{"exception_id", "status", "until", "owner", "note", "value", "source", "matched"}

func (f *decisionFile) problem(line int, format string, args ...any) {
	f.problems = append(f.problems, pipeline.Errorf(pipeline.KindBadInput, "import", fmt.Sprintf("%s:%d", f.name, line), format, args...))
}

// err joins the problems; past a bound they are counted.
func (f *decisionFile) err() error {
	if n := len(f.problems); n > decisionErrorsMax {
		rest := pipeline.Errorf(pipeline.KindBadInput, "import", f.name, "%d more problems", n-decisionErrorsMax)
		return errors.Join(append(slices.Clone(f.problems[:decisionErrorsMax]), rest.WithHint("nothing was imported"))...)
	}
	if n := len(f.problems); n > 0 {
		if last, ok := f.problems[n-1].(*pipeline.Error); ok && last.Hint == "" {
			f.problems[n-1] = last.WithHint("nothing was imported: mend the lines and import the file again")
		}
	}
	return errors.Join(f.problems...)
}

// parse reads the rows. What it returns is an error of the file as a whole;
// those of rows are noted.
func (f *decisionFile) parse(text []byte) error {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	bad := func(format string, args ...any) *pipeline.Error {
		return pipeline.Errorf(pipeline.KindBadInput, "import", f.name, format, args...)
	}
	if !utf8.Valid(text) {
		return bad("not UTF-8").WithHint("save it as CSV UTF-8")
	}
	r := csv.NewReader(bytes.NewReader(text))
	first, _, _ := bytes.Cut(text, []byte("\n"))
	if bytes.Contains(first, []byte(";")) && !bytes.Contains(first, []byte(",")) {
		r.Comma = ';' // as spreadsheets write where the comma is the decimal point
	}
	header, err := r.Read()
	if err != nil {
		return f.csvError(err)
	}
	at := map[string]int{}
	for i, name := range header {
		if _, twice := at[name]; twice {
			return bad("column %q is there twice", name)
		}
		at[name] = i
		if !slices.Contains(decisionColumnsRead, name) && !slices.Contains(exceptions.Columns, name) {
			f.ignored = append(f.ignored, name)
		}
	}
	for _, name := range decisionColumnsRead[:2] {
		if _, ok := at[name]; !ok {
			return bad("column %s is missing", name).WithHint("`carat exceptions --export %s` writes such a file", f.name)
		}
	}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return f.csvError(err)
		}
		line, _ := r.FieldPos(0)
		f.row(line, record, header, at)
	}
}

func (f *decisionFile) csvError(err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return pipeline.Errorf(pipeline.KindBadInput, "import", fmt.Sprintf("%s:%d", f.name, parse.Line), "not CSV: %w", parse.Err).
			WithHint("nothing was imported; `carat exceptions --export FILE` writes such a file")
	}
	if errors.Is(err, io.EOF) {
		err = errors.New("it is empty")
	}
	return pipeline.Errorf(pipeline.KindBadInput, "import", f.name, "%w", err).
		WithHint("`carat exceptions --export %s` writes such a file", f.name)
}

// negative is a number as the export writes it: no formula, though a
// spreadsheet takes it for one.
var negative = regexp.MustCompile(`^-[0-9]+(\.[0-9]+)?$`)

// row takes the cells of one row, the apostrophe of those that the export
// neutralised taken away. A formula in any cell is a problem.
func (f *decisionFile) row(line int, record, header []string, at map[string]int) {
	plain := make([]string, len(record))
	for i, cell := range record {
		text, ok := escape.PlainCell(cell)
		if !ok && !(negative.MatchString(cell) && !slices.Contains(decisionColumnsRead, header[i])) {
			f.problem(line, "column %s: %q begins as a formula does; a text that really begins so has an apostrophe before it", header[i], pipeline.CutText(cell))
			return
		}
		plain[i] = text
	}
	cell := func(name string) string {
		if i, ok := at[name]; ok {
			return strings.TrimSpace(plain[i])
		}
		return ""
	}
	d := decision.Decision{ExceptionID: cell("exception_id"), Status: cell("status"), Until: cell("until"), Owner: cell("owner"), Note: cell("note"),
		Value: cell("value"), Source: cell("source"), Matched: cell("matched")}
	if d == (decision.Decision{}) {
		return // a blank line of a spreadsheet
	}
	shown := map[string]string{}
	for _, name := range shownCells {
		if _, has := at[name]; has {
			shown[name] = cell(name)
		}
	}
	f.rows = append(f.rows, decisionRow{line, shown, d})
}

// judge checks the rows and gives the decisions that are new.
func (f *decisionFile) judge(known map[string]knownException, current map[string]decision.Decision) []decision.Decision {
	fresh := []decision.Decision{}
	seen := map[string]int{}
	for _, row := range f.rows {
		d, now := row.Decision, current[row.ExceptionID]
		if before, twice := seen[d.ExceptionID]; twice {
			f.problem(row.line, "exception %s is decided in line %d already", d.ExceptionID, before)
			continue
		}
		seen[d.ExceptionID] = row.line
		about, ok := known[d.ExceptionID]
		if !ok {
			f.problem(row.line, "no exception has the id %q", pipeline.CutText(d.ExceptionID))
			continue
		}
		if len(f.entities) > 0 && !slices.Contains(f.entities, about.entity) {
			f.problem(row.line, "exception %s is of entity %s, and you decide for %s alone", d.ExceptionID, about.entity, strings.Join(f.entities, " and "))
			continue
		}
		if column, ok := about.isAbout(row.shown); !ok {
			f.problem(row.line, "this row shows another exception than its id %s names: %s is %q there; was the sheet sorted without the ids?", d.ExceptionID, column,
				pipeline.CutText(row.shown[column]))
			continue
		}
		about = about.shown(row.shown)
		known[d.ExceptionID] = about // whose amounts are kept with the decision
		listed := exceptions.ListedStatus(now, f.today)
		if d.Status == decision.Moved && listed != decision.Open {
			listed = decision.Moved // as the list says it, and so nobody decided anew
		} else if n := len(about.seen); n > 0 && listed != decision.Open && (now.HasMoved(about.seen[n-1].difference, about.seen[n-1].unit, f.tolerance(about.seen[n-1].unit)) || !now.HoldsIn(about.control, about.standing)) {
			listed = decision.Open // by the same words it is decided anew, about another amount or month
		}
		if d.Status == listed && d.Until == now.Until && d.Owner == now.Owner && d.Note == now.Note &&
			d.Value == now.Value && d.Source == now.Source && d.Matched == now.Matched {
			continue
		}
		if f.rowIsGood(row.line, d, now, about) && f.inputsAreGood(row.line, &d, now, about) {
			fresh = append(fresh, d.For(about.control, about.standing))
		}
	}
	f.wantTogether(fresh, seen, known, current)
	return fresh
}

func (f *decisionFile) rowIsGood(line int, d, now decision.Decision, about knownException) bool {
	before := len(f.problems)
	f.wantNote(line, d)
	switch {
	case !slices.Contains(decision.Statuses, d.Status):
		f.problem(line, "status %q is not one of %s", pipeline.CutText(d.Status), strings.Join(decision.Statuses, ", "))
	case d.Status != decision.Waived && d.Until != "" && d.Until != now.Until:
		f.problem(line, "until belongs to a waiver, and the status is %s", d.Status)
	case d.Status == decision.Waived && d.Until == "":
		f.problem(line, "a waiver needs a day in until, such as 2026-12-31")
	case d.Status == decision.Waived:
		f.checkWaiver(line, d, about)
	}
	for _, c := range []struct {
		name, text string
		most       int
	}{{"owner", d.Owner, ownerBytesMax}, {"note", d.Note, noteBytesMax}, {"source", d.Source, ownerBytesMax}} {
		if len(c.text) > c.most {
			f.problem(line, "%s is longer than %d bytes", c.name, c.most)
		}
		if err := spelling.CheckText(c.text, true); err != nil {
			f.problem(line, "%s: %w", c.name, err)
		} else if c.text != "" && !spelling.Says(c.text) && !(c.name == "note" && wantsNote(d)) { // that it is missing is told
			f.problem(line, "%s: it has no letter or digit that can be seen", c.name)
		}
	}
	return len(f.problems) == before
}

// rateIsGood checks what is said of exchange rates: a missing one is decided by
// a rate and by nothing else, and nothing else is decided by a rate. It gives
// the decision its pair and month.
func (f *decisionFile) rateIsGood(line int, d *decision.Decision, now decision.Decision, about knownException) bool {
	before := len(f.problems)
	switch {
	case d.Status == decision.Rate && about.control != books.ControlRates:
		f.problem(line, "status rate belongs to an exception of %s, and this is one of %s", books.ControlRates, about.control)
	case d.Status == decision.Rate && about.period == "":
		f.problem(line, "the months that needed %s are closed, and keep the rates of their certificates", about.subject)
	case d.Status == decision.Rate:
		if problem := d.CheckRate(); problem != "" {
			f.problem(line, "%s", problem)
		} else if !spelling.Says(d.Note) || !spelling.Says(d.Source) {
			f.problem(line, "a rate needs a note and a source: why this one was taken, and whose it is; one has no letter or digit that can be seen")
		}
		d.Rate, d.Period = about.subject, about.period
	case d.Status != decision.Open && about.needsRate:
		f.problem(line, "no rate %s: amounts that nobody knows are neither explained nor waived; ingest the rate, or set status to rate, with value, source and note", about.subject)
	case d.Value != "" && d.Value != now.Value || d.Source != "" && d.Source != now.Source:
		f.problem(line, "value and source belong to a rate, and the status is %s", d.Status)
	default:
		d.Value, d.Source = "", ""
	}
	return len(f.problems) == before
}

// inputsAreGood checks what a decision says besides words: a rate, a match, or the
// row that came in place of one that was not taken.
func (f *decisionFile) inputsAreGood(line int, d *decision.Decision, now decision.Decision, about knownException) bool {
	if about.control == controlRejects {
		return f.rejectIsGood(line, d)
	}
	return f.rateIsGood(line, d, now, about) && f.matchIsGood(line, d, now, about)
}
