package config

import (
	"go.yaml.in/yaml/v3"
)

// Backup says where `carat backup` puts copies.
type Backup struct {
	To   string // a folder; relative to carat.yaml; "": --out must say
	Keep int    // how many to keep; 0: all
}

func (y *yamlFile) backup(n *yaml.Node, b *Backup) {
	y.keys(n, "backup", map[string]func(*yaml.Node){
		"to":   func(n *yaml.Node) { b.To, _ = y.text(n, "backup to") },
		"keep": func(n *yaml.Node) { b.Keep = y.whole(n, "backup keep", 0, 10_000) },
	})
}
