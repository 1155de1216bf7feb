package identity

import (
	"errors"
	"net/url"
	"strings"

	"carat/pipeline"
)

// hostOf names a DSN without its password.
func hostOf(dsn string) string {
	u, err := url.Parse(dsn)
	if err != nil {
		return "postgres://…"
	}
	return u.Scheme + "://" + u.Host + u.Path
}

// Scrub takes the DSN's password out of an error's text.
func Scrub(err error, dsn string) error {
	if err == nil || dsn == "" {
		return err
	}
	secrets := []string{dsn}
	if u, perr := url.Parse(dsn); perr == nil {
		if pw, ok := u.User.Password(); ok {
			secrets = append(secrets, pw, url.QueryEscape(pw), url.PathEscape(pw))
		}
		secrets = append(secrets, u.Query().Get("password"))
	}
	text := err.Error()
	for _, s := range secrets {
		if s != "" {
			text = strings.ReplaceAll(text, s, "xxxxx")
		}
	}
	if text == err.Error() {
		return err
	}
	var known *pipeline.Error
	if errors.As(err, &known) {
		e := *known
		e.Cause = errors.New(strings.TrimPrefix(text, e.Action+": "))
		return &e
	}
	return errors.New(text)
}
