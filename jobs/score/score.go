package score

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"slices"
	"strings"

	"carat/pipeline"
)

// Finding is a fault: planted, or found. Fault is its kind, a control's name; Kind and ID
// say what it is about. Difference and Unit are what is wrong by how much; a tool that
// doesn't tell leaves them empty. Period is where several months are compared.
type Finding struct {
	Period, Fault, Kind, ID, Difference, Unit string
	Carried                                   bool // must be found in every later month too
}

// Kind is how one kind of fault went.
type Kind struct {
	Fault     string // "" of all together
	Planted   int
	Found     int // findings of that kind
	Right     int // of them planted
	AmountToo int // of them with the right difference and unit
	Misnamed  int // planted ones of this kind that were found under another kind's name alone
}

// Missed is how many were planted and not found.
func (k Kind) Missed() int { return k.Planted - k.Right }

// Wrong is how many were found and not planted.
func (k Kind) Wrong() int { return k.Found - k.Right }

// Recall is what share of the planted was found, to three places; "" of none.
func (k Kind) Recall() string { return share(k.Right, k.Planted) }

// Precision is what share of the found was planted, to three places; "" of none.
func (k Kind) Precision() string { return share(k.Right, k.Found) }

// share is a/b to three places, cut off: 0.999 is not all.
func share(a, b int) string {
	if b == 0 {
		return ""
	}
	permille := a * 1000 / b
	return fmt.Sprintf("%d.%03d", permille/1000, permille%1000)
}

// Score is how a tool did.
type Score struct {
	All    Kind
	Kinds  []Kind    // by name
	Missed []Finding // in the order of the truth
	Wrong  []Finding // in the order of what was found
}

// key is what a finding is about. A tool that tells no kind of subject is taken at its id.
func key(f Finding, period bool) string {
	k := f.Fault + "\x00" + f.ID
	if period {
		k += "\x00" + f.Period
	}
	return k
}

