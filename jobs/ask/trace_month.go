package ask

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/jobs/reconcile"
	"carat/pipeline"
	"carat/pipeline/engine"
	"carat/reports/trace"
)

// month is one run's own inputs, cut to some creators, with the models that say
// at which rate a gift was credited. It is made by the very models that made
// the statement, so a trace can't know better, only show.
type month struct {
	eng      *books.Reader
	creators []string
	gifts    string // the table of all columns of their gifts
}

// prepareMonths builds, for each run, what all statement lines, gifts and lines of gifts
// among the subjects need, at once: each would else open an engine of its own.
func (t *tracer) prepareMonths(ctx context.Context, found []subject) error {
	if len(found) == 1 {
		return nil // it needs less than a creator's month
	}
	creators := map[string][]string{}
	for _, s := range found {
		period, creator := s.line.period, s.line.creator
		if s.kind == "source_line" && t.batches[s.batch].Table == "gift_events" {
			rows, err := t.rowsOf(ctx, "gift_events", s.batch, s.number)
			if err != nil {
				return err
			}
			if len(rows) > 0 {
				s.table, s.record = "gift_events", rows[0]
			}
		}
		if s.table == "gift_events" {
			period, creator = pipeline.Period(s.record.text("accounting_month")), s.record.text("creator_id")
		}
		run, ok := t.runOf(period)
		if ok && creator != "" && !slices.Contains(creators[run.ID], creator) && (s.table != "" || isGiftLine(s.record)) {
			creators[run.ID] = append(creators[run.ID], creator)
		}
	}
	for run, list := range creators {
		i := slices.IndexFunc(t.runs, func(r books.RunAt) bool { return r.ID == run })
		m, err := t.buildMonth(ctx, t.runs[i], list, "")
		if err != nil {
			return err
		}
		t.months[run] = m
	}
	return nil
}

// month gives the month of a run that holds a creator's gifts, at least those
// that meet a condition.
func (t *tracer) month(ctx context.Context, run books.RunAt, creator, gifts string) (*month, error) {
	own := run.ID + "/" + creator + "/" + gifts
	for _, key := range []string{run.ID, own} {
		if m := t.months[key]; m != nil && slices.Contains(m.creators, creator) {
			return m, nil
		}
	}
	m, err := t.buildMonth(ctx, run, []string{creator}, gifts)
	if err != nil {
		return nil, err
	}
	t.months[own] = m
	return m, nil
}

func (t *tracer) buildMonth(ctx context.Context, run books.RunAt, creators []string, gifts string) (*month, error) {
	return t.buildModels(ctx, run, modelInput{creators: creators, gifts: gifts}, t.models.List, monthModels...)
}

// monthModels are the models of a month.
var monthModels = []string{"led_creator_rate", "led_live_gift", "stg_conversion_rates", "stg_gift_catalog"}

// spareEngine is an engine that knows which tables the models of a month read. It
// is opened while the ids are looked for.
type spareEngine struct {
	eng *books.Reader
	raw []string
	err error
}

func (t *tracer) openSpare(ctx context.Context, list []engine.Model, targets ...string) (s spareEngine) {
	if s.eng, s.err = t.OpenEmpty(ctx, t.Config); s.err == nil {
		s.raw, s.err = s.eng.RawTables(ctx, list, targets...)
	}
	return s
}

// engineFor gives an empty engine, and the tables that models in it will read.
func (t *tracer) engineFor(ctx context.Context, list []engine.Model, targets []string) (spareEngine, error) {
	if t.spare != nil && slices.Equal(targets, monthModels) {
		s := <-t.spare
		t.spare = nil
		return s, s.err
	}
	s := t.openSpare(ctx, list, targets...)
	return s, s.err
}

// modelInput cuts what models are built over.
type modelInput struct {
	creators []string                  // none: all
	gifts    string                    // a condition on their gifts, "" for all: no rate depends on other gifts
	prepare  func(*books.Reader) error // adds tables of its own
}

// manyGifts says whether a creator's gifts may be many.
func (in modelInput) manyGifts() bool {
	return len(in.creators) == 1 && in.prepare == nil && !strings.HasPrefix(in.gifts, "event_id = ")
}

