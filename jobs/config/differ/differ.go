// Package differ says where two configurations say something else.
//
// It promises to name keys and never what they hold, which may be a secret. It must not
// import config: what it compares need not be right.
package differ

import (
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// Keys gives the keys by which two texts of carat.yaml differ, in order: feeds.bank_lines.format.
// A text that is no YAML differs as a whole: "" is its key.
func Keys(a, b []byte) []string {
	one, other := map[string]string{}, map[string]string{}
	for text, into := range map[*[]byte]map[string]string{&a: one, &b: other} {
		var doc yaml.Node
		if err := yaml.Unmarshal(*text, &doc); err != nil {
			into[""] = string(*text)
			continue
		}
		left := nodesMax
		flatten(&doc, "", into, &left)
	}
	var keys []string
	for key, value := range one {
		if has, ok := other[key]; !ok || has != value {
			keys = append(keys, key)
		}
	}
	for key := range other {
		if _, ok := one[key]; !ok {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// nodesMax bounds what is looked into: an alias may lead in a circle, or unfold without end.
const nodesMax = 100_000

func flatten(n *yaml.Node, at string, into map[string]string, left *int) {
	if *left--; *left < 0 {
		return
	}
	join := func(key string) string {
		if at == "" {
			return key
		}
		return at + "." + key
	}
	switch n.Kind {
	case 0: // nothing was written
	case yaml.DocumentNode:
		for _, c := range n.Content {
			flatten(c, at, into, left)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			flatten(n.Content[i+1], join(n.Content[i].Value), into, left)
		}
	case yaml.SequenceNode:
		for i, c := range n.Content {
			flatten(c, at+"["+strconv.Itoa(i+1)+"]", into, left)
		}
	case yaml.AliasNode:
		flatten(n.Alias, at, into, left)
	default:
		into[at] = n.Value
	}
}
