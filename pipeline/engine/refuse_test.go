package engine_test

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"

	"carat/pipeline"
	"carat/pipeline/engine"
)

const controlHeader = `-- One row is a gift.
-- grain: event_id
-- control: mine
-- severity: review
-- unit: coins
-- guards: a typing mistake
`

const controlRow = `select entity, 'gift' as subject_kind, event_id as subject_id, cast(0 as decimal(38, 9)) as expected,
    cast(coins as decimal(38, 9)) as actual, cast(coins as decimal(38, 9)) as difference, 'coins' as unit,
    'big' as reason, 'too big' as detail, batch_id, source_line
from stg_gift_events
`

// reconcileWith runs these files over one gift, with all of the built-in models
// or those that the files read.
func reconcileWith(t *testing.T, files map[string]string, userMade, all bool) (*engine.Outcome, error) {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	more, err := engine.ParseModels(fsys, userMade)
	if err != nil {
		return nil, err
	}
	e := openEngine(t)
	given(t, e, "2026-10", map[string]string{"gift_events": "event_id, kind, sent_at, stream_id, viewer_id, creator_id, gift_id, quantity, coins, diamonds\n" +
		"g1, gift, 2026-10-02T00:00:00Z, s, v, c, r, 1, 7, 3\n"})
	dialect, models := builtinModels(t)
	if !all {
		models = append(needed(models, "stg_payouts"), needed(models, "stg_gift_events")...)
	}
	return e.Reconcile(context.Background(), dialect, append(models, more...), testParameters(t, "2026-10", "2026-10", "UTC"), nil)
}

func TestModelsThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		name, file, sql, want string
		userMade              bool
		kind                  pipeline.Kind
	}{
		{"float", "marts/mart_float.sql", "-- One row is a number.\n-- grain: all\nselect cast(1.5 as double) as amount\n",
			"build model marts/mart_float.sql: its columns are not exact: amount DOUBLE", false, pipeline.KindInternal},
		{"division leaves DECIMAL", "marts/mart_half.sql", "-- One row is a number.\n-- grain: all\nselect cast(1 as decimal(18, 6)) / 2 as amount\n",
			"its columns are not exact: amount DOUBLE", false, pipeline.KindInternal},
		{"sum of whole numbers is HUGEINT", "marts/mart_sum.sql", "-- One row is a number.\n-- grain: all\nselect sum(coins) as coins from stg_gift_events\n",
			"its columns are not exact: coins HUGEINT", false, pipeline.KindInternal},
		{"a key among the words", "marts/mart_late.sql", "-- One row is a thing.\n-- grain: all\n-- Because of it.\n-- result: things\nselect 1 as x\n",
			"read model marts/mart_late.sql: `result:` stands below the words of its header, where it says nothing", false, pipeline.KindUsage},
		{"reads itself", "ledger/led_a.sql", "-- One row is a thing.\n-- grain: all\nselect x from led_a\n",
			"order models ledger/led_a.sql: it reads itself by way of led_a", false, pipeline.KindUsage},
		{"no grain", "ledger/led_b.sql", "-- One row is a thing.\nselect 1 as x\n",
			"read model ledger/led_b.sql: its header has no `grain:`", false, pipeline.KindUsage},
		{"name twice", "ledger/stg_gift_events.sql", "-- One row is a thing.\n-- grain: all\nselect 1 as x\n",
			"stg_gift_events is also the name of", false, pipeline.KindUsage},
		{"user control without severity", "mine.sql", strings.Replace(controlHeader, "review", "grave", 1) + controlRow,
			"read model mine.sql: `severity: grave` is not block, review or monitor", true, pipeline.KindUsage},
		{"user control of another name", "other.sql", controlHeader + controlRow,
			"its header says `control: mine`, its file name \"other\"", true, pipeline.KindUsage},
		{"user control without guards", "mine.sql", strings.Replace(controlHeader, "guards", "against", 1) + controlRow,
			"its header has no `guards:`", true, pipeline.KindUsage},
		{"user control without columns", "mine.sql", controlHeader + "select 1 as x\n",
			"read control mine.sql", true, pipeline.KindUsage},
		{"user control that doesn't parse", "mine.sql", controlHeader + "select from where\n",
			"parse model mine.sql", true, pipeline.KindUsage},
		{"user control that writes", "mine.sql", controlHeader + controlRow + "; copy (select 1) to 'x.csv'",
			"parse model mine.sql: only a SELECT may be run here", true, pipeline.KindUsage},
		{"user control that counts and writes", "mine.sql",
			strings.Replace(controlHeader, "-- guards", "-- checked: from stg_payouts; copy (select 1) to 'x.csv'\n-- guards", 1) + controlRow,
			"`checked:` only a SELECT may be run here", true, pipeline.KindUsage},
		{"user control of an unknown table", "mine.sql", controlHeader + "select * from nowhere\n",
			"build model mine.sql", true, pipeline.KindUsage},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := reconcileWith(t, map[string]string{c.file: c.sql}, c.userMade, false)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error %v, want %q in it", err, c.want)
			}
			if got := pipeline.KindOf(err); got != c.kind {
				t.Errorf("kind %d, want %d", got, c.kind)
			}
		})
	}
}

