package reach

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// never are addresses that no configuration can allow: of this link, where clouds
// tell machines their secrets, of groups, and of nothing.
var never = prefixes("0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "100.100.100.200/32", "192.0.0.192/32", "168.63.129.16/32",
	"::/128", "fe80::/10", "ff00::/8", "fd00:ec2::254/128", "fd20:ce::254/128")

// private are addresses of private networks and of this machine.
var private = prefixes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "192.0.0.0/24", "198.18.0.0/15",
	"::1/128", "fc00::/7", "fec0::/10")

// carried are networks whose addresses hold one of IPv4, and at which byte.
var carried = []struct {
	netip.Prefix
	at int
}{{netip.MustParsePrefix("64:ff9b::/96"), 12}, {netip.MustParsePrefix("64:ff9b:1::/48"), 12}, {netip.MustParsePrefix("2002::/16"), 2}, {netip.MustParsePrefix("::/96"), 12}}

func prefixes(texts ...string) (list []netip.Prefix) {
	for _, t := range texts {
		list = append(list, netip.MustParsePrefix(t))
	}
	return list
}

// Allow are the private networks that may be dialled.
type Allow []netip.Prefix

// Loopback is this machine.
var Loopback = Allow(prefixes("127.0.0.0/8", "::1/128"))

// ParseAllow reads an address or a network, such as 10.1.0.0/16.
func ParseAllow(text string) (netip.Prefix, error) {
	if !strings.Contains(text, "/") {
		a, err := netip.ParseAddr(text)
		if err != nil || a.Zone() != "" {
			return netip.Prefix{}, fmt.Errorf("%q is no address, such as 10.1.2.3, and no network, such as 10.1.0.0/16", text)
		}
		return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is no network, such as 10.1.0.0/16", text)
	}
	return p.Masked(), nil
}

// ErrForbidden is an address that is not dialled.
var ErrForbidden = errors.New("that address is not called")

// Check says why an address isn't dialled; nil if it is.
func (allow Allow) Check(a netip.Addr) error {
	a = a.WithZone("").Unmap()
	if within(never, a) {
		return fmt.Errorf("%w: %s is of this link, a cloud's metadata or a group, and never allowed", ErrForbidden, a)
	}
	if within(private, a) {
		if within(allow, a) {
			return nil
		}
		return fmt.Errorf("%w: %s is private; allow it under `allow` if it is meant", ErrForbidden, a)
	}
	for _, c := range carried {
		if !a.Is4() && c.Contains(a) {
			b := a.As16()
			return allow.Check(netip.AddrFrom4([4]byte(b[c.at : c.at+4])))
		}
	}
	return nil
}

func within(list []netip.Prefix, a netip.Addr) bool {
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
