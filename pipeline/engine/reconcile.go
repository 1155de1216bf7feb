package engine

import (
	"context"
	"io/fs"
	"time"

	"carat/pipeline"
	"carat/pipeline/decision"
	"carat/pipeline/engine/history"
)

// Entity is a legal entity of the configuration.
type Entity struct {
	ID                 string
	FunctionalCurrency string
	Revenue            string // gross or net
}

// Channel is what the configuration says of a way to buy coins.
type Channel struct {
	Name         string
	StoreFeeRate pipeline.Rate
	DueDays      int // after which a purchase without a settlement is a break
}

// ClosedTable is how one result table of the closed period before the run's
// was found: for the control prior_period.
type ClosedTable struct {
	Period    pipeline.Period
	Version   int64
	Table     string // a result table, or certificate, or history
	Rows      int64  // that were locked
	Differing int64  // rows that are not as they were; at least 1 with a Problem
	Problem   string // what is not as it was signed; "" when nothing is
}

// LotDifference is that some rows of one viewer in the table of one model are
// not what the model's text says.
type LotDifference struct {
	ViewerID, Entity, Model string
	Rows                    int64
}

// Lock is a closed month before the run's, and the last batch that its
// certificate covers.
type Lock struct {
	Period    pipeline.Period
	LastBatch string // "": it covers none
}

// Parameters are what models read besides the lake: the run table and the
// small tables beside it.
type Parameters struct {
	Period             pipeline.Period
	FirstPeriod        pipeline.Period // where carat begins
	RunID              string
	TimeZone           *time.Location
	ReportingCurrency  string
	DefaultEntity      string
	Clawback           string
	BreakageMonths     int // 0: coins never break
	FXMaxAgeDays       int
	Entities           []Entity
	Channels           []Channel
	Tolerances         map[string]pipeline.Amount // by currency, per match
	Materiality        map[string]pipeline.Amount // by currency
	PayoutDueDays      int                        // after which a requested payout that is unpaid is looked at
	BelowMinimumDays   int                        // and a balance below the minimum
	PayoutFXTolerance  pipeline.Rate              // of the published rate
	Escheat            map[string]int             // months without movement after which a balance is dormant, by country
	FluxPercent        int                        // a change above it needs a note
	DAC7Basis          string                     // paid or credited
	RefundReserve      string                     // report or post
	DebtAllowance      map[int]pipeline.Rate      // what of a creator's debt is expected to be lost, by the days from which on
	Approvers          []string
	Accounts           map[string]string // role -> the account of the user's own chart
	Settlement         map[string]string // counterparty -> running or lines
	ExpectedDaily      []string          // feeds
	Batches            []pipeline.Batch
	Closed             []ClosedTable
	DecidedRates       []decision.DecidedRate  `json:",omitempty"`
	DecidedMatches     []decision.DecidedMatch `json:",omitempty"`
	Locks              []Lock                  // by period: rates and terms that came after a lock are in force from the next month on
	StatementVersion   int64                   // 0 is 1
	Carries            bool                    `json:",omitempty"` // viewers begin with what the closed month left, where nothing reaches further back
	MaterializeStaging bool                    // for tests: staging as tables, so that rows can be tampered with
	ReadFilesOnce      bool                    // staging that reads files as tables
	KeepModels         bool                    // for tests: no table is dropped after its last reader
	LotDifferences     []LotDifference         // for tests: as if passes had made them
	CheckAllLots       bool                    // every viewer's lots are compared with the models' text, not some viewers'
	WithoutPasses      bool                    // for tests: every model is built by its own text
	OneByOne           bool                    // models are built one after the other, so that what each costs can be told
}

// ControlResult is how one control judged the period.
type ControlResult struct {
	Control    string
	Severity   string
	Unit       string
	Summary    string
	Guards     string
	Checked    int64
	Exceptions int64
	Result     string // pass, fail or not compared

	// ReviewOnly is how many exceptions of a control that blocks for some of its
	// reasons have another reason: they need a review.
	ReviewOnly int64

	// NotCompared is how many things the control found nothing to compare with,
	// nil when its header doesn't speak of it, and NotComparedReason why; "" when
	// each had something to compare with and there was one.
	NotCompared       *int64
	NotComparedReason string
}

// Outcome is the result of a reconciliation.
type Outcome struct {
	Controls []ControlResult
	Models   []Model // in the order in which they ran
}

// Status gives the period's status by its controls: blocked with a block
// exception, exceptions with a review one, else balanced.
func (o *Outcome) Status() string {
	status := "balanced"
	for _, c := range o.Controls {
		if c.Exceptions == 0 {
			continue
		}
		switch c.Severity {
		case "block":
			return "blocked"
		case "review":
			status = "exceptions"
		}
	}
	return status
}

// Reconcile builds every model over the loaded tables and judges the controls.
// progress, if not nil, is told each model before it is built, from one
// goroutine at a time.
func (e *Engine) Reconcile(ctx context.Context, dialect string, models []Model, p Parameters, progress func(model string, done, total int)) (*Outcome, error) {
	e.run = p
	if err := e.readDialect(ctx, dialect); err != nil {
		return nil, err
	}
	if err := e.parameterTables(ctx, p); err != nil {
		return nil, err
	}
	if err := history.NoneEarlier(ctx, e.Database); err != nil {
		return nil, err
	}
	ordered, err := e.order(ctx, models)
	if err != nil {
		return nil, err
	}
	e.models = ordered
	if err := e.closingViews(ctx); err != nil {
		return nil, err
	}
	e.byPasses = !p.WithoutPasses
	if err := e.buildAll(ctx, ordered, p, progress); err != nil {
		return nil, err
	}
	if progress != nil {
		progress("", len(ordered), len(ordered))
	}
	controls, err := e.judge(ctx)
	if err != nil {
		return nil, err
	}
	return &Outcome{Controls: controls, Models: ordered}, nil
}

// Dialect reads the macros of dialect/duckdb.sql.
func Dialect(fsys fs.FS) (string, error) {
	text, err := fs.ReadFile(fsys, "dialect/duckdb.sql")
	return string(text), err
}
