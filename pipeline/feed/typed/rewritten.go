package typed

import "bytes"

// spreadsheetErrors are what a spreadsheet shows for a formula that has no value.
var spreadsheetErrors = [][]byte{[]byte("#REF!"), []byte("#NAME?"), []byte("#VALUE!"), []byte("#N/A"), []byte("#DIV/0!"), []byte("#NUM!"), []byte("#NULL!")}

// rewritten says whether a spreadsheet put something else in the place of an id: a long
// number shortened to a power of ten (1.23457E+12, 1,23457E+12), which many ids become
// alike, or an error of a formula.
func rewritten(text []byte) bool {
	if len(text) > 0 && text[0] == '#' {
		for _, e := range spreadsheetErrors {
			if bytes.EqualFold(text, e) {
				return true
			}
		}
		return false
	}
	at := max(bytes.Index(text, []byte("E+")), bytes.Index(text, []byte("e+")))
	if at < 1 || text[0]-'0' > 9 && text[0] != '-' {
		return false
	}
	digits := bytes.TrimPrefix(text[:at], []byte("-"))
	whole, fraction, _ := bytes.Cut(bytes.Replace(digits, []byte(","), []byte("."), 1), []byte("."))
	power := text[at+len("E+"):]
	return len(whole) == 1 && len(power) >= 2 && onlyDigits(whole) && onlyDigits(fraction) && onlyDigits(power)
}

func onlyDigits(text []byte) bool {
	for _, b := range text {
		if b-'0' > 9 {
			return false
		}
	}
	return true
}
