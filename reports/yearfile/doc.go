// Package yearfile lays out the files of a tax year: DAC7 as the OECD's XML schema for
// digital platforms has it, version 1 (urn:oecd:ties:dpi:v1), and the rows of
// 1099-NEC, 1099-MISC and 1042-S as CSV.
//
// It promises that a message it writes keeps the rules that Check knows, and that no
// cell begins a formula. It computes no money. It must not import jobs or the adapters
// under pipeline/.
package yearfile
