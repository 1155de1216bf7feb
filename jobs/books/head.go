package books

import (
	"encoding/json"

	"carat/pipeline"
)

// Head is the end of the hash chain. Kept by somebody else, it shows whether
// the history before it was changed or cut off.
type Head struct {
	Lake    string `json:"lake"` // the lake's id
	Batch   string `json:"batch"`
	Batches int    `json:"batches"`
	Chain   string `json:"chain"`
}

// Encode gives the head as a file holds it.
func (h Head) Encode() []byte {
	text, err := json.MarshalIndent(h, "", "  ")
	if err != nil {
		return nil // cannot be: these are texts and a number
	}
	return append(text, '\n')
}

// ParseHead reads an exported head.
func ParseHead(text []byte) (*Head, error) {
	h := &Head{}
	if err := json.Unmarshal(text, h); err != nil || h.Lake == "" || h.Batch != "" && h.Chain == "" {
		return nil, pipeline.Errorf(pipeline.KindUsage, "read", "head", "the file holds no head of a history").WithHint("`carat verify --export-head FILE` writes one")
	}
	return h, nil
}
