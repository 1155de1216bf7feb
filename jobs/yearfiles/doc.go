// Package yearfiles writes the files of a tax year: DAC7, 1099 and 1042-S, of the
// table year_files and of who the payees are.
//
// It promises that a payee of whom a form's data is missing is listed and in no file,
// that the files are there whole or as they were, and that nobody but their owner can
// read them. It must not import ask, publish, month or guard.
package yearfiles
