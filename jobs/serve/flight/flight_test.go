package flight

import (
	"strings"
	"testing"
)

// Patterns are those of LIKE, with the backslash before what is meant as it is.
func TestLike(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"gift_events", "gift_events", true}, {"gift_events", "giftXevents", true}, {`gift\_events`, "giftXevents", false}, {`gift\_%`, "gift_events", true},
		{"%", "", true}, {"%", "x", true}, {"", "", true}, {"", "x", false}, {"%events", "gift_events", true}, {"gift%s", "gift_event", false}, {"_", "", false}, {`\`, `\`, true},
		{"a%b_d%e", "axxbcdyye", true}, {"a%b_d%e", "axxbcdyy", false}, {"%%a", "bba", true}, {"a", "ab", false}, {`\%`, "%", true}, {`\%`, "x", false},
		{strings.Repeat("%a", 5000) + "b", strings.Repeat("a", 63), false},
	} {
		if got := like(c.pattern, c.name); got != c.want {
			t.Errorf("%q like %q: %t", c.name, c.pattern, got)
		}
	}
}

// Tokens go over TLS where other machines reach it; an address that is none is refused.
func TestListen(t *testing.T) {
	for listen, says := range map[string]string{
		"0.0.0.0:0": "tokens would go there unencrypted; give --tls-cert and --tls-key", "192.0.2.1:8421": "unencrypted", "example:1": "it is no address", "127.0.0.1": "it is no address",
	} {
		if _, err := Listen(Options{Listen: listen}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", listen, err)
		}
	}
	if _, err := Listen(Options{Listen: "127.0.0.1:0", CertFile: "c.pem"}); err == nil || !strings.Contains(err.Error(), "a certificate goes with its key") {
		t.Error(err)
	}
	s, err := Listen(Options{Listen: "localhost:0"})
	if err != nil || !strings.HasPrefix(s.Address(), "grpc://127.0.0.1:") {
		t.Fatal(err)
	}
	if err := s.l.Close(); err != nil {
		t.Error(err)
	}
}
