package feed_test

import (
	"strings"
	"testing"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
)

// sheet is a header and one good row of a feed.
type sheet struct{ header, row string }

const (
	purchaseSheet = "purchase_id,kind,original_purchase_id,viewer_id,channel,reseller_id,store_transaction_id,sku,coins,bonus_coins,currency,gross_amount,tax_amount,store_fee_amount,country,purchased_at,entity\n" +
		"p1,purchase,,v1,web,,,sku1,70,5,USD,0.99,0.1,,US,2026-10-01T00:00:00Z,"
	payoutSheet = "payout_id,creator_id,status,diamonds,currency,gross_amount,withholding_amount,fee_amount,net_amount,payout_currency,fx_rate,payout_amount,method,provider_reference,requested_at,paid_at,updated_at\n" +
		"o1,c1,paid,1000,USD,5,0.5,0.25,4.25,EUR,0.853,3.63,paypal,,2026-10-01T00:00:00Z,2026-10-03T00:00:00Z,2026-10-04T00:00:00Z"
	settlementSheet = "line_id,channel,report_id,kind,quantity,gross_amount,tax_amount,fee_amount,net_amount,currency,customer_currency,customer_amount,transaction_at,settled_at,covers_from,covers_to,country\n" +
		"l1,apple,r1,refund,-1,-0.99,,,-0.69,USD,EUR,-0.9,,2026-11-03T00:00:00Z,2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,DE"
	rateSheet = "scope,scope_id,valid_from,diamonds_per_coin,diamond_value,coin_value,platform_share,currency,rounding,valid_to\n" +
		"default,,2026-01-01T00:00:00Z,0.5,0.005,0.01,0.5,USD,floor,2026-02-01T00:00:00Z"
	creatorSheet = "creator_id,valid_from,display_name,country,region,tier,agency_id,agency_share,currency,payout_method,withholding_rate,tax_form,email,valid_to\n" +
		"c1,2026-01-01T00:00:00Z,Ann,DE,eu,gold,a1,0.1,EUR,paypal,0.3,W8,ann@example.org,"
	balanceSheet = "subject_kind,subject_id,entity,channel,currency,as_of,coins,diamonds,amount,deferred_fee\n" +
		"viewer,v1,main,,,2026-11-01T00:00:00Z,-5,,,"
	packageSheet = "sku,channel,country,valid_from,coins,bonus_coins,currency,gross_amount,valid_to\n" +
		"sku1,apple,US,2026-01-01T00:00:00Z,70,,USD,0.99,"
	ruleSheet = "method,country,valid_from,min_amount,max_amount_per_day,fee_fixed,fee_rate,hold_days,currency,valid_to\n" +
		"paypal,,2026-01-01T00:00:00Z,1,1000,0.1,0.015,2,USD,"
	fxSheet         = "rate_date,base,quote,rate\n2026-10-01,EUR,USD,1.1684"
	providerSheet   = "line_id,provider,provider_reference,payout_id,amount,fee_amount,currency,status,booked_at,report_id\nx1,paypal,,o1,4.25,,USD,paid,2026-10-03T00:00:00Z,"
	bankSheet       = "line_id,account,booked_at,amount,currency,reference,counterparty\nb1,acc,2026-10-03T00:00:00Z,-4.25,USD,ref,"
	coinAdjSheet    = "adjustment_id,viewer_id,coins,reason,reference_id,approved_by,adjusted_at,note\na1,v1,-5,expiry,,ann,2026-10-03T00:00:00Z,"
	bankRuleSheet   = "account,pattern,valid_from,ledger_account,valid_to\nA,OFFICE RENT,2026-01-01T00:00:00Z,6100 Rent,"
	taxRuleSheet    = "country,channel,valid_from,rate,treatment,remitter,fee_base,fee_returned,valid_to\nDE,web,2026-01-01T00:00:00Z,0.19,taxed,us,net,true,"
	taxPaymentSheet = "authority,kind,entity,currency,amount,for_period,paid_at,reference\nDE-BZSt,sales,,EUR,-12.5,2026-10,2026-11-10T00:00:00Z,"
	resellerSheet   = "reseller_id,valid_from,name,min_price_per_coin,currency,valid_to\nr1,2026-01-01T00:00:00Z,Coins Ltd,0.008,USD,"
	agencySheet     = "agency_id,valid_from,country,currency,withholding_rate,tax_form,valid_to\na1,2026-01-01T00:00:00Z,DE,EUR,0.1,W8,"
	agencyPaySheet  = "payout_id,agency_id,status,currency,gross_amount,withholding_amount,fee_amount,net_amount,payout_currency,fx_rate,payout_amount,method,provider_reference,requested_at,paid_at,updated_at\n" +
		"ap1,a1,paid,USD,10,1,0.5,8.5,EUR,0.9,7.65,bank,,2026-10-01T00:00:00Z,2026-10-03T00:00:00Z,2026-10-04T00:00:00Z"
	agencyAdjSheet = "adjustment_id,agency_id,currency,amount,reason,reference_id,approved_by,adjusted_at,note\naa1,a1,,-5.5,penalty,,ann,2026-10-03T00:00:00Z,"
)

