package reconcile

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/pipeline"
	"carat/pipeline/certificate"
	"carat/pipeline/state"
)

// ChangedSetting is something that numbers depend on and that is another than it was: a
// key of carat.yaml with the old value and the new, "" where there was or is none.
type ChangedSetting struct{ Name, Before, Now string }

// Says is the change in words.
func (c ChangedSetting) Says() string {
	said := func(value string) string {
		if value == "" {
			return "not set"
		}
		return value
	}
	return c.Name + ": " + said(c.Before) + " -> " + said(c.Now)
}

// Changes are what was set otherwise when something else was run or signed.
type Changes struct {
	Since string // what it is set beside: "the run before (…)"; "": there is nothing
	List  []ChangedSetting
}

// Says gives a sentence for each change.
func (c Changes) Says() (list []string) {
	for _, one := range c.List {
		list = append(list, one.Says()+", since "+c.Since)
	}
	return list
}

// settingKeys are the keys of carat.yaml by the fields of what results depend on.
var settingKeys = map[string]string{
	"TimeZone": "time_zone", "ReportingCurrency": "reporting_currency", "Entity": "entity", "Entities": "entities",
	"Tolerances": "tolerances", "Materiality": "materiality", "PayoutDueDays": "payout_due_days", "BelowMinimumDays": "below_minimum_days",
	"PayoutFXTolerance": "payout_fx_tolerance", "Escheat": "escheat", "FluxPercent": "flux_percent", "RefundReserve": "refund_reserve",
	"DAC7Basis": "dac7_basis", "StoreFeeRate": "store_fee_rate", "DueDays": "due_days", "Settlement": "settlement", "DebtAllowance": "debt_allowance",
	"Clawback": "clawback", "BreakageMonths": "breakage.after_months", "FXMaxAgeDays": "fx_max_age_days", "Approvers": "approvers",
	"Accounts": "accounts", "ExpectedDaily": "feeds",
}

// settingsOf gives each single value of a configuration, as RunConfig has it in JSON, by
// its key in carat.yaml: materiality.USD.
func settingsOf(text []byte) (map[string]string, error) {
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, fmt.Errorf("read the settings of a run: %w", err)
	}
	list := map[string]string{}
	for name, value := range fields {
		key := settingKeys[name]
		if key == "" {
			key = name // of an earlier carat, which had it by another name
		}
		if feeds, ok := value.([]any); ok && name == "ExpectedDaily" {
			for _, feed := range feeds {
				list[fmt.Sprintf("%s.%v.expected", key, feed)] = "daily"
			}
			continue
		}
		flat(list, key, value)
	}
	return list, nil
}

// flat gives each single value by where it stands.
func flat(list map[string]string, at string, value any) {
	switch value := value.(type) {
	case map[string]any:
		for name, one := range value {
			flat(list, at+"."+name, one)
		}
	case []any:
		for i, one := range value {
			entity, _ := one.(map[string]any)
			id, named := entity["ID"].(string)
			text, isText := one.(string)
			switch {
			case isText:
				list[at+"."+text] = "yes" // a list of names says who or what is in it
			case named:
				flat(list, at+"."+id, map[string]any{"functional_currency": entity["FunctionalCurrency"], "revenue": entity["Revenue"]})
			default:
				flat(list, at+"."+fmt.Sprint(i+1), one)
			}
		}
	case nil:
	default:
		list[at] = fmt.Sprint(value)
	}
}

// settings gives what numbers depend on of what users set now: keys of carat.yaml, and
// each control of their own by its hash.
func (o Options) settings(m Models) (map[string]string, error) {
	list, err := configured(o.Config)
	for _, model := range m.List {
		if model.UserMade && err == nil {
			list[ownName(model.Name)] = "SHA-256 " + model.SHA256
		}
	}
	return list, err
}

func configured(c *config.Config) (map[string]string, error) {
	text, err := json.Marshal(RunConfig(c))
	if err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	return settingsOf(text)
}

func ownName(model string) string {
	return ownControls + "/" + strings.TrimPrefix(model, "ctl_") + ".sql"
}

// recorded gives the settings of a run; nil of one of an older carat.
func recorded(run state.Run) (list map[string]string, err error) {
	if run.Settings == "" {
		return nil, nil
	}
	if err := json.Unmarshal([]byte(run.Settings), &list); err != nil {
		return nil, fmt.Errorf("read the settings of run %s: %w", run.ID, err)
	}
	return list, nil
}

// changed gives what differs, by name.
func changed(before, now map[string]string) (list []ChangedSetting) {
	all := maps.Clone(before)
	maps.Copy(all, now)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if before[name] != now[name] {
			list = append(list, ChangedSetting{Name: name, Before: before[name], Now: now[name]})
		}
	}
	return list
}

