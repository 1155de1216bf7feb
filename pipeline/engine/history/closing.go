package history

import "carat/pipeline"

// Closing is a result table in which a month's closing stands, with the columns
// that are read of it.
type Closing struct {
	Table      string
	Columns    []pipeline.Column
	Comparable bool // wanted of the month a year before too
}

// Closings are all of them.
var Closings = []Closing{
	{"rollforwards", []pipeline.Column{text("identity"), text("entity"), text("currency"), text("subject_kind"), text("subject_id"),
		text("line"), whole("quantity"), money("amount"), money("functional_amount")}, true},
	{"viewer_balances", []pipeline.Column{text("viewer_id"), text("entity"), whole("coins"), whole("debt")}, false},
	{"coin_lots", []pipeline.Column{text("lot_id"), text("viewer_id"), text("entity"), text("channel"), text("currency"),
		whole("coins_left"), money("value_left"), money("fee_left"), text("origin")}, false},
	{"trial_balances", []pipeline.Column{text("entity"), text("account"), text("currency"), text("functional_currency"),
		money("closing"), money("functional_closing"), money("debit"), money("credit"), money("functional_debit"), money("functional_credit")}, true},
	{"creator_debts", []pipeline.Column{text("creator_id"), text("entity"), text("currency"), whole("diamonds"), exact("carrying_amount"),
		exact("deferred_gain"), day("debt_since"), exact("allowance")}, false},
	{"payee_balances", []pipeline.Column{text("payee_kind"), text("payee_id"), text("entity"), text("currency"), whole("diamonds"), exact("amount"),
		exact("unrequested"), day("first_day"), day("last_day"), day("request_day")}, false},
	{"group_balances", []pipeline.Column{text("level"), text("entity"), text("account"), text("kind"), money("functional_closing"), money("closing")}, false},
	{"revenue_bridge", []pipeline.Column{text("entity"), text("functional_currency"), text("channel"), text("currency"), text("line"),
		money("functional_amount")}, true},
}

func text(name string) pipeline.Column  { return pipeline.Column{Name: name, Type: "VARCHAR"} }
func whole(name string) pipeline.Column { return pipeline.Column{Name: name, Type: "BIGINT"} }
func money(name string) pipeline.Column { return pipeline.Column{Name: name, Type: "DECIMAL(38,6)"} }
func day(name string) pipeline.Column   { return pipeline.Column{Name: name, Type: "DATE"} }
func exact(name string) pipeline.Column { return pipeline.Column{Name: name, Type: "DECIMAL(38,9)"} }