func sheetOf(text string) sheet {
	header, row, _ := strings.Cut(text, "\n")
	return sheet{header, row}
}

// rejectOf gives the reject of a sheet's row with some values changed.
func rejectOf[T any](t *testing.T, feed, text string, changes ...string) string {
	t.Helper()
	s := sheetOf(text)
	for i := 0; i < len(changes); i += 2 {
		s.row = replaceField(t, s.header, s.row, changes[i], changes[i+1])
	}
	out := feedtest.Read[T](t, feed+".csv", []byte(s.header+"\n"+s.row+"\n"), nil)
	switch {
	case out.Err != nil:
		return out.Err.Error()
	case len(out.Rejects) == 0:
		return ""
	}
	r := out.Rejects[0]
	return strings.TrimPrefix(feedtest.RejectText(r), feed+".csv:2 ")
}

func TestRulesOfEveryFeed(t *testing.T) {
	purchase := func(c ...string) string {
		return rejectOf[pipeline.CoinPurchase](t, "coin_purchases", purchaseSheet, c...)
	}
	payout := func(c ...string) string { return rejectOf[pipeline.Payout](t, "payouts", payoutSheet, c...) }
	settlement := func(c ...string) string {
		return rejectOf[pipeline.SettlementLine](t, "settlement_lines", settlementSheet, c...)
	}
	rate := func(c ...string) string {
		return rejectOf[pipeline.ConversionRate](t, "conversion_rates", rateSheet, c...)
	}
	creator := func(c ...string) string { return rejectOf[pipeline.Creator](t, "creators", creatorSheet, c...) }
	balance := func(c ...string) string { return rejectOf[pipeline.Balance](t, "balances", balanceSheet, c...) }
	pack := func(c ...string) string {
		return rejectOf[pipeline.CoinPackage](t, "coin_packages", packageSheet, c...)
	}
	rule := func(c ...string) string { return rejectOf[pipeline.PayoutRule](t, "payout_rules", ruleSheet, c...) }
	fx := func(c ...string) string { return rejectOf[pipeline.FXRate](t, "fx_rates", fxSheet, c...) }
	provider := func(c ...string) string {
		return rejectOf[pipeline.ProviderPayment](t, "provider_payments", providerSheet, c...)
	}
	bank := func(c ...string) string { return rejectOf[pipeline.BankLine](t, "bank_lines", bankSheet, c...) }
	coinAdj := func(c ...string) string {
		return rejectOf[pipeline.CoinAdjustment](t, "coin_adjustments", coinAdjSheet, c...)
	}
	agency := func(c ...string) string { return rejectOf[pipeline.Agency](t, "agencies", agencySheet, c...) }
	agencyPayout := func(c ...string) string {
		return rejectOf[pipeline.AgencyPayout](t, "agency_payouts", agencyPaySheet, c...)
	}
	agencyAdj := func(c ...string) string {
		return rejectOf[pipeline.AgencyAdjustment](t, "agency_adjustments", agencyAdjSheet, c...)
	}
	reseller := func(c ...string) string { return rejectOf[pipeline.Reseller](t, "resellers", resellerSheet, c...) }
	bankRule := func(c ...string) string { return rejectOf[pipeline.BankRule](t, "bank_rules", bankRuleSheet, c...) }
	taxRule := func(c ...string) string { return rejectOf[pipeline.TaxRule](t, "tax_rules", taxRuleSheet, c...) }
	taxPayment := func(c ...string) string {
		return rejectOf[pipeline.TaxPayment](t, "tax_payments", taxPaymentSheet, c...)
	}
	const (
		decimal6 = "a decimal with a point and at most 6 places"
		decimal9 = "a decimal with a point and at most 9 places"
	)
	for i, c := range []struct{ got, want string }{
		{purchase(), ""},
		{purchase("kind", "refund", "original_purchase_id", "p0"), ""},
		{purchase("kind", "refund"), `original_purchase_id missing "": expected the purchase that a refund goes back to`},
		{purchase("kind", "chargeback_reversal"), `original_purchase_id missing "": expected the purchase that a chargeback_reversal goes back to`},
		{purchase("kind", "gift"), `kind unknown_value "gift": expected one of purchase, refund, chargeback, chargeback_reversal`},
		{purchase("channel", "reseller"), `reseller_id missing "": expected the reseller, since channel is reseller`},
		{purchase("channel", "amazon"), `channel unknown_value "amazon": expected one of apple, google, web, reseller`},
		{purchase("coins", "0"), `coins out_of_range "0": expected a whole number, at least 1`},
		{purchase("bonus_coins", "-1"), `bonus_coins negative "-1": expected a whole number, at least 0`},
		{purchase("currency", "usd"), `currency bad_currency "usd": expected an ISO 4217 currency code like USD, in capital letters (a layout says it: values: {currency: {usd: USD}})`},
		{purchase("currency", "XXQ"), `currency bad_currency "XXQ": expected an ISO 4217 currency code like USD`},
		{purchase("gross_amount", "0.9999999"), `gross_amount too_precise "0.9999999": expected ` + decimal6 + `, at least 0`},
		{purchase("gross_amount", "1,00"), ` wrong_field_count "p1,purchase,,v1,web,,,sku1,70,5,USD,1,00,0.1,,US,2026-10-01T00:00:00Z,": expected 17 fields, as the header has; found 18`},
		{purchase("gross_amount", "1000000000000"), `gross_amount out_of_range "1000000000000": expected ` + decimal6 + `, at least 0`},
		{purchase("gross_amount", "-0.01"), `gross_amount negative "-0.01": expected ` + decimal6 + `, at least 0`},
		{purchase("gross_amount", "0.990000000"), ""},
		{purchase("country", "us"), `country bad_country "us": expected two upper-case letters like DE`},
		{purchase("country", "USA"), `country bad_country "USA": expected two upper-case letters like DE`},
		{payout(), ""},
		{payout("status", "done"), `status unknown_value "done": expected one of requested, paid, failed, returned`},
		{payout("fx_rate", "0"), `fx_rate out_of_range "0": expected ` + decimal9 + `, more than 0`},
		{payout("paid_at", "soon"), `paid_at bad_time "soon": expected an RFC 3339 time of at most microseconds, like 2026-10-01T12:00:00Z, or a day`},
		{payout("payout_currency", "EURO"), `payout_currency bad_currency "EURO": expected an ISO 4217 currency code like USD`},
		{settlement(), ""},
		{settlement("settled_at", "", "covers_to", ""), `transaction_at missing "": expected one of transaction_at, settled_at, covers_to`},
		{settlement("kind", "sales"), `kind unknown_value "sales": expected one of sale, refund, chargeback, fee, dispute_fee, tax, adjustment, payout, reserve, carried, conversion, disbursement, transfer`},
		{settlement("quantity", "one"), `quantity not_a_number "one": expected a whole number, at most 18 digits`},
		{settlement("net_amount", "-"), `net_amount not_a_number "-": expected ` + decimal6 + `, at most 18 digits`},
		{rate(), ""},
		{rate("scope_id", "x"), `scope_id unknown_value "x": expected nothing, since scope is default`},
		{rate("scope", "tier"), `scope_id missing "": expected the tier that the rate is for`},
		{rate("scope", "tier", "scope_id", "gold"), ""},
		{rate("scope", "world"), `scope unknown_value "world": expected one of default, region, tier, creator`},
		{rate("rounding", "ceil"), `rounding unknown_value "ceil": expected one of floor, half_up, half_even`},
		{rate("platform_share", "1.01"), `platform_share out_of_range "1.01": expected ` + decimal9 + ` from 0 to 1`},
		{rate("valid_to", "2026-01-01T00:00:00Z"), `valid_to out_of_range "2026-01-01T00:00:00Z": expected a time after valid_from, 2026-01-01T00:00:00Z`},
		{rate("valid_to", "9999-12-31T00:00:00Z"), `valid_to out_of_range "9999-12-31T00:00:00Z": expected a time from 2000 to 2099, or nothing`},
		{creator(), ""},
		{creator("withholding_rate", "-0.1"), `withholding_rate negative "-0.1": expected ` + decimal9 + ` from 0 to 1`},
		{creator("display_name", "a\x00b"), `display_name bad_text "": expected a text of at most 4096 bytes without control characters`},
		{creator("display_name", strings.Repeat("x", 4097)), `display_name bad_text "": expected a text of at most 4096 bytes without control characters`},
		{creator("email", "a@b.co;d@e.fr"), `email bad_address "": expected one mail address like ann@example.org, or nothing; it is a list: one address is wanted`},
		{creator("email", "a@localhost"), `email bad_address "": expected one mail address like ann@example.org, or nothing; its domain has no point: it is a machine of this network`},
		{creator("country", "Ann Example"), `country bad_country "": expected two upper-case letters like DE`},
		{creator("country", "de"), `country bad_country "de": expected two upper-case letters like DE`},
		{balance(), ""},
		{balance("subject_kind", "agency"), ""},
		{balance("subject_kind", "bank"), `subject_kind unknown_value "bank": expected one of viewer, creator, account, agency, counterparty`},
		{pack(), ""},
		{pack("country", ""), `country missing "": expected two upper-case letters like DE`},
		{rule(), ""},
		{rule("fee_rate", "1.5"), `fee_rate out_of_range "1.5": expected ` + decimal9 + ` from 0 to 1`},
		{fx(), ""},
		{fx("rate_date", "2026-02-30"), `rate_date bad_time "2026-02-30": expected a day like 2026-10-01`},
		{fx("rate_date", "2026-10-01T00:00:00Z"), `rate_date bad_time "2026-10-01T00:00:00Z": expected a day like 2026-10-01`},
		{fx("rate_date", "1998-12-31"), `rate_date out_of_range "1998-12-31": expected a day from 1999 to 2099`},
		{fx("rate_date", "1999-01-04"), ""},
		{fx("quote", "EUR"), `quote unknown_value "EUR": expected another currency than base`},
		{fx("rate", "0"), `rate out_of_range "0": expected ` + decimal9 + `, more than 0`},
		{provider(), ""},
		{provider("status", "requested"), `status unknown_value "requested": expected one of paid, failed, returned`},
		{bank(), ""},
		{bank("account", ""), `account missing "": expected an id of 1 to 128 bytes without control characters`},
		{coinAdj(), ""},
		{coinAdj("reason", "gift"), `reason unknown_value "gift": expected one of promo, expiry, correction, debt_writeoff`},
		{agency(), ""},
		{agency("withholding_rate", "1.01"), `withholding_rate out_of_range "1.01": expected ` + decimal9 + ` from 0 to 1`},
		{agency("currency", ""), `currency missing "": expected an ISO 4217 currency code like USD`},
		{agencyPayout(), ""},
		{agencyPayout("status", "sent"), `status unknown_value "sent": expected one of requested, paid, failed, returned`},
		{agencyPayout("gross_amount", "-1"), `gross_amount negative "-1": expected ` + decimal6 + `, at least 0`},
		{agencyAdj(), ""},
		{agencyAdj("currency", "EUR", "amount", "5.123456"), ""},
		{agencyAdj("reason", "gift"), `reason unknown_value "gift": expected one of bonus, split, clawback, penalty, correction`},
		{reseller(), ""},
		{reseller("name", ""), `name missing "": expected a text of at most 4096 bytes without control characters`},
		{bankRule(), ""},
		{bankRule("account", "", "pattern", "a*b"), ""},
		{bankRule("pattern", " * "), `pattern out_of_range " * ": expected a text that the lines hold, and not only *`},
		{bankRule("ledger_account", ""), `ledger_account missing "": expected an id of 1 to 128 bytes without control characters`},
		{taxRule(), ""},
		{taxRule("fee_base", "", "fee_returned", ""), ""},
		{taxRule("treatment", "zero", "rate", "0"), ""},
		{taxRule("treatment", "exempt"), `rate out_of_range "0.19": expected 0, since treatment is exempt`},
		{taxRule("rate", "19"), `rate out_of_range "19": expected ` + decimal9 + ` from 0 to 1`},
		{taxRule("remitter", "apple"), `remitter unknown_value "apple": expected one of store, us, customer`},
		{taxRule("fee_returned", "yes"), `fee_returned unknown_value "yes": expected one of true, false`},
		{taxPayment(), ""},
		{taxPayment("for_period", "2026-Q4"), ""},
		{taxPayment("kind", "vat"), `kind unknown_value "vat": expected one of sales, withholding`},
	} {
		if c.got != c.want {
			t.Errorf("case %d:\n got %s\nwant %s", i, c.got, c.want)
		}
	}
}

