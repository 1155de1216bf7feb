package live

import (
	"strings"
	"testing"

	"carat/pipeline/feed/lex"
)

func TestIDsOfGifts(t *testing.T) {
	if joinID([]byte("a-b"), []byte("c")) == joinID([]byte("a"), []byte("b-c")) || joinID([]byte("a b")) == joinID([]byte("a"), []byte("b")) {
		t.Error("two gifts have one id")
	}
	if id := joinID([]byte(strings.Repeat("9", 200))); len(id) > lex.MaxIDBytes {
		t.Errorf("an id of %d bytes", len(id))
	}
}
