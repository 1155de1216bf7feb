package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"

	"carat/jobs/config/literal"
	"carat/pipeline"
	"carat/pipeline/spelling"
)

// yamlFile walks the nodes of a configuration instead of decoding into Go
// types: so 0.01 stays the text that was written, every problem has its line,
// and no key is ignored.
type yamlFile struct {
	file     string
	problems []*pipeline.Error
	at       []*yaml.Node // of each problem; nil for a text that is no YAML
	document *yaml.Node
	of       map[string]*yaml.Node // sources that layouts name
	later    []func()              // judged by Check alone: it takes an engine, which no other verb waits for
}

// yamlErrorLine is where the YAML parser puts the line into its text.
var yamlErrorLine = regexp.MustCompile(`^yaml: line (\d+): (.*)$`)

// root parses the text into its one mapping; nil when the file is empty.
func (y *yamlFile) root(text []byte) *yaml.Node {
	if line := literal.NotUTF8(text); line > 0 {
		y.problems = append(y.problems, pipeline.Errorf(pipeline.KindUsage, "parse configuration", fmt.Sprintf("%s:%d", y.file, line), "it is no UTF-8").
			WithHint("save the file as UTF-8"))
		y.at = append(y.at, nil)
		return nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var doc yaml.Node
	err := dec.Decode(&doc)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		object, message := y.file, strings.TrimPrefix(err.Error(), "yaml: ")
		if m := yamlErrorLine.FindStringSubmatch(err.Error()); m != nil {
			object, message = y.file+":"+m[1], m[2]
		}
		y.problems = append(y.problems, pipeline.Errorf(pipeline.KindUsage, "parse configuration", object, "not YAML: %s", message))
		y.at = append(y.at, nil)
		return nil
	}
	if dec.Decode(new(yaml.Node)) == nil {
		y.problem(&doc, "has more than one document")
	}
	if len(doc.Content) == 0 || isNull(doc.Content[0]) {
		return nil
	}
	y.document = doc.Content[0]
	return y.document
}

func (y *yamlFile) problem(n *yaml.Node, format string, args ...any) {
	y.problems = append(y.problems, pipeline.Errorf(pipeline.KindUsage, "parse configuration",
		fmt.Sprintf("%s:%d", y.file, n.Line), format, args...))
	y.at = append(y.at, n)
}

// err joins the problems in the order of their lines.
func (y *yamlFile) err() error {
	var all []error
	for _, p := range y.problems {
		all = append(all, p)
	}
	return errors.Join(all...)
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// keys reads a mapping whose keys are known.
func (y *yamlFile) keys(n *yaml.Node, what string, known map[string]func(*yaml.Node)) {
	var names []string
	for name := range known {
		names = append(names, name)
	}
	sort.Strings(names)
	y.each(n, what, func(key, value *yaml.Node) {
		read, ok := known[key.Value]
		if !ok {
			meant := "known keys: " + strings.Join(names, ", ")
			if c := pipeline.Closest(key.Value, names); c != "" {
				meant = "did you mean " + c + "?"
			}
			y.problem(key, "unknown key %q%s; %s", key.Value, of(what), meant)
			return
		}
		read(value)
	})
}

func of(what string) string {
	if what == "" {
		return ""
	}
	return " of " + what
}

// each reads a mapping with keys of the user's choice. A null is an empty one.
func (y *yamlFile) each(n *yaml.Node, what string, fn func(key, value *yaml.Node)) {
	if isNull(n) {
		return
	}
	if n.Kind != yaml.MappingNode {
		if what == "" {
			what = "the file"
		}
		y.problem(n, "%s must be a mapping of keys to values", what)
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			y.problem(key, "a key%s must be plain text", of(what))
			continue
		}
		if seen[key.Value] {
			y.problem(key, "key %q is given twice", key.Value)
			continue
		}
		seen[key.Value] = true
		if err := spelling.CheckText(key.Value, false); err != nil {
			y.problem(key, "a key%s: %v", of(what), err)
			continue
		}
		fn(key, value)
	}
}

// text reads a scalar as it was written; "" for null. Anchors and aliases are
// not plain text, and are refused with everything else that isn't.
func (y *yamlFile) text(n *yaml.Node, what string) (string, bool) {
	if n.Kind != yaml.ScalarNode {
		y.problem(n, "%s must be one plain value", what)
		return "", false
	}
	if isNull(n) {
		return "", true
	}
	if err := spelling.CheckText(n.Value, true); err != nil {
		y.problem(n, "%s: %v", what, err)
		return "", false
	}
	return n.Value, true
}

// reference reads a secret, which stands elsewhere: the text is not repeated.
func (y *yamlFile) reference(n *yaml.Node, what string) Hidden {
	text, ok := y.text(n, what)
	if ok && text != "" && !strings.HasPrefix(text, literal.FilePrefix) && literal.Reference.FindString(text) != text {
		y.problem(n, "%s: a secret doesn't belong in the configuration; write ${NAME} for a variable of the environment, or FILE: and a path", what)
		return ""
	}
	return Hidden(text)
}

func (y *yamlFile) list(n *yaml.Node, what string) []string {
	if isNull(n) {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		y.problem(n, "%s must be a list", what)
		return nil
	}
	items := []string{}
	for _, item := range n.Content {
		if text, ok := y.text(item, "an item of "+what); ok {
			items = append(items, text)
		}
	}
	return items
}

func (y *yamlFile) choice(n *yaml.Node, what string, allowed ...string) string {
	text, ok := y.text(n, what)
	if !ok {
		return ""
	}
	for _, a := range allowed {
		if text == a {
			return text
		}
	}
	y.problem(n, "%s: %q is not one of %s", what, text, strings.Join(allowed, ", "))
	return ""
}

func (y *yamlFile) whole(n *yaml.Node, what string, low, high int64) int {
	text, ok := y.text(n, what)
	if !ok {
		return 0
	}
	v, err := pipeline.ParseWhole([]byte(text))
	if err != nil || v < low || v > high {
		y.problem(n, "%s: %q is not a whole number from %d to %d", what, text, low, high)
		return 0
	}
	return int(v)
}

// share reads a rate from 0 to 1.
func (y *yamlFile) share(n *yaml.Node, what string) pipeline.Rate {
	text, ok := y.text(n, what)
	if !ok {
		return 0
	}
	one, _ := pipeline.ParseRate([]byte("1"))
	v, err := pipeline.ParseRate([]byte(text))
	if err != nil || v < 0 || v > one {
		y.problem(n, "%s: %q is not a plain decimal from 0 to 1", what, text)
		return 0
	}
	return v
}

func (y *yamlFile) amount(n *yaml.Node, what string) pipeline.Amount {
	text, ok := y.text(n, what)
	if !ok {
		return 0
	}
	v, err := pipeline.ParseAmount([]byte(text))
	if err != nil || v < 0 {
		y.problem(n, "%s: %q is not a plain decimal from 0 with at most %d places", what, text, pipeline.AmountDigits)
		return 0
	}
	return v
}
