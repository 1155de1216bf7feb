package chain

import (
	"strings"

	"github.com/apache/iceberg-go"

	"carat/pipeline/spelling"
)

// lostBytes is how many lost bytes of a name are looked for: 128 values each.
const lostBytes = 3

// LostName gives the name of a batch's source whose bytes were no UTF-8. An earlier
// carat hashed them as they were, and JSON kept U+FFFD in the place of each; the
// chain value says which bytes they were. "" when no name gives it: then the
// properties were changed. It is spelled as such names are now.
func LostName(props iceberg.Properties) string {
	parts := strings.Split(props[PropSource], "\uFFFD")
	if len(parts) < 2 || len(parts) > lostBytes+1 {
		return ""
	}
	tried := iceberg.Properties{}
	for name, value := range props {
		tried[name] = value
	}
	lost := make([]byte, len(parts)-1)
	var find func(i int) bool
	find = func(i int) bool {
		if i == len(lost) {
			name := parts[0]
			for j, c := range lost {
				name += string([]byte{c}) + parts[j+1]
			}
			tried[PropSource] = name
			return Value(tried) == props[PropChain]
		}
		for c := 0x80; c <= 0xff; c++ {
			if lost[i] = byte(c); find(i + 1) {
				return true
			}
		}
		return false
	}
	if !find(0) {
		return ""
	}
	return spelling.Spell(tried[PropSource])
}
