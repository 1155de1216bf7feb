package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sort"
	"strings"

	"carat/pipeline"
	"carat/pipeline/engine/sqltext"
)

// Model is one .sql file of sql/: its header is data.
type Model struct {
	Name     string            // file name without .sql
	Path     string            // within its file system
	SQL      string            // the file's text; of one that is said for each feed what follows from it (sqltext.ForEachFeed)
	SHA256   string            // of SQL
	Summary  string            // what one row is: the header's first sentence(s)
	Header   map[string]string // the values of headerKeys
	Why      string            // the header's lines without a key
	UserMade bool              // from the user's controls/ folder
	reads    []string          // models and tables that it reads
	checks   []string          // what its judging queries read, besides its own rows
}

// keyBlocks names the reasons, of those that a control gives, for which an
// exception blocks whatever the control's own severity is.
const keyBlocks = "blocks"

// blocks are the reasons for which an exception of the control blocks.
func (m Model) blocks() (reasons []string) {
	for _, reason := range strings.Split(m.Header[keyBlocks], ",") {
		if reason = strings.TrimSpace(reason); reason != "" {
			reasons = append(reasons, reason)
		}
	}
	return reasons
}

// IsControl says whether the model is a control.
func (m Model) IsControl() bool { return m.Header["control"] != "" }

// headerKeys are what a header may say, in one block of lines between what one
// row is and why: further down a word before a colon is prose. question, causes
// and action are for the register of controls; built-in controls must have
// them. `for: speed` marks a model that is no rule: without it every number
// would be the same, later.
var headerKeys = map[string]bool{
	"grain": true, "control": true, "severity": true, "unit": true, "guards": true,
	"question": true, "causes": true, "action": true, "subject": true, "heading": true,
	"checked": true, "reasons": true, "result": true, "order": true, "materialized": true, "for": true,
	keyNotCompared: true, keyNotComparedReason: true, keyBlocks: true,
}

// optionalKeys are those that nothing asks for, so that one that was taken for
// prose would not be missed: below the block they are refused. In the text of a
// month that is closed they count, because once they might stand anywhere.
var optionalKeys = map[string]bool{
	"checked": true, "reasons": true, "result": true, "order": true, "materialized": true, "for": true,
	keyNotCompared: true, keyNotComparedReason: true, keyBlocks: true,
}

// sqlKeys are those whose value is SQL, and may take several lines.
var sqlKeys = map[string]bool{"checked": true, keyNotCompared: true, keyNotComparedReason: true}

var severities = map[string]bool{"block": true, "review": true, "monitor": true}

// evidenceFolder holds the queries that ParseEvidence reads.
const evidenceFolder = "evidence"

// ParseEvidence reads the queries that give an exception's evidence, in the
// order of their paths. Their headers say of which kinds of subject
// (`subject:`) and what the rows are called (`heading:`); they read the models
// and the one-row table subject, and no run builds them.
func ParseEvidence(fsys fs.FS) ([]Model, error) {
	folder, err := fs.Sub(fsys, evidenceFolder)
	if err != nil {
		return nil, fmt.Errorf("read evidence: %w", err)
	}
	return ParseModels(folder, false)
}

// statementsFolder holds the queries over the statements of several runs.
const statementsFolder = "statements"

// ParseModels reads every .sql file of the file system except dialect/, evidence/
// and statements/, in the order of their paths. userMade marks a user's own controls: these must be controls.
func ParseModels(fsys fs.FS, userMade bool) ([]Model, error) {
	var models []Model
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() || path.Ext(p) != ".sql" || strings.HasPrefix(p, "dialect/") ||
			!userMade && (strings.HasPrefix(p, evidenceFolder+"/") || strings.HasPrefix(p, statementsFolder+"/")) {
			return nil
		}
		text, err := fs.ReadFile(fsys, p)
		if err != nil {
			return err
		}
		spelled, err := sqltext.ForEachFeed(string(text))
		if err != nil {
			return pipeline.Errorf(pipeline.KindUsage, "read model", p, "%w", err)
		}
		m, late, err := parseModel(p, spelled, userMade)
		if err == nil && late != "" {
			err = pipeline.Errorf(pipeline.KindUsage, "read model", p,
				"`%s:` stands below the words of its header, where it says nothing", late).
				WithHint("move it up to `grain:` and the other keys")
		}
		if err != nil {
			return err
		}
		models = append(models, m)
		return nil
	})
	if err != nil {
		var known *pipeline.Error
		if errors.As(err, &known) {
			return nil, err
		}
		return nil, fmt.Errorf("read models: %w", err)
	}
	return models, nil
}

// ParseModel reads the text of one model as a certificate keeps it; p is its
// path or name, by which it is named.
func ParseModel(p, text string, userMade bool) (Model, error) {
	m, _, err := parseModel(p, text, userMade)
	return m, err
}

