package cluster

import (
	"strings"
	"testing"

	"carat/jobs/config/literal"
)

func TestProblems(t *testing.T) {
	good := Engine{Kind: Trino, URL: "https://carat@trino.example:8443", Catalog: "lake", Scratch: "scratch"}
	change := func(do func(*Engine)) Engine { e := good; do(&e); return e }
	for _, c := range []struct {
		e    Engine
		want string
	}{
		{Engine{Kind: DuckDB}, ""}, {good, ""},
		{change(func(e *Engine) { e.Password = "${P}" }), ""},
		{change(func(e *Engine) { e.URL = "http://carat@trino:8080" }), ""},
		{change(func(e *Engine) { e.URL = "" }), "url: name the coordinator"},
		{change(func(e *Engine) { e.URL = "trino.example:8443" }), "url: name the coordinator"},
		{change(func(e *Engine) { e.URL = "https://carat:secret@trino.example" }), "a password doesn't belong there"},
		{change(func(e *Engine) { e.URL, e.Token = "http://carat@trino:8080", "${T}" }), "over https:// alone"},
		{change(func(e *Engine) { e.Password, e.Token = "${P}", "${T}" }), "token: there is a password too"},
		{change(func(e *Engine) { e.Catalog = "La ke" }), "catalog: name a catalog"},
		{change(func(e *Engine) { e.Scratch = "" }), "scratch: name a catalog"},
		{change(func(e *Engine) { e.Scratch = "lake" }), "scratch: a catalog of its own"},
	} {
		list := strings.Join(c.e.Problems(true), "\n")
		if c.want == "" && list != "" || !strings.Contains(list, c.want) || strings.Contains(list, "secret") {
			t.Errorf("%+v: %q, want %q", c.e, list, c.want)
		}
	}
	if list := good.Problems(false); len(list) != 1 || !strings.Contains(list[0], "PostgreSQL") {
		t.Errorf("a catalog in a file: %v", list)
	}
	good.Password = literal.Hidden("p&w")
	if got := good.Address(); got != "https://carat:p&w@trino.example:8443" {
		t.Errorf("the address is %s", got)
	}
}

// A month is built again by the embedded engine whatever carat.yaml says, and by a cluster
// only where it names one.
func TestFor(t *testing.T) {
	cluster := Engine{Kind: Trino, URL: "https://carat@trino.example:8443", Catalog: "lake", Scratch: "scratch", Password: "p"}
	for _, c := range []struct {
		of   Engine
		kind string
		want Engine
		says string
	}{
		{cluster, DuckDB, Engine{Kind: DuckDB}, ""},
		{Engine{}, DuckDB, Engine{Kind: DuckDB}, ""},
		{cluster, Trino, cluster, ""},
		{Engine{Kind: DuckDB}, Trino, Engine{}, "carat.yaml names no cluster"},
		{cluster, "spark", Engine{}, `there is duckdb and trino, not "spark"`},
	} {
		got, err := c.of.For(c.kind)
		if c.says == "" && (err != nil || got != c.want) || c.says != "" && (err == nil || err.Error() != c.says) {
			t.Errorf("%s of %s: %+v, %v", c.kind, c.of.Kind, got, err)
		}
	}
}
