package reference

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// PathTo gives the keys that lead to a node of a document; what stands in a list
// has the path of the list.
func PathTo(from, to *yaml.Node) []string {
	var find func(n *yaml.Node, path []string) []string
	find = func(n *yaml.Node, path []string) []string {
		if n == to {
			return append([]string{}, path...)
		}
		if n.Kind == yaml.MappingNode {
			for i := 0; i+1 < len(n.Content); i += 2 {
				if n.Content[i] == to {
					return append(slices.Clone(path), n.Content[i].Value)
				}
				if found := find(n.Content[i+1], append(slices.Clone(path), n.Content[i].Value)); found != nil {
					return found
				}
			}
			return nil
		}
		for _, c := range n.Content {
			if found := find(c, path); found != nil {
				return found
			}
		}
		return nil
	}
	if from == nil {
		return nil
	}
	return find(from, nil)
}
