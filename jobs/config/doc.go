// Package config is carat.yaml: its keys, their defaults, and every problem of the
// file with its line.
//
// It promises that a configuration that it gives was checked whole, that no rate
// or amount in it was ever a float, and that no problem repeats a secret. What
// other packages need checked when the file is read is here too: the timetable of
// a cron line, the kinds of notices, the address of a webhook. Of carat's jobs it
// imports disk alone.
package config