// Of compares. Findings repeat only when the truth does; the rest are wrong. Where the found
// tell no period, periods are not compared.
func Of(truth, found []Finding) *Score {
	periods := slices.ContainsFunc(found, func(f Finding) bool { return f.Period != "" })
	planted := map[string][]Finding{}
	kinds := map[string]*Kind{}
	kind := func(name string) *Kind {
		if kinds[name] == nil {
			kinds[name] = &Kind{Fault: name}
		}
		return kinds[name]
	}
	for _, t := range truth {
		kind(t.Fault).Planted++
		planted[key(t, periods)] = append(planted[key(t, periods)], t)
	}
	s := &Score{}
	elsewhere := map[string]bool{} // subjects that were found, under any name
	carried := carriedKeys(truth)
	for _, f := range found {
		k := key(f, periods)
		at := slices.IndexFunc(planted[k], func(t Finding) bool { return sameKind(t, f) && sameAmount(t, f) })
		if at < 0 {
			at = slices.IndexFunc(planted[k], func(t Finding) bool { return sameKind(t, f) })
		}
		elsewhere[f.ID] = true
		if at < 0 && carried[f.Fault+"\x00"+f.ID] != "" && f.Period > carried[f.Fault+"\x00"+f.ID] {
			continue // an open break of an earlier month is found again, rightly
		}
		kind(f.Fault).Found++
		if at < 0 {
			s.Wrong = append(s.Wrong, f)
			continue
		}
		kind(f.Fault).Right++
		if sameAmount(planted[k][at], f) {
			kind(f.Fault).AmountToo++
		}
		planted[k] = slices.Delete(slices.Clone(planted[k]), at, at+1)
	}
	for _, t := range truth {
		k := key(t, periods)
		if i := slices.Index(planted[k], t); i >= 0 {
			planted[k] = slices.Delete(slices.Clone(planted[k]), i, i+1)
			s.Missed = append(s.Missed, t)
			if elsewhere[t.ID] {
				kind(t.Fault).Misnamed++
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		k := *kinds[name]
		s.Kinds = append(s.Kinds, k)
		s.All.Planted += k.Planted
		s.All.Found += k.Found
		s.All.Right += k.Right
		s.All.AmountToo += k.AmountToo
		s.All.Misnamed += k.Misnamed
	}
	return s
}

// carriedKeys are faults that later months find again, with their first month.
func carriedKeys(truth []Finding) map[string]string {
	m := map[string]string{}
	for _, t := range truth {
		if t.Carried {
			m[t.Fault+"\x00"+t.ID] = t.Period
		}
	}
	return m
}

func sameKind(t, f Finding) bool { return f.Kind == "" || f.Kind == t.Kind }

// sameAmount compares decimals by value: 1.50 is 1.5.
func sameAmount(t, f Finding) bool {
	if f.Unit != t.Unit {
		return false
	}
	a, oka := new(big.Rat).SetString(t.Difference)
	b, okb := new(big.Rat).SetString(f.Difference)
	if !oka || !okb || strings.ContainsAny(t.Difference+f.Difference, "/eE_xXpP") {
		return t.Difference == f.Difference
	}
	return a.Cmp(b) == 0
}

// columns are the names of a file's columns, or of an object's keys. Others are let be.
const (
	columnPeriod     = "period"
	columnFault      = "control"
	columnKind       = "subject_kind"
	columnID         = "subject_id"
	columnDifference = "difference"
	columnUnit       = "unit"
)

// Read reads a file of faults: a JSON array of objects, or CSV with a head. name says which
// file, for errors, which are of bad input.
func Read(name string, text []byte) ([]Finding, error) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if trimmed := bytes.TrimSpace(text); len(trimmed) > 0 && trimmed[0] == '[' {
		return readJSON(name, trimmed)
	}
	return readCSV(name, text)
}

func bad(name, format string, args ...any) error {
	return pipeline.Errorf(pipeline.KindBadInput, "read", name, format, args...).
		WithHint("it is a JSON array, or CSV with a head: %s and %s, and what there is of %s", columnFault, columnID, strings.Join([]string{columnKind, columnDifference, columnUnit, columnPeriod}, ", "))
}

func readJSON(name string, text []byte) ([]Finding, error) {
	var rows []map[string]any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&rows); err != nil {
		return nil, bad(name, "%w", err)
	}
	var list []Finding
	for i, r := range rows {
		cell := func(column string) string {
			if r[column] == nil {
				return ""
			}
			return fmt.Sprint(r[column])
		}
		f := of(cell)
		f.Carried = r["carried"] == true
		if f.Fault == "" || f.ID == "" {
			return nil, bad(name, "object %d has no %s or no %s", i+1, columnFault, columnID)
		}
		list = append(list, f)
	}
	return list, nil
}

func of(cell func(column string) string) Finding {
	return Finding{Period: cell(columnPeriod), Fault: cell(columnFault), Kind: cell(columnKind), ID: cell(columnID), Difference: cell(columnDifference), Unit: cell(columnUnit)}
}

func readCSV(name string, text []byte) (list []Finding, err error) {
	r := csv.NewReader(bytes.NewReader(text))
	head, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, bad(name, "it is empty")
	}
	if err != nil {
		return nil, bad(name, "%w", err)
	}
	at := map[string]int{}
	for i, column := range head {
		at[strings.TrimSpace(column)] = i
	}
	for _, column := range []string{columnFault, columnID} {
		if _, ok := at[column]; !ok {
			return nil, bad(name, "its head has no %s", column)
		}
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, bad(name, "%w", err)
		}
		f := of(func(column string) string {
			i, ok := at[column]
			if !ok {
				return ""
			}
			return row[i]
		})
		if f.Fault == "" || f.ID == "" {
			line, _ := r.FieldPos(0)
			return nil, bad(name, "line %d has no %s or no %s", line, columnFault, columnID)
		}
		list = append(list, f)
	}
}