func TestUserControlJoinsTheBuiltIn(t *testing.T) {
	outcome, err := reconcileWith(t, map[string]string{"mine.sql": controlHeader + controlRow}, true, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range outcome.Controls {
		if c.Control == "mine" {
			if c.Exceptions != 1 || c.Result != "fail" || c.Severity != "review" {
				t.Errorf("%+v", c)
			}
			return
		}
	}
	t.Error("the control did not run")
}

// Below the block of keys a word before a colon is prose; what closed months
// kept of an earlier form still counts.
func TestHeaderIsABlockOfKeys(t *testing.T) {
	const text = "-- One row is a thing.\n-- grain: all\n-- unit: coins\n-- They are counted to the last\n-- unit: none is lost.\n"
	m, err := engine.ParseModel("mart_things", text+"-- result: things\nselect 1 as x\n", false)
	if err != nil {
		t.Fatal(err)
	}
	if m.Header["unit"] != "coins" || m.Why != "They are counted to the last unit: none is lost." || m.Header["result"] != "things" {
		t.Errorf("unit %q, why %q, result %q", m.Header["unit"], m.Why, m.Header["result"])
	}
}

// SQL of a header may take several lines, set in by four; nothing else goes on.
func TestHeaderOfSeveralLines(t *testing.T) {
	const text = "-- One row is a thing.\n-- grain: all\n-- checked: from (\n--         select 1: x\n--     ) as judged\n-- unit: coins\n--     and more.\n-- They are counted.\n--     unit: told.\nselect 1 as x\n"
	m, err := engine.ParseModel("mart_things", text, false)
	if err != nil {
		t.Fatal(err)
	}
	if m.Header["checked"] != "from ( select 1: x ) as judged" || m.Header["unit"] != "coins" || m.Why != "and more. They are counted. unit: told." {
		t.Errorf("checked %q, unit %q, why %q", m.Header["checked"], m.Header["unit"], m.Why)
	}
}

// Two rows with one id would be decided by one decision: the run is refused, and
// whoever wrote the control is told which.
func TestEqualIDsAreRefused(t *testing.T) {
	twice := strings.TrimSuffix(controlRow, "\n") + "\nunion all\n" + controlRow
	for _, c := range []struct {
		userMade bool
		kind     pipeline.Kind
		name     string
	}{{true, pipeline.KindUsage, "controls/ctl_mine.sql"}, {false, pipeline.KindInternal, "mine"}} {
		_, err := reconcileWith(t, map[string]string{"controls/ctl_mine.sql": controlHeader + twice}, c.userMade, false)
		if want := "read control " + c.name + ": two of its rows have one id: gift g1, big"; pipeline.KindOf(err) != c.kind || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