// where gives the condition on the rows of a table.
func (in modelInput) where(run books.RunAt) func(table string) string {
	return func(table string) string {
		if len(in.creators) == 0 {
			return ""
		}
		var names []string
		for _, c := range in.creators {
			names = append(names, pipeline.SQLText(c))
		}
		of := " in (" + strings.Join(names, ", ") + ")"
		switch table {
		case "gift_events":
			condition := "creator_id" + of + " and accounting_month <= " + pipeline.SQLText(string(run.Period))
			if in.gifts != "" {
				condition += " and " + in.gifts
			}
			return condition
		case "payouts", "diamond_adjustments", "creators":
			return "creator_id" + of
		case books.FeedBalances:
			return "subject_kind = 'creator' and subject_id" + of
		}
		return ""
	}
}

// buildModels builds models and what they read over a run's own inputs.
func (t *tracer) buildModels(ctx context.Context, run books.RunAt, in modelInput, list []engine.Model, targets ...string) (m *month, err error) {
	m = &month{creators: in.creators, gifts: "stg_gift_events"}
	e, err := t.engineFor(ctx, list, targets)
	if m.eng = e.eng; err != nil {
		if m.eng != nil {
			err = errors.Join(err, m.eng.Close())
		}
		return nil, err
	}
	tables, err := t.tablesOf(ctx, run, e.raw)
	if err != nil {
		return nil, errors.Join(err, m.eng.Close())
	}
	where := in.where(run)
	if err = m.eng.LoadWhere(ctx, engine.RawPrefix, tables, where); err == nil && in.manyGifts() {
		err = m.narrowGifts(ctx, tables, where, t.narrow)
	}
	if err == nil && in.prepare != nil {
		err = in.prepare(m.eng)
	}
	if err == nil {
		var params engine.Parameters
		if params, err = t.parametersOf(ctx, run); err == nil {
			params.ReadFilesOnce = len(in.creators) > 0 // the files are read once, whatever the models ask
			err = m.eng.Build(ctx, t.models.Dialect, list, params, targets...)
		}
	}
	if err != nil {
		return nil, errors.Join(err, m.eng.Close())
	}
	return m, nil
}

// giftColumns are those that the models of a month and the sums of a line need.
var giftColumns = []string{"kind", "sent_at", "creator_id", "gift_id", "quantity", "coins", "diamonds", "entity", "capture", "batch_id", "accounting_month"}

// narrowGifts has the models read only some columns of many gifts: ids take most
// of the time to read, and only the gifts that are shown need them. Gifts from a
// live recorder are matched with their diamonds by id, so they are left alone.
func (m *month) narrowGifts(ctx context.Context, tables []pipeline.TableFiles, where func(table string) string, always bool) error {
	const gifts, whole = "gift_events", "whole_"
	i := slices.IndexFunc(tables, func(one pipeline.TableFiles) bool { return one.Name == gifts })
	if i < 0 || len(tables[i].Files) == 0 || !always && engine.AreFew(tables[i:i+1]) {
		return nil
	}
	if err := m.eng.LoadWhere(ctx, whole, tables[i:i+1], where); err != nil {
		return err
	}
	if err := m.eng.Narrow(ctx, engine.RawPrefix, tables[i], giftColumns...); err != nil {
		return err
	}
	live, err := selectRecords(ctx, m.eng.Engine, "select 1 from "+engine.RawPrefix+gifts+" where capture is not null limit 1")
	if err != nil {
		return err
	}
	if len(live) > 0 {
		return m.eng.LoadWhere(ctx, engine.RawPrefix, tables[i:i+1], where)
	}
	m.gifts = whole + gifts
	return nil
}

// tablesOf gives some tables as a run read them. What was not added to since is
// at hand, without reading manifests again.
func (t *tracer) tablesOf(ctx context.Context, run books.RunAt, names []string) ([]pipeline.TableFiles, error) {
	var tables []pipeline.TableFiles
	for _, name := range names {
		one, err := t.table(ctx, name)
		if err != nil {
			return nil, err
		}
		if books.IsRaw(name) && one.Snapshot != run.Inputs[name] {
			return t.Lake.TablesOf(ctx, run.Inputs)
		}
		if len(one.Columns) > 0 {
			tables = append(tables, one)
		}
	}
	return tables, nil
}

