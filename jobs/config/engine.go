package config

import (
	"go.yaml.in/yaml/v3"

	"carat/jobs/config/cluster"
)

// engine reads what builds the models.
func (y *yamlFile) engine(n *yaml.Node, e *cluster.Engine) {
	y.keys(n, "engine", map[string]func(*yaml.Node){
		"kind":     func(n *yaml.Node) { e.Kind = y.choice(n, "engine kind", cluster.DuckDB, cluster.Trino) },
		"url":      func(n *yaml.Node) { e.URL, _ = y.text(n, "engine url") },
		"password": func(n *yaml.Node) { e.Password = y.reference(n, "engine password") },
		"token":    func(n *yaml.Node) { e.Token = y.reference(n, "engine token") },
		"catalog":  func(n *yaml.Node) { e.Catalog, _ = y.text(n, "engine catalog") },
		"scratch":  func(n *yaml.Node) { e.Scratch, _ = y.text(n, "engine scratch") },
	})
}
