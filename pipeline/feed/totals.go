package feed

import (
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strings"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
)

// Totals is what the sidecar NAME.totals.json promises of a file.
type Totals struct {
	Name string // the sidecar's name, for messages
	Rows *int64 // nil: not given
	Sums map[string]string
}

// maxTotalsBytes bounds a sidecar.
const maxTotalsBytes = 1 << 20

// ReadTotals reads a sidecar: {"rows": 3, "sums": {"coins": "123"}}, where sums
// may also stand beside rows. Sums are plain decimals, as numbers or strings.
// An error is a pipeline.Error of KindBadInput.
func ReadTotals(r io.Reader, name string) (*Totals, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxTotalsBytes+1))
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindInternal, "read", name, "%w", err)
	}
	if len(data) > maxTotalsBytes {
		return nil, lex.BadFile(name, 0, "longer than %d bytes", maxTotalsBytes)
	}
	totals := &Totals{Name: name, Sums: map[string]string{}}
	if err := totals.parse(data); err != nil {
		return nil, lex.BadFile(name, 0, "%w", err).
			WithHint(`control totals look like {"rows": 3, "sums": {"coins": "123"}}`)
	}
	return totals, nil
}

func (t *Totals) parse(data []byte) error {
	var top map[string]json.RawMessage
	if err := json.Unmarshal(data, &top); err != nil {
		return fmt.Errorf("not a JSON object: %w", err)
	}
	for key, raw := range top {
		switch key {
		case "rows":
			text, err := numberText(raw)
			if err != nil {
				return fmt.Errorf("rows: %w", err)
			}
			n, err := pipeline.ParseWhole([]byte(text))
			if err != nil || n < 0 {
				return fmt.Errorf("rows: %q is not a count", text)
			}
			t.Rows = &n
		case "sums":
			var sums map[string]json.RawMessage
			if err := json.Unmarshal(raw, &sums); err != nil {
				return fmt.Errorf("sums: not a JSON object: %w", err)
			}
			for column, raw := range sums {
				if err := t.put(column, raw); err != nil {
					return err
				}
			}
		default:
			if err := t.put(key, raw); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *Totals) put(column string, raw json.RawMessage) error {
	text, err := numberText(raw)
	if err != nil {
		return fmt.Errorf("%s: %w", column, err)
	}
	if old, twice := t.Sums[column]; twice && old != text {
		return fmt.Errorf("%s: given twice, %s and %s", column, old, text)
	}
	t.Sums[column] = text
	return nil
}

// numberText gives the text of a JSON number or string that is a plain decimal.
func numberText(raw json.RawMessage) (string, error) {
	text := string(raw)
	if strings.HasPrefix(text, `"`) {
		if err := json.Unmarshal(raw, &text); err != nil {
			return "", fmt.Errorf("read %s: %w", raw, err)
		}
	}
	if _, ok := lex.PlainDecimal(text); !ok {
		return "", fmt.Errorf("%q is not a plain decimal", lex.Cut([]byte(text)))
	}
	return text, nil
}

// compare says where the file differs from its totals: an error of KindBadInput.
func (t *Totals) compare(file string, rows int64, sums map[string]string) error {
	if t.Rows != nil && *t.Rows != rows {
		return lex.BadFile(file, 0, "control totals of %s don't match: rows: expected %d, actual %d, difference %d",
			t.Name, *t.Rows, rows, rows-*t.Rows)
	}
	var columns []string
	for column := range t.Sums {
		columns = append(columns, column)
	}
	slices.Sort(columns)
	for _, column := range columns {
		text, ok := sums[column]
		if !ok {
			return lex.BadFile(file, 0, "control totals of %s don't match: the file has no numeric column %q (it has %s)",
				t.Name, column, listOf(sums))
		}
		want, _ := lex.PlainDecimal(t.Sums[column])
		have, _ := lex.PlainDecimal(text)
		if want == nil || have == nil || want.Cmp(have) != 0 {
			difference := "unknown"
			if want != nil && have != nil {
				difference = ratText(new(big.Rat).Sub(have, want))
			}
			return lex.BadFile(file, 0, "control totals of %s don't match: %s: expected %s, actual %s, difference %s",
				t.Name, column, t.Sums[column], text, difference)
		}
	}
	return nil
}

// ratText gives a decimal fraction without trailing zeros.
func ratText(r *big.Rat) string {
	text := r.FloatString(60)
	return strings.TrimRight(strings.TrimRight(text, "0"), ".")
}

func listOf(sums map[string]string) string {
	if len(sums) == 0 {
		return "none"
	}
	var names []string
	for name := range sums {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