// one reads a sheet that is good.
func one[T any](t *testing.T, feed, text string) T {
	t.Helper()
	out := feedtest.Read[T](t, feed+".csv", []byte(text), nil)
	if out.Err != nil || len(out.Rows) != 1 {
		t.Fatal(out.Err, feedtest.Texts(out.Rejects))
	}
	return out.Rows[0]
}

func TestDerivedColumns(t *testing.T) {
	paid := sheetOf(payoutSheet)
	for _, c := range []struct{ status, paidAt, want string }{
		{"requested", "2026-10-03T00:00:00Z", "2026-10-01T00:00:00Z"},
		{"paid", "2026-10-03T00:00:00Z", "2026-10-03T00:00:00Z"},
		{"paid", "", "2026-10-04T00:00:00Z"},
		{"failed", "", "2026-10-04T00:00:00Z"},
		{"returned", "2026-10-03T00:00:00Z", "2026-10-04T00:00:00Z"},
	} {
		row := replaceField(t, paid.header, replaceField(t, paid.header, paid.row, "status", c.status), "paid_at", c.paidAt)
		if r := one[pipeline.Payout](t, "payouts", paid.header+"\n"+row); r.EventAt != feedtest.Micros(c.want) {
			t.Errorf("%s, paid %q: event at %d, want %s", c.status, c.paidAt, r.EventAt, c.want)
		}
	}
	for _, c := range []struct{ status, want string }{{"requested", "2026-10-01T00:00:00Z"}, {"paid", "2026-10-03T00:00:00Z"}, {"returned", "2026-10-04T00:00:00Z"}} {
		agency := sheetOf(agencyPaySheet)
		row := replaceField(t, agency.header, agency.row, "status", c.status)
		if r := one[pipeline.AgencyPayout](t, "agency_payouts", agency.header+"\n"+row); r.EventAt != feedtest.Micros(c.want) {
			t.Errorf("%s to an agency: event at %d, want %s", c.status, r.EventAt, c.want)
		}
	}
	line := sheetOf(settlementSheet)
	if r := one[pipeline.SettlementLine](t, "settlement_lines", settlementSheet); r.EventAt != feedtest.Micros("2026-11-03T00:00:00Z") ||
		*r.Quantity != -1 || r.GrossAmount != -990_000 || r.TaxAmount != nil || r.AccountingMonth != "2026-11" {
		t.Errorf("settlement %+v", r)
	}
	row := replaceField(t, line.header, line.row, "settled_at", "")
	if r := one[pipeline.SettlementLine](t, "settlement_lines", line.header+"\n"+row); r.EventAt != feedtest.Micros("2026-11-01T00:00:00Z") {
		t.Errorf("covers_to: %d", r.EventAt)
	}
	if r := one[pipeline.Creator](t, "creators", creatorSheet); r.Person != (pipeline.Person{CreatorID: "c1", DisplayName: "Ann", Email: "ann@example.org"}) ||
		*r.AgencyShare != 100_000_000 || *r.WithholdingRate != 300_000_000 || r.AccountingMonth != "2026-01" {
		t.Errorf("creator %+v", r)
	}
	// A closing balance belongs to the month that it closes.
	if r := one[pipeline.Balance](t, "balances", balanceSheet); r.AccountingMonth != "2026-10" || *r.Coins != -5 || r.Diamonds != nil {
		t.Errorf("balance %+v", r)
	}
	if r := one[pipeline.FXRate](t, "fx_rates", fxSheet); r.AccountingMonth != "2026-10" || r.Rate != 1_168_400_000 {
		t.Errorf("rate %+v", r)
	}
	if r := one[pipeline.CoinPurchase](t, "coin_purchases", purchaseSheet); *r.BonusCoins != 5 || *r.TaxAmount != 100_000 || r.StoreFeeAmount != nil || r.GrossAmount != 990_000 {
		t.Errorf("purchase %+v", r)
	}
}

