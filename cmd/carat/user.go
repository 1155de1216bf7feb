package main

import (
	"os"
	"os/user"
	"strconv"
	"strings"

	"carat/jobs/names"
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
	return "uid" + strconv.Itoa(os.Getuid())
}

// userOf gives the name of somebody who gave none: the account's, in the spelling
// of users, else its number.
func userOf(account string) string {
	if name, err := names.User(account); err == nil {
		return name
	}
	return "uid" + strconv.Itoa(os.Getuid())
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
