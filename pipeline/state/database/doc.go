// Package database opens the database that the state is in (SQLite, or PostgreSQL),
// and says what is in it besides what carat made.
//
// It promises that no text goes in that isn't UTF-8 or holds a NUL, and that every
// table, column, index, trigger, view, rule and policy that no statement of carat's
// makes is named. It knows no table of the state: it is given the statements. It must
// import no other package of it.
package database