func TestOverlappingRanges(t *testing.T) {
	header := sheetOf(rateSheet).header + "\n"
	row := func(scope, id, from, to string) string {
		if to != "" {
			to = "2026-" + to + "-01T00:00:00Z"
		}
		return scope + "," + id + ",2026-" + from + "-01T00:00:00Z,0.5,0.005,0.01,0.5,USD,floor," + to + "\n"
	}
	for name, c := range map[string]struct{ rows, want string }{
		"side by side": {row("tier", "a", "01", "02") + row("tier", "a", "02", "03"), ""},
		"other keys":   {row("tier", "a", "01", "03") + row("tier", "b", "02", "04") + row("region", "a", "02", "04"), ""},
		"open ends":    {row("tier", "a", "01", "") + row("tier", "a", "02", "") + row("tier", "a", "03", "05"), ""},
		"new version":  {row("tier", "a", "01", "03") + row("tier", "a", "01", "02") + row("tier", "a", "02", "03"), ""},
		"overlap": {row("tier", "a", "02", "05") + row("default", "", "01", "") + row("tier", "a", "01", "03"),
			"read conversion_rates.csv:4: its range [2026-01-01T00:00:00Z, 2026-03-01T00:00:00Z) overlaps that of conversion_rates.csv:2, [2026-02-01T00:00:00Z, 2026-05-01T00:00:00Z), for the same key; end the earlier range where the later begins, or leave valid_to empty"},
	} {
		out := feedtest.Read[pipeline.ConversionRate](t, "conversion_rates.csv", []byte(header+c.rows), func(o *feed.Options) { o.BlockBytes = 50 })
		got := ""
		if out.Err != nil {
			got = out.Err.Error()
		}
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
}
