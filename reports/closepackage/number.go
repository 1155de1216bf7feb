package closepackage

import "strconv"

// exactNumber gives a plain decimal as a spreadsheet's number, if that can hold it.
func exactNumber(text string) (float64, bool) {
	digits := 0
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			if digits > 0 || r != '0' {
				digits++
			}
		case r != '-' && r != '.':
			return 0, false
		}
	}
	if digits > exactDigits || text == "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil
}

// sheetLength is a width or a height as a spreadsheet takes it.
func sheetLength(v int) float64 { return float64(v) }
