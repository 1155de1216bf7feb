package config

import (
	"net/url"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"carat/pipeline/source/reach"
	"carat/pipeline/timestamp"
)

// Timestamp says which authority stamps certificates and the end of the chain.
type Timestamp struct {
	URL          string // "": none
	Certificates string // the file of the roots that stamps chain to; relative to carat.yaml
	Policy       string // "": any
	Allow        reach.Allow
}

func (y *yamlFile) timestamp(n *yaml.Node, t *Timestamp) {
	y.keys(n, "timestamp", map[string]func(*yaml.Node){
		"url":          func(n *yaml.Node) { t.URL, _ = y.text(n, "timestamp url") },
		"certificates": func(n *yaml.Node) { t.Certificates, _ = y.text(n, "timestamp certificates") },
		"policy": func(n *yaml.Node) {
			t.Policy, _ = y.text(n, "timestamp policy")
			if _, err := timestamp.ParsePolicy(t.Policy); err != nil {
				y.problem(n, "timestamp policy: %v", err)
			}
		},
		"allow": func(n *yaml.Node) { t.Allow = y.allow(n, "timestamp allow") },
	})
	if t.URL == "" {
		return
	}
	if u, err := url.Parse(t.URL); err != nil {
		y.problem(n, "timestamp url: it is no address that begins with https://")
	} else if err := reach.CheckURL(u, t.Allow, true); err != nil {
		y.problem(n, "timestamp url: %v", err)
	}
	if t.Certificates == "" {
		y.problem(n, "timestamp certificates: name the file with the authority's root, which stamps are checked against")
	}
}

// CertificatesFile is the file of roots as the operating system takes it; "": none.
func (c *Config) CertificatesFile() string {
	if c.Timestamp.Certificates == "" || filepath.IsAbs(c.Timestamp.Certificates) {
		return c.Timestamp.Certificates
	}
	return filepath.Join(c.Dir, c.Timestamp.Certificates)
}
