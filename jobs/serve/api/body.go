package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

var errBody = errors.New("it is not one object of the texts that are asked for, each once")

// texts reads a body: one object with some of the named keys, spelled so, each at most once,
// whose values are texts or null. encoding/json takes the last of two keys of one name, and
// any spelling in capitals, and says nothing.
func texts(body []byte, into map[string]*string) error {
	in := json.NewDecoder(bytes.NewReader(body))
	if t, err := in.Token(); err != nil || t != json.Delim('{') {
		return errBody
	}
	seen := map[string]bool{}
	for in.More() {
		t, err := in.Token()
		name, _ := t.(string) // a key is one
		at, known := into[name]
		if err != nil || !known || seen[name] {
			return errBody
		}
		seen[name] = true
		switch value, err := in.Token(); text := value.(type) {
		case string:
			if err != nil {
				return errBody
			}
			*at = text
		case nil:
			if err != nil {
				return errBody
			}
		default:
			return errBody
		}
	}
	if _, err := in.Token(); err != nil { // }
		return errBody
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return errBody
	}
	return nil
}
