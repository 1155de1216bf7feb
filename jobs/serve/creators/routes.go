package creators

import (
	"net/url"
	"strings"

	"carat/jobs/books"
	"carat/jobs/serve/room"
	"carat/pipeline"
	"carat/reports/pages/site"
	"carat/reports/statement"
	"carat/reports/table"
)

// Places are the entries of the navigation, each with the right without which it isn't
// shown.
var Places = []struct {
	site.Place
	Right books.Right
}{
	{site.Place{Path: "/creators", Name: "Creators"}, books.RightCreators},
	{site.Place{Path: "/questions", Name: "Questions"}, books.RightAnswer},
	{site.Place{Path: "/earnings", Name: "My earnings"}, books.RightEarnings},
}

// Routes are all pages about creators.
var Routes = []room.Route{
	{Pattern: "GET /creators", Here: "/creators", Do: list},
	{Pattern: "GET /creators/{id}", Here: "/creators", Do: look},
	{Pattern: "GET /creators/{id}/{period}/{entity}/{currency}/{line}", Here: "/creators", Do: line},
	{Pattern: "GET /questions", Here: "/questions", Do: questions},
	{Pattern: "POST /questions/{id}", Here: "/questions", Do: answer},
	{Pattern: "GET /earnings", Here: "/earnings", Do: earnings},
	{Pattern: "GET /earnings/questions", Here: "/earnings", Do: ownQuestions},
	{Pattern: "POST /earnings/{period}/{entity}/{currency}/{line}", Here: "/earnings", Do: ask},
	{Pattern: "GET /earnings/{period}", Here: "/earnings", Do: earnings},
	{Pattern: "GET /earnings/{period}/{entity}/{currency}/{line}", Here: "/earnings", Do: ownLine},
	{Pattern: "GET /earnings/{period}/{entity}/{currency}/statement/{format}", Here: "/earnings", Do: ownStatement},
}

// addressOf is a path with those values that are not "".
func addressOf(path string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" && (pairs[i] != "from" || pairs[i+1] != "0") {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// below is a path with parts that may hold anything.
func below(path string, parts ...string) string {
	for _, one := range parts {
		path += "/" + url.PathEscape(one)
	}
	return path
}

// cell gives the text of a row's column; "" when it is empty or there is no such column.
func cell(t *table.Table, row []any, column string) string {
	for i, c := range t.Columns {
		if c.Name == column {
			text, _ := table.CellText(c.Kind, row[i])
			return text
		}
	}
	return ""
}

// money writes an amount as statements show it; "" for none.
func money(text, currency string) string {
	if text == "" {
		return ""
	}
	a, err := pipeline.ParseAmount([]byte(text))
	if err != nil {
		return site.Number(text)
	}
	return statement.Balance(a, currency)
}

// asMoney gives a table in which the amounts are as statements show them. The currency of
// a row stands in its column currency, that of what was paid in payout_currency.
func asMoney(t *table.Table) *table.Table {
	shown := &table.Table{Columns: append([]table.Column(nil), t.Columns...)}
	for _, row := range t.Rows {
		cells := append([]any(nil), row...)
		for i, c := range t.Columns {
			if row[i] == nil || !strings.HasSuffix(c.Name, "_amount") && c.Name != "amount" {
				continue
			}
			currency := cell(t, row, "currency")
			if c.Name == "payout_amount" {
				currency = cell(t, row, "payout_currency")
			}
			text, _ := table.CellText(c.Kind, row[i])
			cells[i] = money(text, currency)
		}
		shown.Rows = append(shown.Rows, cells)
	}
	return shown
}
