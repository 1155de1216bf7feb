package config

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"carat/jobs/names"
	"carat/pipeline"
)

// waiverRoles are the roles that decide, and so may waive.
var waiverRoles = []string{"preparer", "approver"}

// approvers reads who may approve adjustments, each in the one spelling of a name.
func (y *yamlFile) approvers(n *yaml.Node) []string {
	if isNull(n) {
		return nil
	}
	list := []string{}
	for _, text := range y.list(n, "approvers") {
		name, err := names.Foreign(text)
		switch {
		case err != nil:
			y.problem(n, "approvers: %q %v", text, err)
		case slices.Contains(list, name):
			y.problem(n, "approvers: %q is there twice", text)
		default:
			list = append(list, name)
		}
	}
	return list
}

// waiverLimits reads how much each role may waive, by the unit of the difference.
func (y *yamlFile) waiverLimits(n *yaml.Node) map[string]map[string]pipeline.Amount {
	limits := map[string]map[string]pipeline.Amount{}
	known := map[string]func(*yaml.Node){}
	for _, role := range waiverRoles {
		known[role] = func(n *yaml.Node) {
			limits[role] = map[string]pipeline.Amount{}
			y.each(n, "waiver_limits "+role, func(key, value *yaml.Node) {
				if unit := key.Value; currencyForm.MatchString(unit) || unit == "coins" || unit == "diamonds" {
					limits[role][unit] = y.amount(value, "waiver_limits "+role+" "+unit)
				} else {
					y.problem(key, "waiver_limits %s: %q is neither a currency, coins nor diamonds", role, unit)
				}
			})
		}
	}
	y.keys(n, "waiver_limits", known)
	return limits
}
