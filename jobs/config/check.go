package config

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"carat/jobs/config/literal"
	"carat/jobs/config/reference"
	"carat/pipeline"
)

// Problem is something that is wrong with carat.yaml.
type Problem struct {
	Line    int    // 0 when it has none
	Text    string // what is wrong
	Source  string // the line as it stands there; "" where it could hold a secret
	Example string // YAML that is right; "" without
}

// Checked is what Check found.
type Checked struct {
	Problems []Problem
	Notes    []string // what is right and may surprise
}

// secretLine is a line that may hold a secret, and isn't shown.
var secretLine = regexp.MustCompile(`(?i)://|password|secret|token|key:`)

// Check reads DIR/carat.yaml alone and says everything that is wrong with it, each
// with its line and, where there is one, an example. A file that isn't there is a
// not-found error, one that can't be read a usage error; problems are no error.
func Check(dir string) (*Checked, error) {
	text, file, err := readFile(dir)
	if err != nil {
		return nil, err
	}
	c := empty()
	if err := parseConfig(Default, c, "default "+File); err != nil {
		return nil, err
	}
	c.Entities = nil
	y := parseInto(text, c, file)
	for _, judge := range y.later {
		judge()
	}
	lines := strings.Split(string(text), "\n")
	r := &Checked{}
	for i, p := range y.problems {
		one := Problem{Text: p.Cause.Error()}
		if n := y.at[i]; n != nil {
			one.Line = n.Line
			one.Example = reference.Of(reference.PathTo(y.document, n)).Example
		} else if m := lineOf.FindStringSubmatch(p.Object); m != nil {
			if whole, err := pipeline.ParseWhole([]byte(m[1])); err == nil {
				one.Line = int(whole)
			}
		}
		if one.Line > 0 && one.Line <= len(lines) && !secretLine.MatchString(lines[one.Line-1]) {
			one.Source = strings.TrimSpace(lines[one.Line-1])
		}
		r.Problems = append(r.Problems, one)
	}
	slices.SortStableFunc(r.Problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	if len(r.Problems) == 0 {
		c.finish(dir)
		r.Notes = c.notes()
	}
	return r, nil
}

var lineOf = regexp.MustCompile(`:(\d+)$`)

// notes say what is missing that a month may need.
func (c *Config) notes() (notes []string) {
	for _, e := range c.Entities {
		if e.Name == "" {
			notes = append(notes, "entities "+e.ID+" has no name: statements are headed by "+e.ID)
		}
	}
	for _, key := range c.LiteralSecrets() {
		notes = append(notes, key+": a secret stands in its address, for whoever reads carat.yaml; "+literal.Instead)
	}
	if len(c.Approvers) == 0 {
		notes = append(notes, "approvers is empty: whoever didn't prepare a month may approve it")
	}
	if c.FirstPeriod == "" {
		notes = append(notes, "first_period is empty: the month of the first event that is ingested is the first that is closed")
	}
	if _, send := c.Jobs["send"]; send && c.Mail.Server == "" {
		notes = append(notes, "jobs send is scheduled, and mail has no server")
	}
	return notes
}
