package closepackage

import (
	"time"

	"carat/pipeline"
	"carat/reports/statement"
	"carat/reports/table"
)

// Package is the close package of a month: what a controller signs and an
// auditor reads. The workbook and the page are both made from it.
type Package struct {
	Period pipeline.Period
	RunID  string
	Status string // balanced, exceptions, blocked or closed
	Says   string // the status in words: "closed (version 1) by ann and bob, 3 waived"
	// Open, Waived and Decided count the exceptions that count for the close.
	Open, Waived, Decided int64
	RatesDecided          int64 // exchange rates that people decided
	MatchesDecided        int64 // rows of two sides that people matched
	Payers                []statement.Party
	Zone                  *time.Location // of dates for people; nil is UTC
	Command               string         // that makes these numbers again
	Controls              []Control
	Sections              []Section
	Ties                  []Tie
	Figures               []Figure // the month's money, for the cover
	// Next is what is to be done after this, with its command.
	Next, NextCommand string
	Flows             []Flow // one per entity, when the run has a revenue bridge
	sheetRows         int    // of a sheet, in tests; 0: workbookRows
}

// NotKnown stands where an amount should, and no exchange rate tells it. It is
// a word and no empty cell, which a reader and a formula take for nothing.
const NotKnown = "not known"

// Figure is a sum of the month for the cover: an amount for each currency, or
// entity, that has one.
type Figure struct {
	Label   string
	Amounts []Money
}

// Money is an amount, a plain decimal. Entity is "" where it is of all.
type Money struct{ Amount, Currency, Entity string }

// Control is a control as the package tells it.
type Control struct {
	Control, Severity, Result    string
	Checked, Exceptions          int64
	NotCompared                  *int64 // nil: nobody counted
	NotComparedReason            string // "" when each thing had something to compare with
	Summary, Question, Guards    string // of its header
	Rule, Causes, Action, SHA256 string
}

// Section is a table of the package: a sheet of the workbook, a part of the
// page. Rows hands over its rows in their order, each time it is called.
type Section struct {
	ID      string // letters and underscores: the name in links and named ranges
	Title   string // at most 31 characters: the sheet's name
	Note    string // what one row is
	Columns []table.Column
	Rows    func(add func(row []any) error) error
	// Part hands over some of its rows, as far as they go; nil: there are few, and Rows
	// has them.
	Part func(offset, limit int64, add func(row []any) error) error
	// OnPage bounds how many rows the page shows; 0: all. PageColumns are the
	// columns that it shows; none: all. The workbook has all.
	OnPage      int
	PageColumns []string
}

// Tie is a total that the workbook adds up again before the reader's eyes: the
// sum of the terms is to be Total.
type Tie struct {
	What     string
	Currency string // or unit
	Terms    []Term
	Total    string // ours, a plain decimal
}

// Term is a sum over a column of a section, over the rows in which other
// columns have these values. Count counts the rows instead.
type Term struct {
	Section, Column string
	Where           [][2]string
	Minus, Count    bool
	Not             [2]string // a column and a value that it must not have, when not ""
}

// Find gives the section of an id; nil for none.
func (p *Package) Find(id string) *Section { return p.find(id) }

func (p *Package) find(id string) *Section {
	for i := range p.Sections {
		if p.Sections[i].ID == id {
			return &p.Sections[i]
		}
	}
	return nil
}

// Formats are the renderings of a close package.
var Formats = []string{"xlsx", "html"}
