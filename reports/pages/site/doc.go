// Package site lays out carat's pages: the templates, the style sheet and the one
// script that says when something changed, all of them inside the binary.
//
// It promises that every text of a row is escaped by html/template where it stands,
// that a page needs no script, nothing from outside and no style written into it, and
// that it can be read on paper, on a phone, with a keyboard and with a screen reader.
// It computes no money and knows no job: it is handed what jobs have found. It imports
// what writes numbers and tables, and no other report.
package site