// sinceRun sets the settings of now beside those of the run before: the current one of
// the month, or of the month before when there is none.
func (o Options) sinceRun(ctx context.Context, p *books.Books, m Models) (c Changes, now map[string]string, err error) {
	if now, err = o.settings(m); err != nil {
		return c, nil, err
	}
	for _, period := range []pipeline.Period{o.Period, o.Period.Previous()} {
		run, found, err := p.State.CurrentRun(ctx, period)
		if err != nil {
			return c, nil, err
		}
		if !found {
			continue
		}
		before, err := recorded(run)
		if err == nil && before != nil {
			c = Changes{Since: "the run before (" + string(period) + ", " + run.ID + ")", List: changed(before, now)}
		}
		return c, now, err
	}
	return c, now, nil
}

// base gives what was set when a month was signed last: this one, when it was opened
// again, else the one before; of a first month what was set in its first run. Of a month
// that was signed, the SQL of carat itself is in the certificate.
func base(ctx context.Context, p *books.Books, closed books.Closures, period pipeline.Period) (since string, before map[string]string, signed *certificate.Certificate, err error) {
	lock, ok := closed.Replaced(period)
	if _, locked := closed.Lock(period); !ok || locked {
		lock, ok = closed.Lock(period.Previous())
	}
	if !ok {
		since, before, err = firstRun(ctx, p, period)
		return since, before, nil, err
	}
	if signed, err = p.ReadCertificate(lock); err != nil {
		return "", nil, nil, err
	}
	before, err = settingsOf(signed.Configuration)
	for _, f := range signed.SQL {
		if name, own := strings.CutPrefix(f.Path, OwnPath); own && err == nil {
			before[ownName(name)] = "SHA-256 " + f.SHA256
		}
	}
	return fmt.Sprintf("the certificate of %s, version %d", lock.Period, lock.Version), before, signed, err
}

// firstRun gives the settings of the first run of a month that has them.
func firstRun(ctx context.Context, p *books.Books, period pipeline.Period) (since string, before map[string]string, err error) {
	heads, err := p.State.RunHeads(ctx)
	for i := 0; i < len(heads) && err == nil && before == nil; i++ {
		if heads[i].Period != period {
			continue
		}
		var run state.Run
		if run, _, err = p.State.Run(ctx, heads[i].ID); err == nil {
			since = "the first run of " + string(period) + " (" + run.ID + ")"
			before, err = recorded(run)
		}
	}
	if before == nil {
		since = ""
	}
	return since, before, err
}

// SinceSigned sets the settings of now, and the SQL of carat itself, beside those of when
// a month was signed last, as base says.
func (o Options) SinceSigned(ctx context.Context, p *books.Books, closed books.Closures) (c Changes, err error) {
	since, before, signed, err := base(ctx, p, closed, o.Period)
	if err != nil || since == "" {
		return c, err
	}
	m, err := o.Models()
	if err != nil {
		return c, err
	}
	now, err := o.settings(m)
	if err != nil {
		return c, err
	}
	if signed != nil {
		const sql, sum = "SQL of ", "SHA-256 "
		for _, f := range signed.SQL {
			if !strings.HasPrefix(f.Path, OwnPath) {
				before[sql+f.Path] = sum + f.SHA256
			}
		}
		text := sha256.Sum256([]byte(m.Dialect))
		now[sql+DialectPath] = sum + hex.EncodeToString(text[:])
		for _, model := range m.List {
			if !model.UserMade {
				now[sql+model.Name] = sum + model.SHA256
			}
		}
	}
	return Changes{Since: since, List: changed(before, now)}, nil
}

// RunSettings sets what a run was told beside what was set when a month was signed last, as
// base says; of an older carat's run it knows nothing.
func RunSettings(ctx context.Context, p *books.Books, closed books.Closures, run state.Run) (c Changes, err error) {
	told, err := recorded(run)
	if err != nil || told == nil {
		return c, err
	}
	since, before, _, err := base(ctx, p, closed, run.Period)
	if err != nil || since == "" {
		return c, err
	}
	return Changes{Since: since, List: changed(before, told)}, nil
}

// SettingsMoved tells of an open month what users set otherwise than when a month was
// signed last, as base says: first what its current run was told, then what carat.yaml says
// by now and the run doesn't know.
func SettingsMoved(ctx context.Context, p *books.Books, c *config.Config, closed books.Closures, run state.Run) (list []string, err error) {
	told, err := recorded(run)
	if err != nil || told == nil {
		return nil, err
	}
	moved, err := RunSettings(ctx, p, closed, run)
	if err != nil {
		return nil, err
	}
	list = moved.Says()
	now, err := configured(c)
	if err != nil {
		return nil, err
	}
	for name, value := range told {
		if strings.HasPrefix(name, ownControls+"/") {
			now[name] = value // the file is read when it runs
		}
	}
	return append(list, Changes{"the run (`carat reconcile --period " + string(run.Period) + "` runs it with the new one)", changed(told, now)}.Says()...), nil
}
