package reach

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

func TestWhoIsDialled(t *testing.T) {
	allowed := Allow{}
	for _, text := range []string{"10.1.0.0/16", "192.168.7.9", "169.254.0.0/16", "fd12::/16", "0.0.0.0/0", "::/0"} {
		p, err := ParseAllow(text)
		if err != nil {
			t.Fatal(err)
		}
		allowed = append(allowed, p)
	}
	narrow := allowed[:4]
	for _, c := range []struct {
		address      string
		bare, narrow bool // is dialled without allow, and with some networks
		wide         bool // is dialled when all private networks are allowed
	}{
		{"93.184.216.34", true, true, true},
		{"2606:2800:220:1::1", true, true, true},
		{"10.1.2.3", false, true, true},
		{"10.2.2.3", false, false, true},
		{"192.168.7.9", false, true, true},
		{"192.168.7.10", false, false, true},
		{"172.31.0.1", false, false, true},
		{"100.64.1.1", false, false, true},
		{"127.0.0.1", false, false, true},
		{"::1", false, false, true},
		{"fd12::1", false, true, true},
		{"::ffff:10.1.2.3", false, true, true},
		{"::ffff:127.0.0.1", false, false, true},
		{"64:ff9b::a01:203", false, true, true}, // 10.1.2.3 behind NAT64
		{"64:ff9b::7f00:1", false, false, true},
		{"2002:7f00:1::1", false, false, true},
		{"64:ff9b::5db8:d822", true, true, true},
		// Never, whatever is allowed.
		{"169.254.169.254", false, false, false},
		{"::ffff:169.254.169.254", false, false, false},
		{"64:ff9b::a9fe:a9fe", false, false, false},
		{"2002:a9fe:a9fe::", false, false, false},
		{"fe80::1", false, false, false},
		{"fe80::1%eth0", false, false, false},
		{"fd00:ec2::254", false, false, false},
		{"100.100.100.200", false, false, false},
		{"168.63.129.16", false, false, false},
		{"0.0.0.0", false, false, false},
		{"::", false, false, false},
		{"224.0.0.1", false, false, false},
		{"255.255.255.255", false, false, false},
	} {
		a := netip.MustParseAddr(c.address)
		for name, one := range map[string]struct {
			allow Allow
			want  bool
		}{"without allow": {nil, c.bare}, "with some networks": {narrow, c.narrow}, "with all": {allowed, c.wide}} {
			if err := one.allow.Check(a); (err == nil) != one.want {
				t.Errorf("%s %s: %v", c.address, name, err)
			}
		}
	}
}

func TestURLs(t *testing.T) {
	for text, want := range map[string]string{
		"https://rates.example/x":    "",
		"http://rates.example/x":     "use https",
		"http://127.0.0.1:80/x":      "",
		"http://10.0.0.1/x":          "private",
		"https://10.0.0.1/x":         "private",
		"https://169.254.169.254/x":  "never allowed",
		"https://ann:pw@rates.ex/x":  "doesn't belong",
		"ftp://rates.example/x":      "begins with https",
		"file:///etc/passwd":         "begins with https",
		"https:rates.example":        "begins with https",
		"https://[::ffff:7f00:1]/x":  "",
		"https://[fe80::1%25eth0]/x": "never allowed",
	} {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		err = CheckURL(u, Loopback, true)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, and wanted %q", text, err, want)
		}
	}
}

// A name is judged by what it resolves to, when it is dialled.
func TestNameOfThisMachineIsNotDialled(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "secret") }))
	t.Cleanup(server.Close)
	_, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
	_, err := Client(Options{}).Get("https://localhost:" + port)
	if !errors.Is(err, ErrForbidden) {
		t.Errorf("%v", err)
	}
}

func TestRedirects(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("another host was asked, with the token %q", r.Header.Get("Authorization"))
	}))
	t.Cleanup(other.Close)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/within":
			http.Redirect(w, r, "/here", http.StatusFound)
		case "/here":
			_, _ = io.WriteString(w, "here")
		case "/away":
			http.Redirect(w, r, other.URL, http.StatusFound)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		}
	}))
	t.Cleanup(server.Close)
	for path, want := range map[string]string{"/within": "", "/away": "another host", "/round": "more than five times"} {
		answer, err := Client(Options{Allow: Loopback, PlainHTTP: true}).Get(server.URL + path)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", path, err)
		}
		if err == nil {
			Drop(answer)
		}
	}
}
