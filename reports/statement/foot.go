package statement

// words writes the glossary.
func (p *page) words() {
	p.Raw(`<section>
<h2>Words</h2>
<dl class="words">
<div><dt>Coin</dt><dd>What viewers buy and spend on gifts. Coins never become yours directly.</dd></div>
<div><dt>Diamond</dt><dd>What you are credited for a gift. Diamonds are paid out as money.</dd></div>
<div><dt>Rate</dt><dd>How many diamonds a coin makes, and what a diamond is worth. Rates have dates; a gift is judged by the rate of its own moment.</dd></div>
<div><dt>List value</dt><dd>What coins cost by the platform’s price list. Viewers may have paid a little more or less.</dd></div>
<div><dt>Clawback</dt><dd>Diamonds taken back because the coins behind a gift were refunded to the viewer.</dd></div>
<div><dt>Withholding</dt><dd>Tax that has to be kept back from a payout and passed on to a tax office for you.</dd></div>
<div><dt>On its way</dt><dd>A payout that you requested and that has not arrived yet. It has left your balance.</dd></div>
<div><dt>Provisional, final</dt><dd>A statement is provisional until the month is closed, then final. A corrected one has a higher version.</dd></div>
</dl>
</section>
`)
}

// foot says where the numbers come from and how to check them.
func (p *page) foot() {
	m := &p.s.Summary
	p.Raw("<footer>\n<p><b>How to check this.</b> Opening + earned + adjustments − payouts requested + payouts that came back ± rate changes − rounding = closing, to the last digit. The CSV and JSON files of this statement are made from the same rows as this page. Whoever holds the books can look up any id on this page with <code>carat query</code>; the same inputs always give the same run and the same page, with <code>carat run --period ")
	p.Text(string(m.Period))
	p.Raw("</code>.</p>\n<p>Viewers are never named on statements. Statement ")
	p.Name(m.CreatorID)
	p.Raw(" · ")
	p.Name(m.Entity)
	p.Raw(" · ")
	p.Text(m.Currency)
	p.Raw(" · ")
	p.Text(string(m.Period))
	p.Raw(" · version ")
	p.Whole(m.Version)
	if p.s.RunID != "" {
		p.Raw(" · run <code>")
		p.Text(p.s.RunID)
		p.Raw("</code>")
	}
	p.Raw("</p>\n</footer>\n</main>\n</body>\n</html>\n")
}
