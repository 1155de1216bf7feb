package api

import "testing"

// One object, whose keys are spelled as they are, each once, and whose values are texts.
func TestBody(t *testing.T) {
	for body, want := range map[string]string{
		`{"query":"select 1"}`:                        "select 1|",
		` {"query" : "select 1", "as_of":"b000001"} `: "select 1|b000001",
		`{"query":"select 1","as_of":null}`:           "select 1|",
		`{}`:                                          "|",
		`{"query":"select 1","query":"select 2"}`:     "",
		`{"QUERY":"select 1"}`:                        "",
		`{"query":"select 1","more":"x"}`:             "",
		`{"query":1}`:                                 "",
		`{"query":["select 1"]}`:                      "",
		`{"query":{"a":"b"}}`:                         "",
		`{"query":"select 1"} {"query":"select 2"}`:   "",
		`{"query":"select 1"}x`:                       "",
		`{"query":"select 1"`:                         "",
		`["query"]`:                                   "",
		`"query"`:                                     "",
		`null`:                                        "",
		``:                                            "",
		`{"query":"a","\u0071uery":"b"}`:              "",
	} {
		var query, asOf string
		err := texts([]byte(body), map[string]*string{"query": &query, "as_of": &asOf})
		if got := query + "|" + asOf; (err == nil) != (want != "") || err == nil && got != want {
			t.Errorf("%s: %q, %v, want %q", body, got, err, want)
		}
	}
}
