package auditfile

import (
	_ "embed"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/template"
)

// Readme is what the README of an evidence folder says of a period.
type Readme struct {
	Period, State, Zone, LastBatch, Chain               string
	Waivers                                             []string // a line each
	Shared                                              []string // accounts that play several people, a sentence each
	Closed                                              bool
	Batches                                             int
	RowsRead, RowsAccepted, RowsRejected, RowsDuplicate int64
	RowsLeftOut                                         int64
	Files                                               map[string]string // SHA-256 by name
}

//go:embed readme.md
var auditReadmeText string

// auditFiles says what each file of the folder shows, and for which assertion.
var auditFiles = []struct{ Name, For, What string }{
	{"retrieved.csv", "existence", "every source file that came by itself: from where, by what the other side was known, when, by whom, and its version there"},
	{"inputs.csv", "completeness, existence", "every source file that was read: SHA-256, rows read = accepted + rejected + duplicate + left out, how it was read, when it arrived, who ingested it by which job, and its link of the hash chain"},
	{"control_totals.csv", "completeness, accuracy", "sums of each file's number columns over all rows read, exact; a file that came with totals of its own was refused unless they were equal"},
	{"rejects.csv", "completeness", "every row that was refused: file, line, column and reason"},
	{"cutoff.csv", "cut-off", "in which month each file's rows are booked, with the first and the last event; late rows stand in the first month that was open"},
	{"prior_period_items.csv", "cut-off", "events of earlier months that are booked in this one"},
	{"queries.csv", "accuracy", "every query that ran: SHA-256, rows of its result table, what a control checked and found"},
	{"sql/", "accuracy", "the texts of those queries; the comment at the head of each says what a row is and why"},
	{"parameters.json", "accuracy", "what the queries were told besides the tables: bounds of the month, entities, tolerances, accounts; amounts are in millionths, rates in billionths"},
	{"configuration.json", "accuracy", "the part of carat.yaml that the results depend on"},
	{"rates.csv", "accuracy", "the conversion rates, with the file and line of each"},
	{"gift_prices.csv", "accuracy", "the prices of gifts, with the file and line of each"},
	{"fx_rates.csv", "accuracy", "the exchange rates of the month, with the file and line of each"},
	{"controls.csv", "accuracy, completeness", "every control: its question, the loss that it guards against, what it checked and found"},
	{"exceptions.csv", "accuracy", "every row that breaks a control's rule: expected, actual, difference, file and line"},
	{"decisions.csv", "authorisation", "what was decided about the exceptions, by whom and why; the last one about an exception holds"},
	{"rollforwards.csv", "completeness, accuracy", "opening + movements = closing of coins, diamonds, payables, cash in transit and the contract liability"},
	{"revenue_bridge.csv", "accuracy", "from coins consumed to the platform's cut"},
	{"payout_ages.csv", "accuracy", "what creators are owed and not paid yet: payouts on their way, dormant balances, balances below the minimum, by age"},
	{"liability_ages.csv", "accuracy", "what is owed to viewers by age, when it is expected to be spent, breakage ahead and refunds to come"},
	{"matches.csv", "existence", "our rows beside the stores', providers' and banks', by outcome"},
	{"trial_balance.csv", "accuracy", "the accounts"},
	{"journal.csv", "accuracy", "the journal's lines"},
	{"tables.csv", "existence", "the snapshots that were read, the result tables with their files and SHA-256"},
	{"jobs.csv", "authorisation", "who ran what, when, and what became of it"},
	{"refused.csv", "authorisation", "who asked for what they may not have (no right, one pair of eyes too few, a query that reads or writes what it may not), since the month began"},
	{"signatures.csv", "authorisation", "who prepared, approved and opened the month again, and under which account of the operating system (os_user)"},
	{"records.csv", "authorisation", "what people signed of the month, and who had which key: each record's number, who, by which key, and the command by which OpenSSH verifies it; a record whose proof is none was signed by nobody, since authentication was not on"},
	{"records/", "authorisation", "the bytes of those records (.txt), as they were signed, and the signatures (.sig)"},
	{"allowed_signers", "authorisation", "whose key was good from when to when, for ssh-keygen; compare the fingerprints with those that you were given by another way"},
	{"certificate.json", "existence", "what the month was locked by: hashes of all that it rests on and comes to"},
	{"certificate.tsr", "existence", "an authority's RFC 3161 time stamp on certificate.json: openssl ts -verify -data certificate.json -in certificate.tsr -CAfile ROOT"},
	{"statements.sha256", "existence", "every file of the creators' statements with its SHA-256, for `sha256sum -c` in the statements' folder"},
	{"head.json", "existence", "the end of the hash chain that this evidence rests on, for `carat verify --head`"},
}

// WriteReadme writes the README of an evidence folder, in Markdown.
func WriteReadme(w io.Writer, r Readme) error {
	has := func(name string) bool {
		folder := strings.HasSuffix(name, "/")
		return slices.ContainsFunc(slices.Collect(maps.Keys(r.Files)), func(have string) bool {
			return have == name || folder && strings.HasPrefix(have, name)
		})
	}
	var files []any
	for _, f := range auditFiles {
		if has(f.Name) {
			files = append(files, f)
		}
	}
	t, err := template.New("README").Parse(auditReadmeText)
	if err != nil {
		return fmt.Errorf("write README: %w", err)
	}
	if err := t.Execute(w, map[string]any{"R": r, "Listed": files}); err != nil {
		return fmt.Errorf("write README: %w", err)
	}
	return nil
}
