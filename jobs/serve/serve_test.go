package serve

import (
	"strings"
	"testing"
)

// An address is served only where it is safe to.
func TestWhereItIsServed(t *testing.T) {
	const url = "https://carat.example.com"
	for _, c := range []struct {
		name          string
		authenticated bool
		o             Options
		refused       string // "": it is served
		tls           bool
	}{
		{"loopback", false, Options{Listen: "127.0.0.1:0"}, "", false},
		{"loopback by name", false, Options{Listen: "localhost:0"}, "", false},
		{"loopback, IPv6", false, Options{Listen: "[::1]:0"}, "", false},
		{"loopback by TLS", false, Options{Listen: "127.0.0.1:0", CertFile: "c", KeyFile: "k"}, "", true},
		{"everybody, nobody authenticated", false, Options{Listen: "0.0.0.0:0"}, "nobody is authenticated", false},
		{"everybody by TLS, nobody authenticated", false, Options{Listen: "0.0.0.0:0", CertFile: "c", KeyFile: "k", URL: url}, "nobody is authenticated", false},
		{"a network, nobody authenticated", false, Options{Listen: "192.0.2.1:0"}, "nobody is authenticated", false},
		{"a proxy, nobody authenticated", false, Options{Listen: "127.0.0.1:0", Proxies: []string{"10.0.0.0/24"}, URL: url}, "nobody is authenticated", false},
		{"loopback, authenticated", true, Options{Listen: "127.0.0.1:0"}, "", false},
		{"everybody without TLS", true, Options{Listen: "0.0.0.0:0", URL: url}, "nothing is encrypted", false},
		{"everybody by TLS", true, Options{Listen: "0.0.0.0:0", CertFile: "c", KeyFile: "k", URL: url}, "", true},
		{"everybody by TLS, nobody knows where", true, Options{Listen: "0.0.0.0:0", CertFile: "c", KeyFile: "k"}, "under a name that carat can't know", false},
		{"behind a proxy", true, Options{Listen: "0.0.0.0:0", Proxies: []string{"10.0.0.0/24"}, URL: url}, "", true},
		{"behind a proxy, nobody knows where", true, Options{Listen: "127.0.0.1:0", Proxies: []string{"127.0.0.1/32"}}, "where it is reached", false},
		{"behind everybody", true, Options{Listen: "127.0.0.1:0", Proxies: []string{"0.0.0.0/0"}, URL: url}, "is everybody", false},
		{"behind nonsense", true, Options{Listen: "127.0.0.1:0", Proxies: []string{"proxy"}, URL: url}, "--behind-proxy", false},
		{"half a certificate", true, Options{Listen: "127.0.0.1:0", CertFile: "c"}, "goes with its key", false},
		{"a URL without TLS", true, Options{Listen: "127.0.0.1:0", URL: url}, "nothing here is encrypted", false},
		{"a plain URL", true, Options{Listen: "127.0.0.1:0", CertFile: "c", KeyFile: "k", URL: "http://carat.example.com"}, "is none", false},
		{"a URL with a path", true, Options{Listen: "127.0.0.1:0", CertFile: "c", KeyFile: "k", URL: url + "/carat"}, "is none", false},
		{"a URL with a name", true, Options{Listen: "127.0.0.1:0", CertFile: "c", KeyFile: "k", URL: "https://ann@carat.example.com"}, "is none", false},
		{"no address", true, Options{Listen: "carat.example.com:1"}, "it is no address", false},
		{"no port", true, Options{Listen: "127.0.0.1"}, "missing port", false},
	} {
		w, err := c.o.where(c.authenticated)
		switch {
		case c.refused == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.refused != "" && (err == nil || !strings.Contains(err.Error(), c.refused)):
			t.Errorf("%s: %v, want it refused since %s", c.name, err, c.refused)
		case err == nil && w.TLS != c.tls:
			t.Errorf("%s: encrypted %v, want %v", c.name, w.TLS, c.tls)
		}
	}
}
