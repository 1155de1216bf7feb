package main

import (
	"os/user"
	"strings"
)

// osUser gives whom the operating system says carat runs as, without the
// domain that Windows puts before it; what the environment says when there is
// no such entry, as in a container.
func osUser(env []string) string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		if _, name, ok := strings.Cut(u.Username, `\`); ok {
			return name
		}
		return u.Username
	}
	for _, e := range env {
		if name, ok := strings.CutPrefix(e, "USER="); ok {
			return name
		}
	}
	return ""
}

// namedUser gives whom CARAT_USER names: a person behind an account that
// several share.
func namedUser(env []string) string {
	for _, e := range env {
		if name, ok := strings.CutPrefix(e, "CARAT_USER="); ok {
			return strings.TrimSpace(name)
		}
	}
	return ""
}