// parametersOf gives what a run's models were told, as far as it decides which
// rate was in force.
func (t *tracer) parametersOf(ctx context.Context, run books.RunAt) (engine.Parameters, error) {
	closed, err := t.Closures(ctx, t.Config)
	if err != nil {
		return engine.Parameters{}, err
	}
	locks, err := reconcile.LocksBefore(t.Books, closed, run.Period)
	if err != nil {
		return engine.Parameters{}, err
	}
	told, err := t.Decided(ctx, closed, run.Period)
	if err != nil {
		return engine.Parameters{}, err
	}
	var batches []pipeline.Batch
	for _, id := range t.order {
		batches = append(batches, t.batches[id].Batch)
	}
	o := reconcile.Options{Setting: t.Setting, SQL: t.SQL, Period: run.Period}
	return o.Parameters(run.ID, books.Closures{First: t.first}, batches, nil, locks, told), nil
}

// giftsFrom joins a creator's gifts of the month with the range of rate that each
// was credited at, as the ledger sums them to statement lines.
const giftsFrom = ` as gifts
cross join run
inner join led_creator_rate as ranges
    on ranges.creator_id = gifts.creator_id
    and least(gifts.sent_at, run.closing_instant) >= ranges.range_from
    and least(gifts.sent_at, run.closing_instant) < ranges.range_to
left join led_live_gift
    on led_live_gift.event_id = gifts.event_id
where gifts.accounting_month = run.period and gifts.sent_at >= run.first_start and gifts.creator_id = ?`

// giftsQuery gives such gifts one by one.
const giftsQuery = `select
    gifts.event_id, gifts.kind, gifts.sent_at, gifts.stream_id, gifts.viewer_id, gifts.creator_id, gifts.gift_id, gifts.quantity,
    gifts.coins, coalesce(led_live_gift.diamonds, gifts.diamonds) as diamonds, gifts.entity,
    ranges.range_no, ranges.rate_key, ranges.currency, ranges.diamonds_per_coin, ranges.diamond_value, ranges.rate_from, ranges.rate_until,
    ranges.is_prior_period, gifts.batch_id, gifts.source_line
from `

// giftSumsQuery sums them by range of rate. first_instants are when the first ones
// were sent, as many as a trace shows.
const giftSumsQuery = `select
    ranges.range_no, any_value(ranges.rate_key) as rate_key, count(*) as gifts, cast(sum(gifts.quantity) as bigint) as quantity,
    cast(sum(gifts.coins) as bigint) as coins, cast(sum(coalesce(led_live_gift.diamonds, gifts.diamonds)) as bigint) as diamonds,
    min(gifts.sent_at) as first_at, max(gifts.sent_at) as last_at, list_max(min(gifts.sent_at, ?)) as shown_until,
    list_sort(list(distinct gifts.batch_id)) as batches
from stg_gift_events` + giftsFrom

func isGiftLine(line *record) bool {
	return line != nil && line.text("section") == "earned" && line.text("reason") == "gift"
}

// lineGifts are the gifts that a statement line sums.
type lineGifts struct {
	count, quantity, coins, diamonds int64
	rateKey                          string
	firstAt, lastAt                  time.Time
	batches                          []string
	addsUp                           bool      // quantity, coins and diamonds are the line's
	shown                            []*record // the first of them
}

