package reconcile

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"carat/jobs/config/reference"
)

// Each field that results depend on has a key, which there is in carat.yaml; so a change
// of it is told by the name that a user can look up.
func TestEverySettingHasAKey(t *testing.T) {
	var known []string
	for _, k := range reference.Keys() {
		known = append(known, k.Path)
	}
	fields := reflect.TypeFor[runConfig]()
	for i := range fields.NumField() {
		name := fields.Field(i).Name
		if key := settingKeys[name]; key == "" || !slices.Contains(known, key) && key != "feeds" && !slices.ContainsFunc(known, func(k string) bool { return strings.HasPrefix(k, key+".") }) {
			t.Errorf("%s is told as %q, which is no key of carat.yaml", name, key)
		}
	}
	if len(settingKeys) != fields.NumField() {
		t.Errorf("%d keys for %d fields", len(settingKeys), fields.NumField())
	}
}

func TestChangesAreToldByKey(t *testing.T) {
	read := func(text string) map[string]string {
		t.Helper()
		list, err := settingsOf(json.RawMessage(text))
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	before := read(`{"Materiality":{"USD":"10"},"Approvers":["ann"],"Entities":[{"ID":"main","FunctionalCurrency":"USD","Revenue":"gross"}],"ExpectedDaily":["gift_events"],"FluxPercent":10,"Escheat":null}`)
	now := read(`{"Materiality":{"USD":"5000","EUR":"1"},"Approvers":["bob"],"Entities":[{"ID":"main","FunctionalCurrency":"USD","Revenue":"net"}],"ExpectedDaily":[],"FluxPercent":10,"Escheat":{"US":36}}`)
	want := []string{
		"approvers.ann: yes -> not set, since then", "approvers.bob: not set -> yes, since then", "entities.main.revenue: gross -> net, since then", "escheat.US: not set -> 36, since then",
		"feeds.gift_events.expected: daily -> not set, since then", "materiality.EUR: not set -> 1, since then", "materiality.USD: 10 -> 5000, since then",
	}
	if got := (Changes{"then", changed(before, now)}).Says(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := (Changes{"then", changed(now, now)}).Says(); len(got) > 0 {
		t.Errorf("nothing changed: %q", got)
	}
}
