package pipeline

import "encoding/json"

// LeftOut is what a condition left out of a file: rows that are read, counted and
// not taken, because the configuration says so.
type LeftOut struct {
	Condition string            `json:"condition"`
	Rows      int64             `json:"rows"`
	Sums      map[string]string `json:"sums,omitempty"` // exact sums by column, as decimals
}

// LeftOutText writes what was left out, for the record of a batch; "" for nothing.
func LeftOutText(list []LeftOut) string {
	if len(list) == 0 {
		return ""
	}
	text, err := json.Marshal(list)
	if err != nil {
		panic("pipeline: " + err.Error()) // texts and counts have a text
	}
	return string(text)
}
