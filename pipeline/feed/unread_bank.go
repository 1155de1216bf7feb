package feed

import (
	"bytes"
	"regexp"

	"carat/pipeline/feed/bank"
	"carat/pipeline/feed/lex"
)

// unreadBankFiles are those of banks and of programs for accounts at home.
func unreadBankFiles() []unread {
	const statement = "ask the bank for the day's statement: camt.053, BAI2 or MT940"
	const layout = statement + "; or export CSV and describe it as a layout of bank_lines in carat.yaml (docs/formats.md, \"Your own layout\")"
	return []unread{
		{"an ACH (NACHA) file", "it says what was sent to the clearing, not what the account booked; " + statement, isNACHA},
		{"an interim report (MT942)", "its day isn't over, and no balance proves it whole; " + statement, bank.IsMT942},
		{"an interim report (camt.052)", "its day isn't over, and no balance proves it whole; " + statement, isoMessage("camt.052.")},
		{"a payment order or its status (ISO 20022 pain)", "it says what was asked, not what the account booked; " + statement, isoMessage("pain.")},
		{"a BTRS (BAI version 3) file", "ask the bank for BAI version 2, camt.053 or MT940", bank.IsBTRS},
		{"a QIF file", "it has no ids and no balances that would prove it whole; " + layout, isQIF},
		{"a CODA statement", layout, fixedLines(128, "^00000[0-9]{6}")},
		{"a CFONB statement", layout, fixedLines(120, "^01[0-9]{5}    [0-9]{5}")},
		{"a Norma 43 statement", layout, fixedLines(80, "^11[0-9]{18}[0-9]{12}[12][0-9]{14}")},
	}
}

// isNACHA tells the file header: priority code 01, and its record size of 94.
func isNACHA(head []byte) bool {
	line := firstLine(head)
	return len(line) >= 37 && len(line) <= 94 && string(line[:3]) == "101" && string(line[34:37]) == "094"
}

// isoMessage tells the messages of ISO 20022 whose names begin so.
func isoMessage(name string) func([]byte) bool {
	is := lex.IsXML("urn:iso:std:iso:20022:tech:xsd:" + name)
	return func(head []byte) bool { return is(head, "") }
}

// qifTypes begin a QIF file.
var qifTypes = regexp.MustCompile(`(?i)^!(type:|account\b|option:|clear:)`)

func isQIF(head []byte) bool { return qifTypes.Match(bytes.TrimLeft(head, " \t\r\n")) }

// fixedLines tells a text of lines of one width, of which the first is so; blanks
// at the end may be gone.
func fixedLines(width int, first string) func([]byte) bool {
	pattern := regexp.MustCompile(first)
	return func(head []byte) bool {
		line := firstLine(head)
		return len(line) <= width && len(line) > width/2 && pattern.Match(line)
	}
}

func firstLine(head []byte) []byte {
	line, _, _ := bytes.Cut(bytes.TrimLeft(head, "\r\n"), lex.Newline)
	return lex.TrimEOL(line)
}
