package books

import (
	"encoding/json"

	"carat/pipeline"
	"carat/pipeline/state"
)

// Head is the end of the hash chain. Kept by somebody else, it shows whether
// the history before it was changed or cut off.
type Head struct {
	Lake    string `json:"lake"` // the lake's id
	Batch   string `json:"batch"`
	Batches int    `json:"batches"`
	Chain   string `json:"chain"`
	// Records is the end of the chain of the state's records, "NUMBER SHA256"; older
	// heads have none.
	Records string `json:"records,omitempty"`
}

// Encode gives the head as a file holds it.
func (h Head) Encode() []byte {
	text, _ := json.MarshalIndent(h, "", "  ") // it can't fail: these are texts and a number
	return append(text, '\n')
}

// ParseHead reads an exported head.
func ParseHead(text []byte) (*Head, error) {
	h := &Head{}
	err := json.Unmarshal(text, h)
	if err == nil && h.Records != "" {
		_, err = state.ParseHead(h.Records)
	}
	if err != nil || h.Lake == "" || h.Batch != "" && h.Chain == "" {
		return nil, pipeline.Errorf(pipeline.KindUsage, "read", "head", "the file holds no head of a history").WithHint("`carat verify --export-head FILE` writes one")
	}
	return h, nil
}
