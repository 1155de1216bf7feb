package reconcile

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/pipeline"
	"carat/pipeline/certificate"
	"carat/pipeline/engine"
	"carat/pipeline/lake"
)

// notCarried says why a month's run reads all rows from the start although carat.yaml lets it
// carry forward; "" where it may begin with what the month before closed with. It may where
// that month is closed by a certificate that is still true, over the same SQL, configuration
// and first period, and no batch that came or went since has a row of a closed month; and
// where nothing asks for what older rows did one by one: inactivity, clawbacks, breakage
// that is taken ahead. batches are all of the history, prior what CheckClosed said.
func notCarried(ctx context.Context, p *books.Books, o Options, m Models, closed books.Closures, batches []pipeline.Batch, tables []pipeline.TableFiles, prior []engine.ClosedTable) (why string, err error) {
	before := o.Period.Previous()
	l, ok := closed.Lock(before)
	if !ok || !l.InForce() {
		return "the month before isn't closed", nil
	}
	if why := asksForHistory(o.Config, m, tables); why != "" {
		return why, nil
	}
	if len(prior) == 0 || prior[0].Period != before || slices.ContainsFunc(prior, func(t engine.ClosedTable) bool { return t.Differing > 0 || t.Problem != "" }) {
		return "the closed month isn't as it was signed", nil
	}
	c, err := p.ReadCertificate(l)
	if err != nil {
		if pipeline.KindOf(err) == pipeline.KindVerification {
			return "the closed month's certificate isn't what was signed", nil
		}
		return "", err
	}
	if why, err := judgedOtherwise(o.Config, m, closed, c); why != "" || err != nil {
		return why, err
	}
	results, err := p.Lake.RunTables(ctx, c.RunID)
	if err != nil {
		return "", err
	}
	for _, want := range carriedTables {
		if !slices.ContainsFunc(results, func(t lake.RunTable) bool { return t.Table == want }) {
			return "the closed month has no " + want, nil
		}
	}
	return movedSince(batches, c, before), nil
}

// asksForHistory says what asks for what older rows did to each lot; "" when nothing does.
func asksForHistory(c *config.Config, m Models, tables []pipeline.TableFiles) string {
	switch {
	case c.BreakageMonths > 0:
		return "coins break by inactivity"
	case c.Clawback != "none":
		return "refunds take back from creators"
	case slices.ContainsFunc(tables, func(t pipeline.TableFiles) bool { return t.Name == "breakage_rates" && len(t.Files) > 0 }):
		return "breakage is taken ahead"
	case slices.ContainsFunc(m.List, func(own engine.Model) bool { return own.UserMade && toldByEvent.MatchString(own.SQL) }):
		return "a control of your own reads gifts, or what happened to each lot"
	}
	return ""
}

// toldByEvent finds the models in which the months before a run's stand event by event, or day by day, and the gifts.
var toldByEvent = regexp.MustCompile(`(?i)\b(led_lot_(source|event|replay|take|given)|led_viewer|led_viewer_(day|replayed)|led_(carried|reached|earlier)_\w+` +
	`|(raw|stg)_(earlier_)?gift_events|led_(gift_(reversal|quarter|kind)|named_gift|clawed_gift|live_row|rate_point|rate_at)|led_agency_\w+|led_creator_(opening|subject))\b`)

// carriedTables are what a month that is carried forward begins with.
var carriedTables = []string{"coin_lots", "viewer_balances", "payee_balances"}

// judgedOtherwise says what of that which judges rows isn't the closed month's; "" when all is.
func judgedOtherwise(own *config.Config, m Models, closed books.Closures, c *certificate.Certificate) (why string, err error) {
	configuration, err := json.Marshal(RunConfig(own))
	if err != nil {
		return "", fmt.Errorf("compare the configuration with that of %s: %w", c.Period, err)
	}
	var told CertifiedParameters
	if err := json.Unmarshal(c.Parameters, &told); err != nil {
		return "", pipeline.Errorf(pipeline.KindVerification, "read parameters of", string(c.Period), "%w", err)
	}
	signed := map[string]string{}
	for _, f := range c.SQL {
		name, _ := strings.CutPrefix(f.Path, OwnPath)
		signed[strings.TrimSuffix(name, dialectSuffix)] = f.SHA256
	}
	files := m.Files()
	sameSQL := len(files) == len(signed) && !slices.ContainsFunc(files, func(f sqlFile) bool { return signed[f.Name] != f.SHA256 })
	switch {
	case c.Format < certificate.FormatOwnMonths:
		return "the closed month was run over files of later months too", nil
	case certificate.SHA256Text(configuration) != c.ConfigurationSHA256:
		return "carat.yaml judges otherwise than when the month before was closed", nil
	case !sameSQL:
		return "the SQL isn't that of the closed month", nil
	case told.FirstPeriod != closed.First:
		return "the first month is another", nil
	}
	return "", nil
}

// dialectSuffix is what the macros' path in a certificate has beyond their name among a run's texts.
const dialectSuffix = "/duckdb.sql"

// movedSince says what came or went since a month was closed that is of that month or of
// one before; "" when nothing did.
func movedSince(batches []pipeline.Batch, c *certificate.Certificate, before pipeline.Period) string {
	for _, b := range batches {
		if !pipeline.LaterBatch(b.ID, c.LastBatch) {
			continue
		}
		if b.Undo != nil && !pipeline.LaterBatch(b.Undo.Batch, c.LastBatch) {
			return b.Undo.Batch + " was taken out of the history after the month before was closed"
		}
		if feed, ok := pipeline.FeedByName(b.Feed); ok && feed.Reference {
			continue
		}
		if len(b.Months) > 0 && slices.Min(b.Months) <= before {
			return b.ID + " has rows of a closed month and came after it was closed"
		}
	}
	return ""
}

// CarriedID gives the id of the run that is carried forward over the inputs of which the
// run from the start has this id. It is another run, so that who doubts it has the other one
// made, by `history: start`; and where both are there, the one from the start counts.
func CarriedID(id string) string {
	sum := sha256.Sum256([]byte("carried\n" + id))
	return hex.EncodeToString(sum[:runIDBytes])
}
