package sample

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"carat/jobs/ask"
	"carat/jobs/books"
	"carat/pipeline"
	"carat/pipeline/lake"
	"carat/pipeline/sampling"
	"carat/reports/trace"
)

// Options say what to draw from which rows, and where to write it.
type Options struct {
	books.Setting
	SQL    fs.FS // the models, for the traces
	Period pipeline.Period
	Table  string // one of Tables
	Method string // one of sampling.Methods
	Size   int
	Seed   string
	Strata int    // of a stratified sample
	Unit   string // the currency, coins or diamonds; "": the only one that there is
	Out    string // a folder that isn't there yet
}

// Result is a sample that was drawn and written.
type Result struct {
	Plan   Plan
	Folder string
}

// SizeMax bounds a sample: each item of it is traced.
const SizeMax = 2_000

// Draw draws a sample, traces each of its items, and writes the folder. The access is
// recorded. A table, a unit or a size that can't be drawn from is an error of usage.
func Draw(ctx context.Context, o Options) (r *Result, err error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	p, err := books.OpenExisting(ctx, o.Setting, books.RightTrace)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	var items []item
	r = &Result{}
	_, err = p.Recorded(ctx, o.Setting, "sample", o.text(), func() (int64, error) {
		if r.Plan, err = o.plan(ctx, p); err != nil {
			return 0, err
		}
		items, err = r.Plan.draw(ctx, p, o.Setting, lake.AsOf{})
		return int64(len(items)), err
	})
	if err != nil {
		return nil, err
	}
	r.Folder = o.Out
	return r, r.Plan.write(o.Out, items, func(w io.Writer) error { return o.traces(ctx, items, w) })
}

// check refuses what can't be drawn before anything is opened.
func (o Options) check() error {
	if _, known := populationOf(o.Table); !known {
		return pipeline.Misnamed("draw from", o.Table, o.Table, Tables(), "samples are drawn from %s", strings.Join(Tables(), ", "))
	}
	if o.Size < 1 || o.Size > SizeMax {
		return pipeline.Errorf(pipeline.KindUsage, "draw", "--size", "%d items", o.Size).WithHint("draw 1 to %d", SizeMax)
	}
	if o.Method == sampling.Stratified && (o.Strata < 1 || o.Size < 2*o.Strata) {
		return pipeline.Errorf(pipeline.KindUsage, "draw", "--strata", "%d items of %d strata", o.Size, o.Strata).
			WithHint("it takes two items of each stratum to tell how they differ: a larger --size, or fewer --strata")
	}
	return nil
}

func (o Options) text() string {
	return fmt.Sprintf("%s of %s, %s, %d, seed %s", o.Table, o.Period, o.Method, o.Size, o.Seed)
}

// plan says what is drawn from: the month's current run, the last batch, the unit.
func (o Options) plan(ctx context.Context, p *books.Books) (Plan, error) {
	run, err := p.CurrentRun(ctx, o.Period)
	if err != nil {
		return Plan{}, err
	}
	batches, err := p.Batches(ctx, books.Latest)
	if err != nil {
		return Plan{}, err
	}
	plan := Plan{Form: planForm, Period: o.Period, Table: o.Table, Method: o.Method, Size: o.Size, Seed: o.Seed, Unit: o.Unit, Run: run.ID}
	if o.Method == sampling.Stratified {
		plan.StrataAsked = o.Strata
	}
	if len(batches) > 0 {
		plan.Batch = batches[len(batches)-1].ID
	}
	if plan.Unit == "" {
		plan.Unit, err = plan.onlyUnit(ctx, p, o.Setting)
	}
	return plan, err
}

// onlyUnit gives the unit of the population's amounts, if there is one.
func (l Plan) onlyUnit(ctx context.Context, p *books.Books, s books.Setting) (string, error) {
	of, _ := populationOf(l.Table)
	began, err := start(ctx, p, s)
	if err != nil {
		return "", err
	}
	t, err := p.Query(ctx, s.Config, books.Latest, fmt.Sprintf("select distinct coalesce(%s, '') as unit from %s where %s order by 1",
		of.unit, of.rows(), of.of(l.Period, l.Run, began)), l.Table)
	if err != nil {
		return "", err
	}
	var units []string
	for _, row := range t.Rows {
		units = append(units, fmt.Sprint(row[0]))
	}
	switch len(units) {
	case 0:
		return "", pipeline.Errorf(pipeline.KindNotFound, "draw from", l.Table, "%s has no rows of %s", l.Table, l.Period)
	case 1:
		return units[0], nil
	}
	return "", pipeline.Errorf(pipeline.KindUsage, "draw from", l.Table, "its amounts are in %s", strings.Join(units, ", ")).
		WithHint("amounts of two units don't add up: draw from one, for example --unit %s", units[0])
}

// item is a drawn item with what people call it and what follows it.
type item struct {
	sampling.Drawn
	id, trace string
}

