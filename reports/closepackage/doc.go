// Package closepackage lays out the close package of a month, what a controller
// signs and an auditor reads: a page (html.go, and its picture in svg.go) and a
// workbook (xlsx.go), both made from the same sections.
//
// It promises that it computes no money: a total that the workbook adds up again
// is a formula that the reader sees. Nothing that comes from a row becomes markup
// or a formula, and a number that a spreadsheet would round is written as text.
// Its rows come one after the other, so that memory doesn't grow with them. It
// must not import jobs or the adapters under pipeline/.
package closepackage
