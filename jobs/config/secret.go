package config

import (
	"net/url"
	"slices"
	"strings"

	"carat/jobs/config/literal"
	"carat/pipeline"
)

// Hidden is literal.Hidden: a text that is never printed.
type Hidden = literal.Hidden

// Secret is literal.Secret: where a secret lies.
type Secret = literal.Secret

// FillSecrets fills in what catalog, the time stamps' url, the mail user and password, the engine's password and token and the provider's client_secret refer to. What can't be
// filled in is a usage error.
func (c *Config) FillSecrets(variable func(string) string) (err error) {
	user, stamps := Hidden(c.Mail.User), Hidden(c.Timestamp.URL)
	for _, one := range []struct {
		what string
		text *Hidden
	}{{"catalog", &c.Catalog}, {"mail user", &user}, {"mail password", &c.Mail.Password}, {"engine password", &c.Engine.Password}, {"engine token", &c.Engine.Token}, {"timestamp url", &stamps}, {"auth oidc client_secret", &c.Auth.OIDC.Secret}} {
		if !literal.Refers(one.text.Reveal()) {
			continue
		}
		if *one.text, err = literal.Expand(*one.text, c.Dir, variable); err != nil {
			return pipeline.Errorf(pipeline.KindUsage, "fill in", one.what+" of "+File, "%w", err).WithHint("set it where carat runs, or mend " + File)
		}
	}
	c.Mail.User, c.Timestamp.URL = user.Reveal(), stamps.Reveal()
	if dsn := c.Catalog.Reveal(); dsn != "" && !strings.HasPrefix(dsn, "postgres://") && !strings.HasPrefix(dsn, "postgresql://") {
		return pipeline.Errorf(pipeline.KindUsage, "fill in", "catalog of "+File, "what it refers to doesn't begin with postgres://").WithHint("put an address such as postgres://carat@db.example/carat there")
	}
	return nil
}

// Secrets gives the secrets that the configuration holds, in every spelling in
// which they may come up, for whoever prints what others say.
func (c *Config) Secrets() []string {
	list := []string{c.Mail.Password.Reveal(), c.Catalog.Reveal(), c.Engine.Password.Reveal(), c.Engine.Token.Reveal(), c.Auth.OIDC.Secret.Reveal()}
	if u, err := url.Parse(c.Catalog.Reveal()); err == nil {
		password, _ := u.User.Password()
		list = append(list, password, url.QueryEscape(password), url.PathEscape(password), u.Query().Get("password"))
	}
	for _, w := range c.Notifications {
		list = append(list, w.URL.Text.Reveal(), w.Token.Text.Reveal(), w.SigningKey.Text.Reveal())
	}
	return slices.DeleteFunc(list, func(s string) bool { return s == "" || literal.Refers(s) })
}
