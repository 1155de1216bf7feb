package cluster

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"

	"carat/jobs/config/literal"
)

// The kinds of engines.
const (
	DuckDB = "duckdb" // the embedded one
	Trino  = "trino"
)

// Engine says what builds a run's models.
type Engine struct {
	Kind     string
	URL      string         // of Trino's coordinator, with the user: https://carat@trino.example:8443
	Password literal.Hidden // of that user; "": none
	Token    literal.Hidden // an access token in the password's place; "": none
	Catalog  string         // Trino's catalog that shows the lake
	Scratch  string         // Trino's catalog in which a run makes a schema of its own
}

var catalogForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

// Problems says what is wrong, each with the key that it is about in front. catalog says
// whether the lake's catalog is PostgreSQL, which is the one that Trino can read too.
func (e Engine) Problems(catalog bool) (list []string) {
	if e.Kind != Trino {
		return nil
	}
	u, err := url.Parse(e.URL)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		list = append(list, "url: name the coordinator, as in https://carat@trino.example:8443")
	case hasPassword(u):
		list = append(list, "url: a password doesn't belong there; write password: ${NAME}, or FILE: and a path")
	case u.Scheme == "http" && (e.Password != "" || e.Token != ""):
		list = append(list, "url: a password or a token is sent over https:// alone")
	}
	if e.Password != "" && e.Token != "" {
		list = append(list, "token: there is a password too; one of them is sent")
	}
	for _, one := range []struct{ key, name string }{{"catalog", e.Catalog}, {"scratch", e.Scratch}} {
		if !catalogForm.MatchString(one.name) {
			list = append(list, one.key+": name a catalog of the cluster, in small letters")
		}
	}
	if e.Catalog == e.Scratch && e.Catalog != "" {
		list = append(list, "scratch: a catalog of its own, in which the lake isn't")
	}
	if !catalog {
		list = append(list, "kind: trino reads a lake whose catalog is in PostgreSQL: see catalog")
	}
	return list
}

func hasPassword(u *url.URL) bool {
	_, has := u.User.Password()
	return has
}

// Address is the coordinator's with the password in it, for the client alone.
func (e Engine) Address() string {
	u, err := url.Parse(e.URL)
	if err != nil || e.Password == "" {
		return e.URL
	}
	u.User = url.UserPassword(u.User.Username(), e.Password.Reveal())
	return u.String()
}

// For gives the engine of a kind: the embedded one, or the cluster that this one is.
func (e Engine) For(kind string) (Engine, error) {
	switch {
	case kind == DuckDB:
		return Engine{Kind: DuckDB}, nil
	case kind != Trino:
		return e, fmt.Errorf("there is %s and %s, not %q", DuckDB, Trino, kind)
	case e.Kind != Trino:
		return e, errors.New("carat.yaml names no cluster")
	}
	return e, nil
}
