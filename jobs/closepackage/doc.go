// Package closepackage writes what a controller and an auditor take away from a
// run: the close package (workbook, page, journal in every layout) and the folder
// of evidence of a month.
//
// It promises that both hold ids and no person's name, that the evidence of the
// same state of the lake is the same bytes, and that nothing is left after an
// error. It must not import month, which writes the package after an approval.
package closepackage
