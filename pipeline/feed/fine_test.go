package feed_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
)

const ofxFile = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>%s<BANKACCTFROM><ACCTID>1</BANKACCTFROM>" +
	"<BANKTRANLIST><STMTTRN><DTPOSTED>20261005<TRNAMT>%s<FITID>f1</STMTTRN></BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n"

// A bank moves nothing less than the smallest unit: an amount that is finer was read by the
// wrong marks, in whichever format it came.
func TestAnAmountOnABankAccountHasTheDecimalsOfItsCurrency(t *testing.T) {
	german := func(o *feed.Options) {
		o.Layouts = []feed.Layout{{Separator: ';', TimeFormats: []string{"YYYY-MM-DD"}, ContentID: true,
			Columns:   map[string]string{"booked_at": "Date", "reference": "Ref", "amount": "Amount"},
			Constants: map[string]string{"account": "a", "currency": "EUR"}}}
	}
	cents := func(currency string) func(*feed.Options) {
		return func(o *feed.Options) {
			o.Layouts = []feed.Layout{{TimeFormats: []string{"YYYY-MM-DD"}, ContentID: true, Scale: map[string]int{"amount": 2},
				Columns:   map[string]string{"booked_at": "Date", "reference": "Ref", "amount": "Amount"},
				Constants: map[string]string{"account": "a", "currency": currency}}}
		}
	}
	mt940 := ":20:T\n:25:10020030/1234567\n:28C:1/1\n:60F:C261001EUR100,00\n:61:2610021002C%sNTRFREF//B\n:62F:C261003EUR%s\n-\n"
	for name, c := range map[string]struct {
		file, text string
		change     func(*feed.Options)
		expected   string // of the reject; "": it is accepted
	}{
		"ofx thousands":    {"bank_lines.ofx", fmt.Sprintf(ofxFile, "USD", "1,234"), nil, "at most 2 decimals, as USD has; if 1234 is meant, a mark groups thousands"},
		"ofx yen":          {"bank_lines.ofx", fmt.Sprintf(ofxFile, "JPY", "+1,234"), nil, "without decimals, as JPY has none; if 1234 is meant"},
		"ofx dinars":       {"bank_lines.ofx", fmt.Sprintf(ofxFile, "KWD", "-1.234"), nil, ""},
		"ofx zeros":        {"bank_lines.ofx", fmt.Sprintf(ofxFile, "EUR", "-1.230000"), nil, ""},
		"german thousands": {"bank_lines.csv", "Date;Ref;Amount\n2026-10-05;r;-1.234\n", german, "if -1234 is meant, a mark groups thousands"},
		"half a cent":      {"bank_lines.csv", "Date,Ref,Amount\n2026-10-05,r,100.5\n", cents("EUR"), "no part of the smallest unit of EUR"},
		"cents of yen":     {"bank_lines.csv", "Date,Ref,Amount\n2026-10-05,r,1234\n", cents("JPY"), "minor_units"},
		"cents of euros":   {"bank_lines.csv", "Date,Ref,Amount\n2026-10-05,r,1234\n", cents("EUR"), ""},
		"mt940":            {"bank_lines.sta", fmt.Sprintf(mt940, "1,234", "101,234"), nil, ""}, // its balances prove how it is read; it is told
		"mt940 cents":      {"bank_lines.sta", fmt.Sprintf(mt940, "1,23", "101,23"), nil, ""},
		"own csv":          {"bank_lines.csv", "line_id,account,booked_at,amount,currency\nb1,a,2026-10-01,0.5,JPY\n", nil, "without decimals, as JPY has none"},
		"own balance":      {"bank_lines.csv", "line_id,account,booked_at,amount,currency,kind,balance\nb1,a,2026-10-01,0,EUR,opening,1.2345\n", nil, "at most 2 decimals"},
		"own ndjson":       {"bank_lines.ndjson", `{"line_id":"b1","account":"a","booked_at":"2026-10-01","amount":"1.234","currency":"EUR"}` + "\n", nil, "at most 2 decimals"},
	} {
		out := feedtest.Read[pipeline.BankLine](t, c.file, []byte(c.text), c.change)
		if out.Err != nil {
			t.Errorf("%s: %v", name, out.Err)
			continue
		}
		if notes := strings.Join(out.Report.Notes, "\n"); (name == "mt940") != strings.Contains(notes, "more decimals than their currency has, the first 1.234 EUR on line 5") {
			t.Errorf("%s: notes %q", name, notes)
		}
		switch {
		case c.expected == "" && (len(out.Rejects) > 0 || len(out.Rows) == 0):
			t.Errorf("%s: %+v", name, out.Rejects)
		case c.expected != "" && (len(out.Rejects) != 1 || out.Rejects[0].Code != string(pipeline.CodeTooPrecise) || !strings.Contains(out.Rejects[0].Expected, c.expected)):
			t.Errorf("%s: rejects %+v, rows %+v; want one with %q", name, out.Rejects, out.Rows, c.expected)
		}
	}
}

