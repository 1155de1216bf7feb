package sqltext

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"carat/pipeline"
)

// Amounts gives the rows (key, amount) of a map, by key.
func Amounts(amounts map[string]pipeline.Amount) []string {
	return rows(amounts, func(a pipeline.Amount) string { return pipeline.SQLText(a.String()) })
}

// Wholes gives the rows (key, number) of a map, by key.
func Wholes(numbers map[string]int) []string {
	return rows(numbers, func(n int) string { return fmt.Sprint(n) })
}

// Texts gives the rows (key, text) of a map, by key.
func Texts(texts map[string]string) []string { return rows(texts, pipeline.SQLText) }

func rows[T any](of map[string]T, spell func(T) string) (list []string) {
	for _, key := range slices.Sorted(maps.Keys(of)) {
		list = append(list, "("+pipeline.SQLText(key)+", "+spell(of[key])+")")
	}
	return list
}

// Instant spells a time for SQL, exactly.
func Instant(t time.Time) string {
	return "timestamp with time zone " + pipeline.SQLText(t.UTC().Format("2006-01-02 15:04:05.000000+00:00"))
}

// Table gives the statements that make and fill a small table: columns in SQL, and
// rows in brackets.
func Table(name, columns string, rows []string) string {
	query := "create or replace table " + name + " (" + columns + ");\n"
	if len(rows) > 0 {
		query += "insert into " + name + " values\n" + strings.Join(rows, ",\n")
	}
	return query
}
