package config

import (
	"go.yaml.in/yaml/v3"

	"carat/jobs/config/authority"
)

// timestamp reads who stamps time.
func (y *yamlFile) timestamp(n *yaml.Node, t *authority.Timestamp) {
	y.keys(n, "timestamp", map[string]func(*yaml.Node){
		"url":          func(n *yaml.Node) { t.URL, _ = y.text(n, "timestamp url") },
		"certificates": func(n *yaml.Node) { t.Certificates, _ = y.text(n, "timestamp certificates") },
		"policy":       func(n *yaml.Node) { t.Policy, _ = y.text(n, "timestamp policy") },
		"allow":        func(n *yaml.Node) { t.Allow = y.allow(n, "timestamp allow") },
	})
	for _, problem := range t.Problems() {
		y.problem(n, "timestamp %s", problem)
	}
}
