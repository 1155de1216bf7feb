package ingest

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"carat/jobs/config"
	"carat/pipeline"
)

// inbox makes a work folder with empty files and gives its configuration.
func inbox(t *testing.T, yaml string, files ...string) *config.Config {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		name := filepath.Join(dir, f)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c, err := config.Parse([]byte(yaml), dir, config.File)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// found gives feed:name[+totals] of the inputs and name: reason of the ignored.
func found(t *testing.T, c *config.Config) (inputs, ignored []string) {
	t.Helper()
	files, rest, err := FindInputs(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text := f.Feed + ":" + f.Name
		if f.Totals != "" {
			text += "+" + filepath.Base(f.Totals)
		}
		if f.Refused != "" {
			text += "!" + f.Refused
		}
		inputs = append(inputs, text)
	}
	for _, i := range rest {
		ignored = append(ignored, i.Name+": "+i.Reason)
	}
	return inputs, ignored
}

func TestFilesAreFoundByName(t *testing.T) {
	c := inbox(t, "",
		"inbox/payouts.csv", "inbox/gift_events_2.csv.gz", "inbox/gift_events_1.ndjson.zst", "inbox/creators.parquet",
		"inbox/fx_rates-hist.zip", "inbox/gift_events_1.ndjson.zst.totals.json", "inbox/payouts.totals.json",
		"inbox/.payouts.csv", "inbox/notes.csv", "inbox/payouts.csv.part", "inbox/bank_lines/x.csv", "inbox/gone.csv.totals.json", "payouts.csv")
	inputs, ignored := found(t, c)
	if want := []string{
		"fx_rates:fx_rates-hist.zip", "creators:creators.parquet",
		"gift_events:gift_events_1.ndjson.zst+gift_events_1.ndjson.zst.totals.json", "gift_events:gift_events_2.csv.gz",
		"payouts:payouts.csv+payouts.totals.json",
	}; !reflect.DeepEqual(inputs, want) {
		t.Errorf("inputs\n%q\nwant\n%q", inputs, want)
	}
	if want := []string{
		".payouts.csv: hidden", "bank_lines: a folder", "gone.csv.totals.json: control totals of no file that is here",
		"notes.csv: " + noFeed,
		"payouts.csv.part: its name does not end in .csv, .ndjson or .parquet (.gz and .zst allowed behind the first two)",
	}; !reflect.DeepEqual(ignored, want) {
		t.Errorf("ignored\n%q\nwant\n%q", ignored, want)
	}
}

func TestPatternsOfTheConfiguration(t *testing.T) {
	c := inbox(t, `feeds: {payouts: {paths: ["drop/*.csv", "inbox/pay-*"]}}`,
		"drop/a.csv", "inbox/pay-1.csv", "inbox/payouts.csv", "drop/gift_events.csv")
	inputs, ignored := found(t, c)
	if want := []string{"payouts:a.csv", "payouts:gift_events.csv", "payouts:pay-1.csv"}; !reflect.DeepEqual(inputs, want) {
		t.Errorf("inputs %q, want %q", inputs, want)
	}
	if want := []string{"payouts.csv: " + noFeed}; !reflect.DeepEqual(ignored, want) {
		t.Errorf("ignored %q, want %q", ignored, want)
	}
}

func TestLinksAreRefused(t *testing.T) {
	c := inbox(t, "", "inbox/payouts.csv", "elsewhere.csv")
	if err := os.Symlink(filepath.Join(c.Dir, "elsewhere.csv"), filepath.Join(c.Dir, "inbox/gift_events.csv")); err != nil {
		t.Fatal(err)
	}
	inputs, _ := found(t, c)
	want := []string{"gift_events:gift_events.csv!it is a symbolic link; put the file itself into the inbox", "payouts:payouts.csv"}
	if !reflect.DeepEqual(inputs, want) {
		t.Errorf("inputs %q, want %q", inputs, want)
	}
	files, _, _ := FindInputs(c)
	if _, _, err := openInput(files[0]); pipeline.KindOf(err) != pipeline.KindBadInput || !strings.Contains(err.Error(), "read gift_events.csv: it is a symbolic link") {
		t.Errorf("opened a link: %v", err)
	}
	// A file that turns into a link between listing and opening.
	late := files[1]
	if err := os.Remove(late.Path); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(c.Dir, "elsewhere.csv"), late.Path); err != nil {
		t.Fatal(err)
	}
	if _, _, err := openInput(late); err == nil || !strings.Contains(err.Error(), "read payouts.csv: it is a symbolic link") {
		t.Errorf("opened a late link: %v", err)
	}
	outside := inbox(t, "")
	if err := os.Symlink(c.Dir, filepath.Join(outside.Dir, "inbox")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := FindInputs(outside); err == nil || !strings.Contains(err.Error(), "the inbox must be a folder beside carat.yaml, not a link to elsewhere") {
		t.Errorf("followed an inbox that is a link: %v", err)
	}
}

func TestNamedFiles(t *testing.T) {
	c := inbox(t, "", "payouts-oct.csv", "payouts-oct.csv.totals.json", "list.json", "creators.csv")
	at := func(name string) string { return filepath.Join(c.Dir, name) }
	inputs, err := NamedInputs(c, []string{at("payouts-oct.csv"), at("creators.csv")}, "")
	if err != nil || len(inputs) != 2 || inputs[0].Feed != "creators" || inputs[1].Totals != at("payouts-oct.csv.totals.json") {
		t.Errorf("%+v, %v", inputs, err)
	}
	inputs, err = NamedInputs(c, []string{at("list.json")}, "gift_catalog")
	if err != nil || inputs[0].Feed != "gift_catalog" {
		t.Errorf("%+v, %v", inputs, err)
	}
	conf := c
	for _, c := range []struct {
		path, feed string
		kind       pipeline.Kind
		want       string
	}{
		{at("none.csv"), "", pipeline.KindNotFound, "none.csv: no such file"},
		{at("list.json"), "", pipeline.KindUsage, noFeed + "; name the feed: --feed agencies|"},
		{at("list.json"), "payuots", pipeline.KindUsage, `find feed: unknown feed "payuots"; did you mean payouts?`},
		{at("list.json"), "x", pipeline.KindUsage, `find feed: unknown feed "x"; feeds are agencies, agency_adjustments,`},
	} {
		_, err := NamedInputs(conf, []string{c.path}, c.feed)
		if pipeline.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s as %q: %v", c.path, c.feed, err)
		}
	}
}

// A file that carat knows and doesn't read is left alone under its name, and
// refused when a person names it.
func TestUnreadFiles(t *testing.T) {
	c := inbox(t, "")
	export := filepath.Join(c.Dir, "inbox", "unified_payments.csv")
	if err := os.MkdirAll(filepath.Dir(export), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(export, []byte("id,Created date (UTC),Amount,Amount Refunded,Currency\nch_7,2026-10-03 10:00:00,5.00,0.00,usd\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const want = "it is Stripe's dashboard export of payments, which carat doesn't read; "
	inputs, ignored, err := FindInputs(c)
	if err != nil || len(inputs) != 0 || len(ignored) != 1 || !strings.HasPrefix(ignored[0].Reason, want) {
		t.Errorf("%+v %+v %v", inputs, ignored, err)
	}
	if _, err := NamedInputs(c, []string{export}, ""); pipeline.KindOf(err) != pipeline.KindBadInput || !strings.Contains(err.Error(), want) {
		t.Errorf("%v", err)
	}
}