// PayPal moves cents too.
func TestPayPalsAmountsHaveTheDecimalsOfTheirCurrency(t *testing.T) {
	const header = "Date,Time,TimeZone,Name,Type,Status,Currency,Gross,Fee,Net,Transaction ID\n"
	row := func(gross, net, currency string) string {
		return fmt.Sprintf("10/20/2026,10:00:00,PDT,n,Express Checkout Payment,Completed,%s,\"%s\",0,\"%s\",T%s\n", currency, gross, net, currency)
	}
	out := feedtest.Read[pipeline.SettlementLine](t, "settlement_lines.csv", []byte(header+row("1.560", "1.560", "EUR")+row("1.234", "1.234", "USD")+row("1.234", "1.234", "BHD")), nil)
	if out.Err != nil || len(out.Rows) != 2 || len(out.Rejects) != 1 || out.Rejects[0].Column != "gross_amount" || !strings.Contains(out.Rejects[0].Expected, "as USD has") {
		t.Errorf("%v, rows %+v, rejects %+v", out.Err, out.Rows, out.Rejects)
	}
	payouts := `{"batch_header":{"payout_batch_id":"B","amount":{"currency":"EUR","value":"1.234"}},"total_items":1,"items":[{"payout_item_id":"I","transaction_id":"T",` +
		`"transaction_status":"SUCCESS","time_processed":"2026-10-05T00:00:00Z","payout_item":{"amount":{"currency":"EUR","value":"1.234"},"sender_item_id":"p"}}]}`
	paid := feedtest.Read[pipeline.ProviderPayment](t, "provider_payments.json", []byte(payouts), nil)
	if paid.Err != nil || len(paid.Rejects) != 1 || paid.Rejects[0].Code != string(pipeline.CodeTooPrecise) {
		t.Errorf("%v, rows %+v, rejects %+v", paid.Err, paid.Rows, paid.Rejects)
	}
}

// Providers work fees out to more places than a currency has: such amounts are read as they
// are, and told.
func TestFinerAmountsOfProvidersAreTold(t *testing.T) {
	const header = "line_id,channel,report_id,kind,gross_amount,fee_amount,net_amount,currency,customer_currency,customer_amount,transaction_at\n"
	for name, c := range map[string]struct {
		rows string
		want string // in a note; "": nothing is told
	}{
		"fees":            {"a,web,r,sale,10,0.123456,9.876544,EUR,,,2026-10-01\nb,web,r,sale,10,1.2345,8.7655,EUR,,,2026-10-01\n", "4 amounts have more decimals than their currency has, the first 0.123456 EUR on line 2"},
		"customer's":      {"a,web,r,sale,10,0,10,EUR,JPY,1600.5,2026-10-01\n", "1 amount has more decimals than their currency has, the first 1600.5 JPY on line 2"},
		"cents":           {"a,web,r,sale,10.50,0.5,10,EUR,BHD,1.234,2026-10-01\n", ""},
		"noughts behind":  {"a,web,r,sale,10.5000,0.500000,10,EUR,,,2026-10-01\n", ""},
		"round thousands": {"a,web,r,sale,1.500,0,1.500,EUR,,,2026-10-01\nb,web,r,sale,-2.000,,-2.000,EUR,,,2026-10-01\n", "4 amounts have three decimals, the first 1.500 EUR on line 2"},
		"three places":    {"a,web,r,sale,1.500,0.000,1.500,EUR,,,2026-10-01\n", ""}, // no thousands begin with a nought
	} {
		out := feedtest.Read[pipeline.SettlementLine](t, "settlement_lines.csv", []byte(header+c.rows), nil)
		if notes := strings.Join(out.Report.Notes, "\n"); out.Err != nil || len(out.Rejects) > 0 || c.want == "" && notes != "" || !strings.Contains(notes, c.want) {
			t.Errorf("%s: %v, %+v, notes %q; want %q", name, out.Err, out.Rejects, notes, c.want)
		}
	}
}

// A Parquet file's local times, as a database's timestamps become, are told and explained as those of texts.
func TestParquetTellsTheHourThatComesTwice(t *testing.T) {
	type line struct {
		LineID   string `parquet:"line_id"`
		Account  string `parquet:"account"`
		BookedAt int64  `parquet:"booked_at,timestamp(microsecond:local)"`
		Amount   string `parquet:"amount"`
		Currency string `parquet:"currency"`
	}
	at := func(text string) int64 {
		v, err := time.Parse("2006-01-02T15:04:05", text)
		if err != nil {
			t.Fatal(err)
		}
		return v.UnixMicro()
	}
	data := parquetBytes(t, []line{{"a", "x", at("2026-11-01T01:30:00"), "1", "USD"}, {"b", "x", at("2026-11-02T01:30:00"), "1", "USD"}, {"c", "x", at("2026-03-08T02:30:00"), "1", "USD"}})
	out := feedtest.Read[pipeline.BankLine](t, "bank_lines.parquet", data, func(o *feed.Options) { o.Zone, _ = time.LoadLocation("America/Los_Angeles") })
	if out.Err != nil || len(out.Rows) != 2 || !strings.Contains(strings.Join(out.Report.Notes, "\n"), "1 times, the first 2026-11-01T01:30:00, come twice in America/Los_Angeles") {
		t.Errorf("%v, %+v, %q", out.Err, out.Rows, out.Report.Notes)
	}
	if len(out.Rejects) != 1 || out.Rejects[0].Value != "2026-03-08T02:30:00" || !strings.Contains(out.Rejects[0].Expected, "they went forward over this one") {
		t.Errorf("%+v", out.Rejects)
	}
}
