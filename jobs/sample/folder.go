package sample

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strings"

	"carat/jobs/disk"
	"carat/pipeline"
	"carat/pipeline/sampling"
	"carat/reports/escape"
	"carat/reports/table"
)

// The files of a sample's folder.
const (
	PlanFile      = "sample.json"
	WorksheetFile = "worksheet.csv"
	TraceFile     = "trace.txt"
)

// planForm is the form of sample.json.
const planForm = "carat-sample/1"

// Plan says how a sample was drawn: with the history as it was after Batch and the
// results of Run, whoever reads it draws the same items. Amounts are decimals as
// strings.
type Plan struct {
	Form        string          `json:"form"`
	Period      pipeline.Period `json:"period"`
	Table       string          `json:"table"`
	Unit        string          `json:"unit"`
	Method      string          `json:"method"`
	Size        int             `json:"size"`
	Seed        string          `json:"seed"`
	StrataAsked int             `json:"strata_asked,omitempty"`
	Batch       string          `json:"batch"`
	Run         string          `json:"run_id"`
	Population  PopulationPlan  `json:"population"`
	Interval    string          `json:"interval,omitempty"`
	Start       string          `json:"start,omitempty"`
	Strata      []StratumPlan   `json:"strata,omitempty"`
	Drawn       int             `json:"drawn"`
	DrawnAmount string          `json:"drawn_amount"`
	Items       []string        `json:"items"`
	Query       string          `json:"query"`
	TraceSHA256 string          `json:"trace_sha256"` // of trace.txt

	population *sampling.Population
	sample     sampling.Sample
}

// PopulationPlan is a population's count, total and hash.
type PopulationPlan struct {
	Items          int64  `json:"items"`
	Amount         string `json:"amount"`
	Positive       int64  `json:"positive"`
	PositiveAmount string `json:"positive_amount"`
	Negative       int64  `json:"negative"`
	NegativeAmount string `json:"negative_amount"`
	Nothing        int64  `json:"nothing"`
	// SHA256 goes over "item<TAB>amount in billionths<LF>" of each item, by name.
	SHA256 string `json:"sha256"`
}

// StratumPlan is a stratum's count, and its amounts without signs.
type StratumPlan struct {
	Items  int64  `json:"items"`
	Amount string `json:"amount"`
	Drawn  int64  `json:"drawn"`
}

// count puts the population into the plan.
func (l *Plan) count() {
	p := l.population
	l.Population = PopulationPlan{
		Items: p.Items, Amount: sampling.Text(p.Amount), Positive: p.Positive, PositiveAmount: sampling.Text(p.PositiveAmount),
		Negative: p.Negative, NegativeAmount: sampling.Text(p.NegativeAmount), Nothing: p.Nothing, SHA256: p.Hash(),
	}
}

// tell puts what was drawn into the plan.
func (l *Plan) tell(items []item) {
	l.Items, l.Drawn, l.Strata = nil, len(items), nil
	amount := new(big.Int)
	for _, i := range items {
		l.Items = append(l.Items, i.ID)
		amount.Add(amount, i.Amount)
	}
	l.DrawnAmount = sampling.Text(amount)
	if l.sample.Interval != nil {
		l.Interval, l.Start = sampling.Text(l.sample.Interval), sampling.Text(l.sample.Start)
	}
	for _, s := range l.sample.Strata {
		l.Strata = append(l.Strata, StratumPlan{Items: s.Items, Amount: sampling.Text(s.Amount), Drawn: s.Drawn})
	}
}

// worksheetColumns are those of worksheet.csv: the last two are filled in.
var worksheetColumns = []table.Column{
	{Name: "no", Kind: table.Number}, {Name: "item"}, {Name: "id"}, {Name: "stratum", Kind: table.Number}, {Name: "examine"},
	{Name: "unit"}, {Name: "recorded", Kind: table.Decimal}, {Name: "audited", Kind: table.Decimal}, {Name: "note"},
}

// sheet is the worksheet before anybody filled it in.
func (l *Plan) sheet(items []item) *table.Table {
	sheet := &table.Table{Columns: worksheetColumns}
	for n, i := range items {
		stratum, examine := any(nil), "sampled"
		if i.Stratum > 0 {
			stratum = i.Stratum
		}
		if i.Whole {
			examine = "whole"
		}
		sheet.Rows = append(sheet.Rows, []any{n + 1, i.ID, i.id, stratum, examine, l.Unit, sampling.Text(i.Amount), nil, nil})
	}
	return sheet
}

// write makes the folder, which must not be there, whole or not at all.
func (l *Plan) write(folder string, items []item, traces func(io.Writer) error) (err error) {
	if _, err := os.Lstat(folder); !errors.Is(err, fs.ErrNotExist) {
		return pipeline.Errorf(pipeline.KindUsage, "write", folder, "something is there already").WithHint("name another folder with --out: a sample is never drawn over another")
	}
	next := folder + ".next"
	if err := errors.Join(os.RemoveAll(next), os.MkdirAll(next, 0o700)); err != nil {
		return pipeline.Errorf(pipeline.KindUsage, "make", folder, "%w", disk.Cause(err)).WithHint("choose a folder that you may write to")
	}
	defer func() { err = errors.Join(err, os.RemoveAll(next)) }()
	if err := disk.Write(filepath.Join(next, TraceFile), 0o600, traces); err != nil {
		return err
	}
	// What was traced stands in the plan by its hash, so that evaluate knows the paper again.
	if l.TraceSHA256, err = hashOf(filepath.Join(next, TraceFile)); err != nil {
		return err
	}
	plan, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		return err
	}
	sheet := l.sheet(items)
	var rows bytes.Buffer
	if err := sheet.Write(&rows, "csv"); err != nil {
		return err
	}
	for name, text := range map[string][]byte{PlanFile: append(plan, '\n'), WorksheetFile: rows.Bytes()} {
		if err := disk.WriteText(filepath.Join(next, name), 0o600, text); err != nil {
			return err
		}
	}
	if err := os.Rename(next, folder); err != nil {
		return pipeline.Errorf(pipeline.KindInternal, "make", folder, "%w", disk.Cause(err))
	}
	return nil
}

