package closepackage

// AccountTie is that the open items of an account, row by row, come to its balance in the
// trial balance: the one is made of orders, lines and payouts, the other of bookings.
func AccountTie(entity, account, currency string) Tie {
	where := [][2]string{{"entity", entity}, {"account", account}, {"currency", currency}}
	return Tie{What: "open items of " + account + " of " + entity + " in " + currency + " less its trial balance", Currency: currency, Total: "0", Terms: []Term{
		{Section: "open_items", Column: "amount", Where: where}, {Section: "trial_balance", Column: "closing", Where: where, Minus: true},
	}}
}

// AgencyTie is opening + movements - closing = 0 of an entity's agencies in one
// currency, which have a sheet of their own.
func AgencyTie(entity, currency string) Tie {
	tie := Tie{What: "agencies of " + entity + " in " + currency + ": opening + movements less closing", Currency: currency, Total: "0"}
	where := [][2]string{{"entity", entity}, {"currency", currency}}
	for _, line := range []string{"opening", "accrued", "reversed", "clawed_back", "adjusted", "redeemed", "returned", "rounding", "closing"} {
		tie.Terms = append(tie.Terms, Term{Section: "agencies", Column: line + "_amount", Where: where, Minus: line == "closing"})
	}
	return tie
}
