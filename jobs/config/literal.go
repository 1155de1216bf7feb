package config

import (
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"carat/jobs/config/literal"
)

// LiteralSecrets names the keys under which a secret stands in the text of carat.yaml
// itself. Keys that are for secrets alone take no literal at all; these are addresses,
// most of which hold none.
func (c *Config) LiteralSecrets() (keys []string) {
	for _, one := range [][2]string{{"catalog", c.Catalog.Reveal()}, {"timestamp", c.Timestamp.URL}, {"engine", c.Engine.URL}, {"auth oidc", c.Auth.OIDC.Issuer}} {
		if literal.In(one[1]) {
			keys = append(keys, one[0])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Sources)) {
		if s := c.Sources[name]; literal.In(s.Secret["url"].Text.Reveal()) || literal.In(s.Text["endpoint"]) {
			keys = append(keys, "sources "+name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Notifications)) {
		if literal.InWebhook(c.Notifications[name].URL.Text.Reveal()) {
			keys = append(keys, "notifications "+name)
		}
	}
	return keys
}

// refuseLiterals refuses secrets in the text where people sign in: whoever may read the
// configuration must not be somebody else by it.
func (y *yamlFile) refuseLiterals(root *yaml.Node, c *Config) {
	if !c.Auth.On {
		return
	}
	for _, key := range c.LiteralSecrets() {
		n := root
		for _, part := range strings.Fields(key) {
			if below := child(n, part); below != nil {
				n = below
			}
		}
		y.problem(n, "%s: a secret stands in its address, which auth doesn't allow; %s", key, literal.Instead)
	}
}