// heldColumns are those of the worksheet that say what was drawn.
var heldColumns = []string{"id", "stratum", "examine", "unit", "recorded"}

// cells gives what the worksheet says of each item, by item and column.
func (l *Plan) cells(items []item) map[string]map[string]string {
	sheet := l.sheet(items)
	all := map[string]map[string]string{}
	for n, i := range items {
		all[i.ID] = map[string]string{}
		for at, c := range sheet.Columns {
			if v := sheet.Rows[n][at]; v != nil {
				all[i.ID][c.Name] = fmt.Sprint(v)
			}
		}
	}
	return all
}

// sameRow holds a row of the sheet against what was drawn; nil is an item that wasn't.
func sameRow(file string, line int, at map[string]int, row []string, drawn map[string]string) error {
	if drawn == nil {
		return nil
	}
	for _, name := range heldColumns {
		i, has := at[name]
		if !has {
			return pipeline.Errorf(pipeline.KindUsage, "read", file, "it has no column %s", name).WithHint("fill in the worksheet as it was written")
		}
		got, want := strings.TrimSpace(row[i]), drawn[name]
		same := got == want || got == escape.CSVText(want)
		if name == "recorded" {
			v, err := sampling.Parse(got)
			same = err == nil && sampling.Text(v) == want
		}
		if !same {
			return pipeline.Errorf(pipeline.KindVerification, "project", file, "line %d: %s is %q, drawn was %q", line, name, got, want).
				WithHint("put back what was drawn (spreadsheets rewrite long numbers), or draw the sample again into another folder and copy audited")
		}
	}
	return nil
}

// hashOf gives the SHA-256 of a file, in hexadecimal.
func hashOf(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// readPlan reads a folder's sample.json.
func readPlan(folder string) (l Plan, err error) {
	file := filepath.Join(folder, PlanFile)
	text, err := os.ReadFile(file)
	if err != nil {
		return l, pipeline.Errorf(pipeline.KindUsage, "read", file, "%w", disk.Cause(err)).WithHint("name the folder that `carat sample` wrote")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&l); err != nil || l.Form != planForm {
		return l, pipeline.Errorf(pipeline.KindUsage, "read", file, "it is no sample of the form %s", planForm).WithHint("draw it again")
	}
	return l, nil
}

// readWorksheet gives the audited amount of each item, in the order in which they were
// drawn. A sheet that says something else of an item than was drawn is an error: it is the
// paper that the conclusion is read beside.
func readWorksheet(folder string, plan *Plan, items []item) (found []sampling.Finding, err error) {
	file := filepath.Join(folder, WorksheetFile)
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindUsage, "read", file, "%w", disk.Cause(err)).WithHint("it is one of the files that `carat sample` wrote")
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	r := csv.NewReader(bytes.NewReader(text))
	if head, _, _ := bytes.Cut(text, []byte("\n")); bytes.Count(head, []byte(";")) > bytes.Count(head, []byte(",")) {
		r.Comma = ';' // as spreadsheets of half the world write it
	}
	rows, err := r.ReadAll()
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindUsage, "read", file, "%w", err)
	}
	at := map[string]int{}
	if len(rows) > 0 {
		for i, name := range rows[0] {
			at[strings.TrimSpace(name)] = i
		}
	}
	itemAt, hasItem := at["item"]
	auditedAt, hasAudited := at["audited"]
	if !hasItem || !hasAudited {
		return nil, pipeline.Errorf(pipeline.KindUsage, "read", file, "it has no columns item and audited").WithHint("fill in the worksheet as it was written")
	}
	asDrawn := plan.cells(items)
	audited := map[string]*big.Int{}
	for n, row := range rows[1:] {
		name, text := strings.TrimSpace(row[itemAt]), strings.TrimSpace(row[auditedAt])
		if _, twice := audited[name]; twice {
			return nil, pipeline.Errorf(pipeline.KindUsage, "read", file, "line %d: item %s stands in it twice", n+2, name)
		}
		if err := sameRow(file, n+2, at, row, asDrawn[name]); err != nil {
			return nil, err
		}
		if text == "" {
			continue
		}
		v, err := sampling.Parse(text)
		if err != nil {
			return nil, pipeline.Errorf(pipeline.KindUsage, "read", file, "line %d: audited %q is %w", n+2, text, err)
		}
		audited[name] = v
	}
	missing := ""
	for _, i := range items {
		v := audited[i.ID]
		if v == nil {
			if missing == "" {
				missing = i.ID
			}
			continue
		}
		delete(audited, i.ID)
		found = append(found, sampling.Finding{Drawn: i.Drawn, Audited: v})
	}
	if missing != "" {
		return nil, pipeline.Errorf(pipeline.KindUsage, "project", file, "audited is empty for %d of %d drawn, first for %s", len(items)-len(found), len(items), missing).
			WithHint("fill in audited for each: the recorded amount where nothing is wrong, 0 where the item shouldn't be")
	}
	for name := range audited {
		return nil, pipeline.Errorf(pipeline.KindUsage, "project", file, "item %s was not drawn", name).WithHint("only what was drawn says something about the rest")
	}
	return found, nil
}
