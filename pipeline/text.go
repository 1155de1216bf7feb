package pipeline

import "strings"

// CutText cuts a text to what a reject keeps of it, at a rune's end.
func CutText(text string) string {
	if len(text) <= RejectValueBytes {
		return text
	}
	return strings.ToValidUTF8(text[:RejectValueBytes], "")
}

// SQLText makes a text a literal of SQL.
func SQLText(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