// giftsOfLine finds the gifts of a line. A rate may win in two ranges of a month:
// of several sets of gifts the one that adds up is the line's.
func (t *tracer) giftsOfLine(ctx context.Context, m *month, line *record) (*lineGifts, error) {
	const condition = ` and gifts.kind = 'gift' and gifts.gift_id = ? and gifts.entity = ? and ranges.currency = ? and ranges.is_prior_period = ?
		and ranges.rate_from is not distinct from ? and ranges.rate_until is not distinct from ? and ranges.diamond_value = cast(? as decimal(18, 9))`
	values := []any{line.text("creator_id"), line.text("gift_id"), line.text("entity"), line.text("currency"), line.value("prior_period"),
		line.value("rate_from"), line.value("rate_to"), line.text("rate")}
	limit := t.Limit
	if limit <= 0 {
		limit = 1 // all are shown, whenever they were sent
	}
	sums, err := selectRecords(ctx, m.eng.Engine, giftSumsQuery+condition+" group by ranges.range_no order by ranges.range_no", append([]any{limit}, values...)...)
	if err != nil {
		return nil, err
	}
	for _, s := range sums {
		if s.number("quantity") == line.number("count") && s.number("coins") == line.number("coins") && s.number("diamonds") == line.number("diamonds") {
			sums = []*record{s}
			break
		}
	}
	g := &lineGifts{}
	var ranges []string
	var until time.Time
	for _, s := range sums {
		g.add(s)
		ranges = append(ranges, strconv.FormatInt(s.number("range_no"), 10))
		if at, _ := s.time("shown_until"); at.After(until) {
			until = at
		}
	}
	g.addsUp = g.quantity == line.number("count") && g.coins == line.number("coins") && g.diamonds == line.number("diamonds")
	if g.count == 0 {
		return g, nil
	}
	query := giftsQuery + m.gifts + giftsFrom + condition + " and ranges.range_no in (" + strings.Join(ranges, ", ") + ")"
	if t.Limit > 0 {
		query += fmt.Sprintf(" and gifts.sent_at between %s and %s", instant(g.firstAt), instant(until))
	}
	query += " order by ranges.range_no, gifts.sent_at, gifts.event_id"
	if t.Limit > 0 {
		query += " limit " + strconv.Itoa(t.Limit)
	}
	g.shown, err = selectRecords(ctx, m.eng.Engine, query, values...)
	t.rows += int64(len(g.shown))
	return g, err
}

// add adds the gifts of one range of rate.
func (g *lineGifts) add(sums *record) {
	g.count += sums.number("gifts")
	g.quantity += sums.number("quantity")
	g.coins += sums.number("coins")
	g.diamonds += sums.number("diamonds")
	if g.rateKey == "" {
		g.rateKey = sums.text("rate_key")
	}
	if at, ok := sums.time("first_at"); ok && (g.firstAt.IsZero() || at.Before(g.firstAt)) {
		g.firstAt = at
	}
	if at, ok := sums.time("last_at"); ok && at.After(g.lastAt) {
		g.lastAt = at
	}
	list, _ := sums.value("batches").([]any)
	for _, b := range list {
		if id, ok := b.(string); ok && !slices.Contains(g.batches, id) {
			g.batches = append(g.batches, id)
		}
	}
}

// instant writes a time as a literal of SQL.
func instant(at time.Time) string {
	return "timestamptz '" + at.UTC().Format("2006-01-02T15:04:05.999999") + "Z'"
}

// rateNode is the rate that a line or gift was credited at.
func (t *tracer) rateNode(ctx context.Context, m *month, rateKey string) (*trace.Node, error) {
	if rateKey == "" {
		return &trace.Node{Kind: "rate", Text: "none was in force: the gift is worth nothing and control gift_conversion says so"}, nil
	}
	rates, err := selectRecords(ctx, m.eng.Engine, `select scope, scope_id, valid_from, valid_to, diamonds_per_coin, diamond_value, coin_value,
		platform_share, currency, rounding, batch_id, source_line from stg_conversion_rates where rate_key = ?`, rateKey)
	if err != nil || len(rates) == 0 {
		return nil, err
	}
	t.rows += int64(len(rates))
	return t.plainRow("conversion_rates", rates[0]), nil
}

// priceNodes are a gift's prices in the catalogue that were in force in a span of
// time.
func (t *tracer) priceNodes(ctx context.Context, m *month, gift string, first, last time.Time) ([]*trace.Node, error) {
	prices, err := selectRecords(ctx, m.eng.Engine, `select gift_id, valid_from, valid_to, name, coins, batch_id, source_line from stg_gift_catalog
		where gift_id = ? and valid_from <= ? and valid_until > ? order by valid_from`, gift, last, first)
	if err != nil {
		return nil, err
	}
	t.rows += int64(len(prices))
	var nodes []*trace.Node
	for _, p := range prices {
		nodes = append(nodes, t.plainRow("gift_catalog", p))
	}
	return nodes, nil
}
