// Package sql holds carat's business rules: the models that turn the history
// into balances, controls and statements. It imports nothing but embed, so that
// the rules can be read, run and reviewed apart from the program.
package sql

import "embed"

// Files holds every model and the dialect macros, under their folder names, and
// columns.tsv, the register of what each column means. ledger/, evidence/, marts/ and staging/ have
// one folder a subject. evidence/ is no part of a run: its queries say which rows
// an exception is judged by. Nor is statements/: its queries read what several
// runs stated. A model's cases (x.txtar beside x.sql) are tests and stay out.
//
//go:embed columns.tsv dialect/*.sql evidence/*/*.sql statements/*.sql staging/*/*.sql ledger/*/*.sql controls/*.sql marts/*/*.sql
var Files embed.FS
