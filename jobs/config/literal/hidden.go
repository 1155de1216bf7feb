package literal

import (
	"fmt"
	"io"
)

// Hidden is a text that holds a secret, or may: however it is printed, logged or
// marshalled, three stars come out. Reveal alone gives it.
type Hidden string

// hiddenText stands for a secret.
const hiddenText = "***"

// String gives three stars; nothing for nothing.
func (h Hidden) String() string {
	if h == "" {
		return ""
	}
	return hiddenText
}

// GoString is String, for %#v.
func (h Hidden) GoString() string { return h.String() }

// Format is String, whatever the verb.
func (h Hidden) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, h.String()) }

// MarshalText is String, for JSON and YAML.
func (h Hidden) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// Reveal gives the text itself.
func (h Hidden) Reveal() string { return string(h) }