// start is when carat began: the start of its first period.
func start(ctx context.Context, p *books.Books, s books.Setting) (time.Time, error) {
	first, err := p.FirstPeriod(ctx, s.Config)
	if err != nil {
		return time.Time{}, err
	}
	return first.Start(s.Config.Zone), nil
}

// told is a row of a population.
type told struct {
	sampling.Item
	id, trace string
}

// draw counts the population, draws from it, and puts both into the plan.
func (l *Plan) draw(ctx context.Context, p *books.Books, s books.Setting, at lake.AsOf) (items []item, err error) {
	eng, err := p.OpenReader(ctx, s.Config, at, p.TableFolders(), l.Table)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, eng.Close()) }()
	of, _ := populationOf(l.Table)
	began, err := start(ctx, p, s)
	if err != nil {
		return nil, err
	}
	l.Query = of.query(l.Period, l.Run, l.Unit, began)
	each := func(order string, take func(told) error) error {
		rows, err := eng.Query(ctx, "select item, trace, id, cast(amount * 1000000000 as hugeint) from (\n"+l.Query+"\n) order by "+order)
		if err != nil {
			return err
		}
		return errors.Join(eachRow(rows, take), rows.Close())
	}
	l.population = sampling.NewPopulation()
	if err := each("item", func(t told) error { return l.population.Add(t.Item) }); err != nil {
		return nil, err
	}
	l.count()
	drawer, order, err := l.drawer()
	if err != nil {
		return nil, err
	}
	names := map[string]told{}
	err = each(order, func(t told) error {
		drawer.Take(t.Item)
		return nil
	})
	if err != nil {
		return nil, err
	}
	l.sample = drawer.Sample()
	for _, d := range l.sample.Drawn {
		names[d.ID] = told{}
	}
	if err := each("item", func(t told) error {
		if _, drawn := names[t.ID]; drawn {
			names[t.ID] = t
		}
		return nil
	}); err != nil {
		return nil, err
	}
	for _, d := range l.sample.Drawn {
		items = append(items, item{Drawn: d, id: names[d.ID].id, trace: names[d.ID].trace})
	}
	l.tell(items)
	return items, nil
}

// drawer gives what draws, and the order in which it wants the items.
func (l *Plan) drawer() (d sampling.Drawer, order string, err error) {
	all := l.population
	switch l.Method {
	case sampling.MUS:
		order = "item"
		d, err = sampling.ByInterval(all.PositiveAmount, l.Size, l.Seed)
	case sampling.Random:
		order = "item"
		d, err = sampling.ByTicket(l.Size, l.Seed)
	default:
		order = "abs(amount), item"
		d, err = sampling.ByStratum(new(big.Int).Sub(all.PositiveAmount, all.NegativeAmount), l.Size, l.StrataAsked, l.Seed)
	}
	switch {
	case all.Items == 0:
		err = pipeline.Errorf(pipeline.KindNotFound, "draw from", l.Table, "no rows of %s in %s", l.Period, l.Unit)
	case err != nil:
		err = pipeline.Errorf(pipeline.KindUsage, "draw from", l.Table, "%w", err).WithHint("a smaller --size, or another --method")
	}
	return d, order, err
}

// eachRow hands each row of a population on.
func eachRow(rows *sql.Rows, take func(told) error) error {
	for rows.Next() {
		var t told
		var units any
		if err := rows.Scan(&t.ID, &t.trace, &t.id, &units); err != nil {
			return err
		}
		switch v := units.(type) {
		case *big.Int:
			t.Amount = v
		case int64:
			t.Amount = big.NewInt(v)
		default:
			return pipeline.Errorf(pipeline.KindInternal, "draw", t.ID, "an amount of type %T", units)
		}
		if err := take(t); err != nil {
			return err
		}
	}
	return rows.Err()
}

// tracedAtOnce bounds the trees that are held at once, whatever the sample's size.
const tracedAtOnce = 50

// traces follows each item, as `carat trace` does, and writes the trees, some at a time.
func (o Options) traces(ctx context.Context, items []item, w io.Writer) error {
	var ids []string
	seen := map[string]bool{}
	for _, i := range items {
		if !seen[i.trace] {
			seen[i.trace] = true
			ids = append(ids, i.trace)
		}
	}
	between := ""
	for some := range slices.Chunk(ids, tracedAtOnce) {
		trees, err := ask.Trace(ctx, ask.TraceOptions{Setting: o.Setting, SQL: o.SQL, IDs: some, Limit: ask.TraceLimit})
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, between); err != nil {
			return err
		}
		between = "\n" // as between the trees of one trace
		if err := trace.WriteTrees(w, "tree", trees); err != nil {
			return err
		}
	}
	return nil
}

// DefaultFolder is where a sample goes unless told otherwise, beside carat.yaml.
func (o Options) DefaultFolder() string {
	name := strings.Join([]string{string(o.Period), o.Table, o.Method, strconv.Itoa(o.Size)}, "-")
	return filepath.Join(o.Config.Dir, "samples", name)
}