// parseModel reads the text of one model. late is an optional key that stands
// below the block of keys, "" when none does.
func parseModel(p, text string, userMade bool) (m Model, late string, err error) {
	sum := sha256.Sum256([]byte(text))
	m = Model{
		Name: strings.TrimSuffix(path.Base(p), ".sql"), Path: p, SQL: text,
		SHA256: hex.EncodeToString(sum[:]), Header: map[string]string{}, UserMade: userMade,
	}
	var summary, why []string
	for _, comment := range sqltext.HeaderLines(text, sqlKeys) {
		key, value, ok := strings.Cut(comment, ":")
		_, said := m.Header[key]
		switch {
		case ok && headerKeys[key] && len(why) == 0:
			m.Header[key] = strings.TrimSpace(value)
		case ok && optionalKeys[key] && !said && len(why) > 0:
			m.Header[key], late = strings.TrimSpace(value), key
		case len(m.Header) == 0:
			summary = append(summary, comment)
		default:
			why = append(why, comment)
		}
	}
	m.Summary, m.Why = strings.Join(summary, " "), strings.Join(why, " ")
	bad := func(format string, args ...any) (Model, string, error) {
		return Model{}, "", pipeline.Errorf(pipeline.KindUsage, "read model", p, format, args...).
			WithHint("a model begins with comment lines: what one row is, then `grain:`; a control also has `control:`, `severity:`, `unit:` and `guards:`")
	}
	if m.Header["grain"] == "" {
		return bad("its header has no `grain:`")
	}
	if strings.HasPrefix(m.Name, "ctl_") || userMade {
		if want := strings.TrimPrefix(m.Name, "ctl_"); m.Header["control"] != want || want == "" {
			return bad("its header says `control: %s`, its file name %q", m.Header["control"], want)
		}
		if !severities[m.Header["severity"]] {
			return bad("`severity: %s` is not block, review or monitor", m.Header["severity"])
		}
		for _, key := range []string{"unit", "guards"} {
			if m.Header[key] == "" {
				return bad("its header has no `%s:`", key)
			}
		}
		if userMade {
			m.Name = "ctl_" + m.Header["control"]
		}
	}
	return m, late, nil
}

// order sorts models so that each comes after what it reads, names breaking
// ties.
func (e *Engine) order(ctx context.Context, models []Model) ([]Model, error) {
	byName := map[string]int{}
	for i, m := range models {
		if j, twice := byName[m.Name]; twice {
			return nil, pipeline.Errorf(pipeline.KindUsage, "order models", m.Path, "%s is also the name of %s", m.Name, models[j].Path)
		}
		byName[m.Name] = i
	}
	for i := range models {
		if models[i].UserMade {
			if err := e.ReadOnly(ctx, models[i].SQL); err != nil {
				return nil, pipeline.Errorf(pipeline.KindUsage, "parse model", models[i].Path, "%w", err)
			}
			for _, q := range judgingQueries(models[i]) {
				if err := e.ReadOnly(ctx, q.query); err != nil {
					return nil, pipeline.Errorf(pipeline.KindUsage, "parse model", models[i].Path, "`%s:` %w", q.key, err)
				}
			}
		}
		reads, err := e.reads(ctx, models[i], models[i].SQL)
		if err != nil {
			return nil, pipeline.Errorf(pipeline.KindUsage, "parse model", models[i].Path, "%w", err)
		}
		models[i].reads = reads
		for _, q := range judgingQueries(models[i]) {
			names, err := e.reads(ctx, models[i], q.query)
			if err != nil {
				return nil, pipeline.Errorf(pipeline.KindUsage, "parse model", models[i].Path, "`%s:` %w", q.key, err)
			}
			models[i].checks = append(models[i].checks, names...)
		}
		if m := &models[i]; m.UserMade { // its judging queries run where it does, and when
			for _, name := range m.checks {
				if name != m.Name && !slices.Contains(m.reads, name) {
					m.reads = append(m.reads, name)
				}
			}
		}
	}
	sort.Slice(models, func(i, j int) bool { return models[i].Name < models[j].Name })
	for i, m := range models {
		byName[m.Name] = i
	}
	var sorted []Model
	state := map[string]int{} // 1: on the path, 2: done
	var visit func(i int, trail []string) error
	visit = func(i int, trail []string) error {
		m := models[i]
		switch state[m.Name] {
		case 2:
			return nil
		case 1:
			return pipeline.Errorf(pipeline.KindUsage, "order models", m.Path, "it reads itself by way of %s", strings.Join(trail, ", "))
		}
		state[m.Name] = 1
		for _, r := range m.reads {
			if j, ok := byName[r]; ok {
				if err := visit(j, append(trail, m.Name)); err != nil {
					return err
				}
			}
		}
		state[m.Name] = 2
		sorted = append(sorted, m)
		return nil
	}
	for i := range models {
		if err := visit(i, nil); err != nil {
			return nil, err
		}
	}
	return sorted, ctx.Err()
}
