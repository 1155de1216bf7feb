package engine

import (
	"fmt"
	"io/fs"
	"strings"

	"carat/pipeline"
)

// registerFile is where the meaning of every column is written.
const registerFile = "columns.tsv"

// anyTable stands in the register for every table that has the column, and
// wholeTable for the table itself instead of one of its columns.
const (
	anyTable   = "*"
	wholeTable = "-"
)

// Register says what tables and columns mean. A table's meaning is the header
// of its model; the register's file has the rest.
type Register struct {
	meanings map[[2]string]string // by table and column
	used     map[[2]string]bool
}

// ReadRegister reads the register of the models' file system. tables get the
// meaning of their models: result tables by their `result:`, raw ones of their
// staging model.
func ReadRegister(fsys fs.FS, models []Model) (*Register, error) {
	text, err := fs.ReadFile(fsys, registerFile)
	if err != nil {
		return nil, fmt.Errorf("read register of columns: %w", err)
	}
	r := &Register{meanings: map[[2]string]string{}, used: map[[2]string]bool{}}
	for i, line := range strings.Split(string(text), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		parts := strings.Split(line, "\t")
		if len(parts) != 3 || parts[2] == "" {
			return nil, pipeline.Errorf(pipeline.KindInternal, "read register", fmt.Sprintf("%s:%d", registerFile, i+1), "a line is table, column and meaning, parted by tabs")
		}
		key := [2]string{parts[0], parts[1]}
		if r.meanings[key] != "" {
			return nil, pipeline.Errorf(pipeline.KindInternal, "read register", fmt.Sprintf("%s:%d", registerFile, i+1), "%s %s is there twice", parts[0], parts[1])
		}
		r.meanings[key] = parts[2]
	}
	for _, m := range models {
		table := m.Header["result"]
		if stem, ok := strings.CutPrefix(m.Name, "stg_"); ok {
			table = stem
		}
		if key := [2]string{table, wholeTable}; table != "" && r.meanings[key] == "" {
			r.meanings[key] = m.Summary
			r.used[key] = true // models of tables that a lake doesn't have are no fault of the register
		}
	}
	return r, nil
}

// Table says what one row of a table is, "" when nobody wrote it down.
func (r *Register) Table(table string) string { return r.find(table, wholeTable) }

// Column says what a column means, "" when nobody wrote it down.
func (r *Register) Column(table, column string) string {
	if text := r.find(table, column); text != "" {
		return text
	}
	return r.find(anyTable, column)
}

func (r *Register) find(table, column string) string {
	key := [2]string{table, column}
	r.used[key] = true
	return r.meanings[key]
}

// Unused gives the entries that nothing asked for: their columns are gone.
func (r *Register) Unused() []string {
	var list []string
	for key := range r.meanings {
		if !r.used[key] {
			list = append(list, key[0]+" "+key[1])
		}
	}
	return list
}
