package chain

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"carat/pipeline"
)

// What the rows of a covered table may live through: whoever owns the files can append
// records that are made well, and none of them may take away or change what carat
// itself never takes away or changes.

// life is what becomes of the rows of one table.
type life struct {
	// changes are the columns that a later record may have otherwise; nil: none, and
	// all of them for any.
	changes []string

	// open says whether a row may still change, or go; nil: always.
	open func(Row) bool

	// forgets is a column that may be emptied, or filled where it was empty, at any time.
	forgets string

	// goes says whether carat takes rows away that are open.
	goes bool
}

// every lets each column change.
var every = []string{}

// is says whether a column has one of some texts.
func is(column string, texts ...string) func(Row) bool {
	return func(r Row) bool { return r[column] != nil && slices.Contains(texts, *r[column]) }
}

// isNull says whether a column is NULL.
func isNull(column string) func(Row) bool {
	return func(r Row) bool { return r[column] == nil }
}

// lives are those of each covered table.
var lives = map[string]life{
	"carat_access":    {changes: []string{"outcome", "row_count"}, open: is("outcome", "running")},
	"carat_decisions": {},
	"carat_fetched":   {},
	"carat_jobs":      {changes: []string{"ended_at", "error", "inputs", "result", "run_id"}, open: is("result", "running"), goes: true},
	"carat_lock":      {changes: every},
	"carat_locks":     {changes: []string{"reopen_reason", "reopened_at", "reopened_by", "reopened_no", "reopened_os"}, open: isNull("reopened_by")},
	"carat_notices":   {changes: every},
	"carat_periods":   {changes: every},
	"carat_published": {},
	"carat_runs":      {},
	"carat_schedule":  {changes: every},
	"carat_sent":      {changes: []string{"state"}, open: is("state", "sending"), goes: true, forgets: "address_hash"},
	"carat_settings":  {changes: every, open: kept},
	"carat_signed":    {},
	"carat_sign_offs": {changes: []string{"void_at", "void_reason"}, open: isNull("void_reason")},
	"carat_slots":     {changes: every},
	"carat_sources":   {changes: every},
	"carat_tables":    {changes: every},
	"carat_users":     {changes: every, goes: true},
}

// kept are the settings that a later one replaces: not the first period, and not what
// was set in a run.
func kept(r Row) bool {
	return r["name"] == nil || *r["name"] != "first_period" && !strings.HasPrefix(*r["name"], "run ")
}

// Covers says whether it is known what the rows of a table live through.
func Covers(table string) bool {
	_, known := lives[table]
	return known
}

// Follow compares a record with the one before of the same row, whose number is 0 when
// there is none: what no carat writes is a difference, however well it is made.
func (v *Records) Follow(before, r Record) {
	switch of, known := lives[r.Table]; {
	case !known || before.No == 0 && r.Kind != Removed:
	case before.No == 0 || before.Kind == Removed && r.Kind == Removed:
		v.Differ("record %d takes away row %s of %s, which isn't there", r.No, ShownKey(r.Key), r.Table)
	case before.Kind == Removed:
		if !of.goes {
			v.Differ("record %d writes row %s of %s anew, which record %d took away", r.No, ShownKey(r.Key), r.Table, before.No)
		}
	default:
		v.follow(of, before, r)
	}
}

func (v *Records) follow(of life, before, r Record) {
	var was, now Row
	if json.Unmarshal([]byte(before.Content), &was) != nil || r.Kind != Removed && json.Unmarshal([]byte(r.Content), &now) != nil {
		v.Differ("record %d or %d of row %s of %s says nothing that can be read", before.No, r.No, ShownKey(r.Key), r.Table)
		return
	}
	open := of.open == nil || of.open(was)
	if r.Kind == Removed {
		if !of.goes || !open {
			v.Differ("record %d takes away row %s of %s, which carat never does; record %d has it: %s", r.No, ShownKey(r.Key), r.Table, before.No, pipeline.CutText(before.Content))
		}
		return
	}
	if !open || of.changes == nil || r.Kind == Adopted {
		of.changes = nil
	} else if len(of.changes) == 0 {
		return
	}
	var otherwise []string
	for _, c := range columnsOf(was) {
		if c == of.forgets && was[c] != nil && now[c] != nil && (*was[c] == "" || *now[c] == "") {
			continue
		}
		if what := Differing(Row{c: was[c]}, now); len(what) > 0 && !slices.Contains(of.changes, c) {
			otherwise = append(otherwise, what...)
		}
	}
	if len(otherwise) > 0 {
		v.Differ("record %d changes row %s of %s as carat never does: %s (record %d)", r.No, ShownKey(r.Key), r.Table, strings.Join(otherwise, ", "), before.No)
	}
}

// Current checks that each month stands where the run that it names left it. Both are the
// last records of each row, by key.
func (v *Records) Current(periods, runs map[string]Record) {
	for _, key := range slices.Sorted(maps.Keys(periods)) {
		p := periods[key]
		var month, run Row
		if p.Kind == Removed || json.Unmarshal([]byte(p.Content), &month) != nil || month["run_id"] == nil {
			continue
		}
		r, there := runs[*month["run_id"]]
		switch {
		case !there:
			v.Differ("carat_periods: row %s names run %s, and no record tells of it (record %d)", ShownKey(key), *month["run_id"], p.No)
		case r.Kind == Removed || json.Unmarshal([]byte(r.Content), &run) != nil: // which is told
		default:
			for _, what := range Differing(Row{"period": run["period"], "status": run["status"]}, month) {
				v.Differ("carat_periods: row %s isn't as its run says: %s (record %d)", ShownKey(key), what, p.No)
			}
		}
	}
}

// columnsOf gives a row's columns by name.
func columnsOf(r Row) []string { return slices.Sorted(maps.Keys(r)) }
