package config

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"carat/jobs/config/literal"
	"carat/pipeline"
)

// Hidden is literal.Hidden: a text that is never printed.
type Hidden = literal.Hidden

// Secret is where a secret lies: in a variable of the environment, in a file, or
// in the text of carat.yaml, in which ${NAME} and FILE: stand for these.
type Secret struct {
	Text           Hidden
	Variable, File string
}

// places counts where it may lie: one of them is right.
func (s Secret) places() (count int) {
	for _, text := range []string{s.Text.Reveal(), s.Variable, s.File} {
		if text != "" {
			count++
		}
	}
	return count
}

// Read gives the secret from where it lies; "" when no place is named. Errors name the
// place, what says which secret it is, and never what is in it.
func (s Secret) Read(dir, what string, variable func(string) string) (Hidden, error) {
	switch {
	case s.Text != "":
		text, err := literal.Expand(s.Text, dir, variable)
		if err != nil {
			return "", fmt.Errorf("%s: %w", what, err)
		}
		return text, nil
	case s.Variable != "":
		text, err := literal.Variable(s.Variable, variable)
		if err == nil && text == "" {
			err = fmt.Errorf("the environment variable %s is not set", s.Variable)
		}
		if err != nil {
			return "", fmt.Errorf("%s_env: %w", what, err)
		}
		return text, nil
	case s.File != "":
		text, err := literal.ReadFile(dir, s.File)
		if err != nil {
			return "", fmt.Errorf("%s_file: %w", what, err)
		}
		return text, nil
	}
	return "", nil
}

// FillSecrets fills in what catalog and the mail password refer to. What can't be
// filled in is a usage error.
func (c *Config) FillSecrets(variable func(string) string) (err error) {
	for _, one := range []struct {
		what string
		text *Hidden
	}{{"catalog", &c.Catalog}, {"mail password", &c.Mail.Password}} {
		if !literal.Refers(one.text.Reveal()) {
			continue
		}
		if *one.text, err = literal.Expand(*one.text, c.Dir, variable); err != nil {
			return pipeline.Errorf(pipeline.KindUsage, "fill in", one.what+" of "+File, "%w", err)
		}
	}
	if dsn := c.Catalog.Reveal(); dsn != "" && !strings.HasPrefix(dsn, "postgres://") && !strings.HasPrefix(dsn, "postgresql://") {
		return pipeline.Errorf(pipeline.KindUsage, "fill in", "catalog of "+File, "what it refers to doesn't begin with postgres://")
	}
	return nil
}

// Secrets gives the secrets that the configuration holds, in every spelling in
// which they may come up, for whoever prints what others say.
func (c *Config) Secrets() []string {
	list := []string{c.Mail.Password.Reveal(), c.Catalog.Reveal()}
	if u, err := url.Parse(c.Catalog.Reveal()); err == nil {
		password, _ := u.User.Password()
		list = append(list, password, url.QueryEscape(password), url.PathEscape(password), u.Query().Get("password"))
	}
	for _, w := range c.Notifications {
		list = append(list, w.URL.Text.Reveal(), w.Token.Text.Reveal(), w.SigningKey.Text.Reveal())
	}
	return slices.DeleteFunc(list, func(s string) bool { return s == "" || literal.Refers(s) })
}
