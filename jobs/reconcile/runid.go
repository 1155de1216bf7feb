package reconcile

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"sort"

	"carat/jobs/config"
	"carat/pipeline"
	"carat/pipeline/decision"
	"carat/pipeline/engine"
)

// runIDBytes is how much of the hash a run's id keeps: enough that two runs
// never share one, short enough to be read out.
const runIDBytes = 16

// runIDForm changes when the meaning of what is hashed does.
const runIDForm = "carat-run/3"

// runInputs is all that the results of a run depend on. Batches stand for the
// snapshots: their row hashes outlive compaction, and a lake that was built
// again from the same files has the same ones. They are those that ReadBy gives: a
// batch of a later month is none of them. What the month opens with is there by its
// numbers, whichever run came to them.
type runInputs struct {
	Form        string
	Period      pipeline.Period
	FirstPeriod pipeline.Period
	Version     int64 // of the statements
	Batches     []runBatch
	SQL         []sqlFile
	Closed      []engine.ClosedTable    // how the closed period before is
	Locks       []engine.Lock           // what each closed period knew
	Opening     []OpeningTable          `json:",omitempty"` // what the months before closed with
	Rates       []decision.DecidedRate  `json:",omitempty"` // that people decided
	Matches     []decision.DecidedMatch `json:",omitempty"` // that people decided
	LotsVersion int                     // of the pass over viewers' coins, which a sample of them is compared with
	Config      runConfig
}

// OpeningTable is a table that a month opens with, or is held against, by its numbers.
type OpeningTable struct {
	Period        pipeline.Period // that closed with it
	Table         string
	Rows          int64
	NumbersForm   int
	NumbersSHA256 string
}

type runBatch struct {
	ID, Feed, SourceSHA256, RowsSHA256  string
	Read, Accepted, Rejected, Duplicate int64
	EarliestOpen                        pipeline.Period
	LeftOut                             int64 `json:",omitempty"`
}

// sqlFile is a text of SQL by its name: a model, or the dialect's macros.
type sqlFile struct{ Name, SHA256 string }

// runConfig is the part of the configuration that results depend on.
type runConfig struct {
	TimeZone          string
	ReportingCurrency string
	Entity            string
	Entities          []entityTerms
	Tolerances        map[string]pipeline.Amount
	Materiality       map[string]pipeline.Amount
	PayoutDueDays     int
	BelowMinimumDays  int
	PayoutFXTolerance pipeline.Rate
	Escheat           map[string]int
	FluxPercent       int
	RefundReserve     string
	DAC7Basis         string
	StoreFeeRate      map[string]pipeline.Rate
	DueDays           map[string]int
	Settlement        map[string]string
	DebtAllowance     map[int]pipeline.Rate `json:",omitempty"`
	Clawback          string
	BreakageMonths    int
	FXMaxAgeDays      int
	Approvers         []string
	Accounts          map[string]string
	ExpectedDaily     []string
}

type entityTerms struct{ ID, FunctionalCurrency, Revenue string }

// RunID gives the id of reconciling the period over these batches with this
// SQL: the same inputs are the same run.
func RunID(c *config.Config, period, first pipeline.Period, version int64, batches []pipeline.Batch, files []sqlFile, prior []engine.ClosedTable, locks []engine.Lock, opening []OpeningTable, told decision.Decided) (string, error) {
	in := runInputs{Form: runIDForm, Period: period, FirstPeriod: first, Version: version, SQL: slices.Clone(files), Closed: prior, Locks: locks, Opening: opening, Rates: told.Rates, Matches: told.Matches, LotsVersion: engine.LotsVersion}
	sort.Slice(in.SQL, func(i, j int) bool { return in.SQL[i].Name < in.SQL[j].Name })
	for _, b := range batches {
		in.Batches = append(in.Batches, runBatch{b.ID, b.Feed, b.SourceSHA256, b.RowsSHA256,
			b.RowsRead, b.RowsAccepted, b.RowsRejected, b.RowsDuplicate, b.EarliestOpen, b.RowsLeftOut})
	}
	sort.Slice(in.Batches, func(i, j int) bool { return in.Batches[i].ID < in.Batches[j].ID })
	in.Config = RunConfig(c)
	text, err := json.Marshal(in) // maps are written in the order of their keys
	if err != nil {
		return "", fmt.Errorf("hash run: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:runIDBytes]), nil
}

// RunConfig gives the part of the configuration that results depend on.
func RunConfig(c *config.Config) runConfig {
	r := runConfig{
		TimeZone: c.TimeZone, ReportingCurrency: c.ReportingCurrency, Entity: c.Entity,
		Tolerances: c.Tolerances, Materiality: c.Materiality, StoreFeeRate: c.StoreFeeRate, DueDays: c.DueDays, Settlement: c.Settlement,
		PayoutDueDays: c.PayoutDueDays, BelowMinimumDays: c.BelowMinimumDays, PayoutFXTolerance: c.PayoutFXTolerance, Escheat: c.Escheat,
		FluxPercent: c.FluxPercent, RefundReserve: c.RefundReserve, DAC7Basis: c.DAC7Basis,
		DebtAllowance: c.DebtAllowance, Clawback: c.Clawback, BreakageMonths: c.BreakageMonths, FXMaxAgeDays: c.FXMaxAgeDays,
		Approvers: c.Approvers, Accounts: c.Accounts, ExpectedDaily: c.ExpectedDaily(),
	}
	for _, e := range c.Entities {
		r.Entities = append(r.Entities, entityTerms{e.ID, e.FunctionalCurrency, e.Revenue})
	}
	return r
}
