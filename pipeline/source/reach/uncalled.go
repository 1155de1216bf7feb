package reach

import (
	"net/netip"
	"net/url"
	"regexp"
)

// referred is what stands for a variable of the environment in a text.
var referred = regexp.MustCompile(`\$\{[^}]*\}`)

// Uncalled says, without repeating it, why an address of a configuration is never called, and
// what to write instead; "" when nothing speaks against it. What stands in a variable isn't known.
func Uncalled(text string, allow Allow) (why string) {
	u, err := url.Parse(referred.ReplaceAllString(text, "x"))
	if err != nil || text == "" || u.User == nil && u.Scheme != "http" {
		return ""
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && u.User == nil && allow.Check(ip) != nil {
		return "" // fetch and doctor tell who may be asked
	}
	if err = CheckURL(u, allow, true); err == nil {
		return ""
	}
	why = err.Error()
	if _, has := u.User.Password(); has {
		why = "a secret stands in its address: " + why
	}
	if u.User != nil {
		why += "; write user, and password_file or password_env"
	}
	return why
}
