package pipeline

import "strings"

// TaxTaxed is the treatment of sales that are taxed at a rate; zero stands in
// returns, exempt isn't taxable.
const TaxTaxed = "taxed"

// RemitterCustomer owes the tax by reverse charge: the amount that is paid holds none.
const RemitterCustomer = "customer"

// TaxRule is a row of tax_rules: how sales of one channel into one country are
// taxed, and of what the store's fee is taken there.
type TaxRule struct {
	Country     string `parquet:"country,dict,id(1)"`
	Channel     string `parquet:"channel,dict,id(2)"`
	ValidFrom   int64  `parquet:"valid_from,timestamp(microsecond),id(3)"`
	Rate        int64  `parquet:"rate,decimal(9:18),id(4)"` // of the amount without tax
	Treatment   string `parquet:"treatment,dict,id(5)"`
	Remitter    string `parquet:"remitter,dict,id(6)"`
	FeeBase     string `parquet:"fee_base,optional,dict,id(7)"`     // "": gross
	FeeReturned string `parquet:"fee_returned,optional,dict,id(8)"` // "": false
	ValidTo     *int64 `parquet:"valid_to,optional,timestamp(microsecond),id(9)"`
	Lineage
}

// EventMicros is 0: reference rows have no event time.
func (*TaxRule) EventMicros() int64 { return 0 }

// AppendKey appends country, channel and valid_from.
func (r *TaxRule) AppendKey(dst []byte) []byte {
	return keyAt(key(dst, r.Country, r.Channel), r.ValidFrom)
}

// taxRules describes tax_rules.
func taxRules() Feed {
	return feedOf(Feed{Name: "tax_rules", Row: "tax_rule", Reference: true, Key: []string{"country", "channel", "valid_from"}}, func(r *TaxRule) Fault {
		if r.Treatment != TaxTaxed && r.Rate != 0 {
			return Fault{"rate", CodeOutOfRange, Rate(r.Rate).String(), "0, since treatment is " + r.Treatment}
		}
		return Fault{}
	},
		country("country"),
		channel(),
		bound("valid_from"),
		share("rate"),
		enum("treatment", TaxTaxed, "zero", "exempt"),
		enum("remitter", "store", "us", RemitterCustomer),
		maybe(enum("fee_base", "gross", "net")),
		maybe(enum("fee_returned", "true", "false")),
		maybe(bound("valid_to")),
	)
}

// TaxPayment is a row of tax_payments: what was paid to an authority, or with a
// minus came back from it.
type TaxPayment struct {
	Authority string `parquet:"authority,dict,id(1)"`
	Kind      string `parquet:"kind,dict,id(2)"`
	Currency  string `parquet:"currency,dict,id(3)"`
	Amount    int64  `parquet:"amount,decimal(6:18),id(4)"`
	ForPeriod string `parquet:"for_period,dict,id(5)"` // as the authority names it: 2026-10, 2026-Q4, 2026
	PaidAt    int64  `parquet:"paid_at,timestamp(microsecond),id(6)"`
	// Reference parts payments of one moment.
	Reference string `parquet:"reference,optional,id(7)"`
	Entity    string `parquet:"entity,dict,id(8)"`
	Lineage
}

// EventMicros gives paid_at.
func (r *TaxPayment) EventMicros() int64 { return r.PaidAt }

// AppendKey appends authority, kind, entity, currency, for_period, reference and paid_at.
func (r *TaxPayment) AppendKey(dst []byte) []byte {
	return keyAt(key(dst, r.Authority, r.Kind, r.Entity, r.Currency, r.ForPeriod, r.Reference), r.PaidAt)
}

// taxPayments describes tax_payments.
func taxPayments() Feed {
	return feedOf(Feed{Name: "tax_payments", Row: "tax_payment", Key: []string{"authority", "kind", "entity", "currency", "for_period", "reference", "paid_at"},
		EventColumn: "paid_at"}, noRule[TaxPayment],
		id("authority"),
		enum("kind", "sales", "withholding"),
		currency("currency"),
		signed("amount"),
		id("for_period"),
		moment("paid_at"),
		maybe(id("reference")),
		entity(),
	)
}

// Payee is a row of payees, a creator or an agency as a tax return names them, without
// the person: who they are is kept outside the lake (Identity).
type Payee struct {
	PayeeID    string   `parquet:"payee_id,id(1)"`
	ValidFrom  int64    `parquet:"valid_from,timestamp(microsecond),id(2)"`
	EntityType string   `parquet:"entity_type,dict,id(3)"`
	Residence  string   `parquet:"residence,optional,dict,id(4)"` // country
	Given      string   `parquet:"given,optional,dict,id(5)"`     // personal columns that aren't empty, parted by blanks
	ValidTo    *int64   `parquet:"valid_to,optional,timestamp(microsecond),id(6)"`
	Identity   Identity `parquet:"-"`
	Lineage
}

// Identity is the part of a payee that can be erased. TaxIDs is COUNTRY:NUMBER, several parted by ";".
type Identity struct{ LegalName, Address, BirthDate, TaxIDs, Account, Email string }

// EventMicros is 0: reference rows have no event time.
func (*Payee) EventMicros() int64 { return 0 }

// AppendKey appends payee_id and valid_from.
func (r *Payee) AppendKey(dst []byte) []byte { return keyAt(append(dst, r.PayeeID...), r.ValidFrom) }

// payees describes payees.
func payees() Feed {
	return feedOf(Feed{Name: "payees", Row: "payee", Reference: true, Key: []string{"payee_id", "valid_from"}, Owner: "payee_id"}, func(r *Payee) Fault {
		var given []string
		for _, x := range [][2]string{{"legal_name", r.Identity.LegalName}, {"address", r.Identity.Address}, {"birth_date", r.Identity.BirthDate}, {"tax_ids", r.Identity.TaxIDs}, {"account", r.Identity.Account}} {
			if x[1] != "" {
				given = append(given, x[0])
			}
		}
		r.Given = strings.Join(given, " ")
		return Fault{}
	},
		id("payee_id"),
		bound("valid_from"),
		enum("entity_type", "individual", "entity"),
		personal(inField(text("legal_name"), "Identity.LegalName")),
		personal(inField(maybe(text("address")), "Identity.Address")),
		personal(inField(maybe(text("birth_date")), "Identity.BirthDate")),
		personal(inField(maybe(text("tax_ids")), "Identity.TaxIDs")),
		maybe(country("residence")),
		personal(inField(maybe(text("account")), "Identity.Account")),
		personal(inField(maybe(mailbox("email")), "Identity.Email")),
		maybe(bound("valid_to")),
	)
}
