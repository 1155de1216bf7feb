package closepackage

import (
	"math/bits"
	"strings"

	"carat/pipeline"
	"carat/reports/pages"
	"carat/reports/table"
)

// Flow is the revenue bridge of an entity in its functional currency: from the
// coins consumed to the platform's cut.
type Flow struct {
	Entity, Currency string
	Lines            []FlowLine
}

// FlowLine is a step of the bridge; Amount is a plain decimal, signed as it
// stands in the bridge.
type FlowLine struct{ Line, Amount string }

// flowSteps are the lines of the bridge that the picture draws: on its left
// what was taken in, on its right where that goes.
var flowSteps = map[string]struct {
	label pages.Markup
	left  bool
	class pages.Markup
}{
	"consumed":      {"Coins consumed", true, "key"},
	"restored":      {"less restored", true, ""},
	"marketing":     {"Promotional coins", true, "soft"},
	"store_fee":     {"Store fees", false, "out"},
	"creator_share": {"Creators", false, "in"},
	"agency_share":  {"Agencies", false, "agency"},
	"platform_cut":  {"Platform", false, "key"},
}

// Measures of the flow's picture.
const (
	flowWidth, flowHeight = 720, 300
	flowBar, flowSide     = 14, 190
	flowGap               = 22 // so that the words of small bands don't meet
)

// flowBand is a drawn step.
type flowBand struct {
	label, class pages.Markup
	amount       string
	value        uint64
	height       int
}

// flow draws a bridge as a flow from left to right, and says it in a table for
// those who don't see it. A bridge with a negative step, or one that nobody
// knows, which a flow can't show, has the table alone.
func (d *packagePage) flow(f *Flow) {
	d.Raw("<section id=\"flow\">\n<h2>From gross to net</h2>\n<p class=\"note\">From what viewers paid to what the platform keeps; the picture is of the coins consumed: ")
	d.Name(f.Entity)
	d.Raw(", in ")
	d.Text(f.Currency)
	d.Raw(".</p>\n")
	left, right, ok := f.bands()
	if ok {
		d.drawFlow(left, right)
	}
	d.openTable("From gross to net", []table.Column{{Name: "step"}, {Name: f.Currency, Kind: table.Decimal}})
	var below []FlowLine
	for _, l := range f.Lines {
		step, known := bridgeWords[strings.ReplaceAll(l.Line, " ", "_")]
		switch {
		case !known || step.sign == "below":
			below = append(below, l)
		case step.sign != "": // else the picture's own, told by its subtotal
			d.bridgeStep(l, step)
		}
	}
	if len(below) > 0 {
		d.Raw("<tr class=\"head\"><th scope=\"row\" colspan=\"2\">Beside the bridge</th></tr>\n")
	}
	for _, l := range below {
		d.bridgeStep(l, bridgeWords[l.Line])
	}
	d.Raw("</tbody></table></div>\n</section>\n")
}

// bridgeStep is one line of the table from gross to net.
func (d *packagePage) bridgeStep(l FlowLine, step bridgeStep) {
	d.Raw("<tr")
	if step.sign == "=" {
		d.Raw(" class=\"total\"")
	}
	d.Raw("><th scope=\"row\">")
	switch step.sign {
	case "-":
		d.Raw("\u2212 ")
	case "+":
		d.Raw("+ ")
	case "=":
		d.Raw("= ")
	}
	if step.label == "" {
		d.Text(strings.ReplaceAll(l.Line, "_", " "))
	}
	d.Raw(step.label, "</th><td class=\"n\">")
	d.number(l.Amount)
	d.Raw("</td></tr>\n")
}

// bridgeStep is a line of the bridge in words: "-" is taken off, "+" added, "="
// is what that comes to, "below" stands beside the bridge, "first" begins it.
type bridgeStep struct {
	label pages.Markup
	sign  string
}

var bridgeWords = map[string]bridgeStep{
	"sold_gross":             {"Gross sales of coins", "first"},
	"sold_tax":               {"Tax on sales", "-"},
	"refunded":               {"Refunds and chargebacks", "-"},
	"breakage":               {"Coins that expired or were refused", "-"},
	"liability_change":       {"Added to what viewers hold and haven't spent", "-"},
	"consumed_net":           {"Coins consumed, less restored", "="},
	"marketing":              {"Promotional coins, at the platform's cost", "+"},
	"to_share":               {"What is shared out", "="},
	"store_fee":              {"Store fees of the coins consumed", "-"},
	"creator_share":          {"Creators' share", "-"},
	"agency_share":           {"Agencies' share", "-"},
	"platform_cut":           {"Platform's cut", "="},
	"consumed":               {"Coins consumed", ""},
	"restored":               {"Coins restored by reversals", ""},
	"sold_store_fee":         {"Store fees of what was sold", "below"},
	"contra_revenue":         {"Given back beyond the value taken", "below"},
	"contra_store_fee":       {"Store fees given back beyond the deferred", "below"},
	"breakage_store_fee":     {"Store fees of coins that expired", "below"},
	"adjustments":            {"Adjustments of creators", "below"},
	"revaluation":            {"Revaluation of what creators are owed", "below"},
	"payout_rounding":        {"Rounding of payouts", "below"},
	"clawbacks":              {"Taken back from creators", "below"},
	"settled_store_fee":      {"Store fees beyond those booked", "below"},
	"provider_fees":          {"Provider fees", "below"},
	"dispute_fees":           {"Fees of disputes", "below"},
	"payment_fees":           {"Fees of payments and bank charges", "below"},
	"breakage_ahead":         {"Breakage taken ahead", "below"},
	"refund_reserve":         {"Expected refunds of spent coins", "below"},
	"agency_clawbacks":       {"Taken back from agencies", "below"},
	"agency_adjustments":     {"Adjustments of agencies", "below"},
	"deferred_debt_gain":     {"Gains on creators' debts, deferred", "below"},
	"debt_allowance":         {"Allowance on creators' debts", "below"},
	"settlement_adjustments": {"Adjustments of settlements", "below"},
}

// bands gives both sides of the picture, in one scale.
func (f *Flow) bands() (left, right []flowBand, ok bool) {
	var leftSum, rightSum uint64
	var restored uint64
	for _, l := range f.Lines {
		step, known := flowSteps[strings.ReplaceAll(l.Line, " ", "_")]
		if l.Amount == NotKnown {
			return nil, nil, false
		}
		v, err := pipeline.ParseAmount([]byte(l.Amount))
		if !known || err != nil {
			continue
		}
		value := uint64(max(v, -v))
		if step.class == "" { // what was restored narrows the band of what was consumed
			restored = value
			continue
		}
		if v < 0 {
			return nil, nil, false
		}
		if v == 0 {
			continue
		}
		band := flowBand{label: step.label, class: step.class, amount: l.Amount, value: value}
		if step.left {
			left, leftSum = append(left, band), leftSum+value
		} else {
			right, rightSum = append(right, band), rightSum+value
		}
	}
	if len(left) == 0 || len(right) == 0 || restored >= left[0].value {
		return nil, nil, false
	}
	left[0].value, leftSum = left[0].value-restored, leftSum-restored
	// What comes in is what goes out: one scale for both sides, with room for the
	// gaps of the side that has more.
	room := uint64(flowHeight - flowGap*(max(len(left), len(right))-1))
	scale(left, leftSum, room)
	scale(right, rightSum, room)
	return left, right, true
}

// scale gives each band its part of the height.
func scale(bands []flowBand, sum, room uint64) {
	for i := range bands {
		hi, lo := bits.Mul64(bands[i].value, room)
		q, _ := bits.Div64(hi, lo, sum)
		bands[i].height = max(int(q), 2)
	}
}

func (d *packagePage) drawFlow(left, right []flowBand) {
	d.Raw("<svg class=\"flow\" role=\"img\" aria-label=\"Flow from coins consumed to creators, stores, agencies and the platform; the table below has the numbers\" viewBox=\"0 0 ")
	d.B = pages.AppendInt(d.B, flowWidth+2*flowSide)
	d.Raw(" ")
	d.B = pages.AppendInt(d.B, flowHeight+70)
	d.Raw("\" xmlns=\"http://www.w3.org/2000/svg\">\n")
	// Each band of the left is spread over those of the right in their proportion.
	from := make([]int, len(left))
	y := 30
	for i := range left {
		from[i] = y
		d.flowNode(&left[i], 0, y, true)
		y += left[i].height + flowGap
	}
	total := 0
	for i := range left {
		total += left[i].height
	}
	to := 30
	for r := range right {
		at := to
		for l := range left {
			part := right[r].height * left[l].height / max(total, 1)
			d.ribbon(right[r].class, from[l], at, part)
			from[l] += part
			at += part
		}
		d.flowNode(&right[r], flowWidth-flowBar, to, false)
		to += right[r].height + flowGap
	}
	d.Raw("</svg>\n")
}

func (d *packagePage) flowNode(n *flowBand, x, y int, left bool) {
	d.Raw("<rect class=\"node ", n.class, "\" x=\"")
	d.B = pages.AppendInt(d.B, flowSide+x)
	d.Raw("\" y=\"")
	d.B = pages.AppendInt(d.B, y)
	d.Raw("\" width=\"")
	d.B = pages.AppendInt(d.B, flowBar)
	d.Raw("\" height=\"")
	d.B = pages.AppendInt(d.B, n.height)
	d.Raw("\"/><text y=\"")
	d.B = pages.AppendInt(d.B, y+n.height/2-4)
	edge := flowSide + flowWidth + 8
	if left {
		d.Raw("\" class=\"end")
		edge = flowSide - 8
	}
	d.Raw("\" x=\"")
	d.B = pages.AppendInt(d.B, edge)
	d.Raw("\">", n.label, "<tspan class=\"amount\" dy=\"18\" x=\"")
	d.B = pages.AppendInt(d.B, edge)
	d.Raw("\">")
	d.number(n.amount)
	d.Raw("</tspan></text>\n")
}

// ribbon draws a band from one side to the other.
func (d *packagePage) ribbon(class pages.Markup, from, to, height int) {
	if height == 0 {
		return
	}
	x0, x1 := flowSide+flowBar, flowSide+flowWidth-flowBar
	middle := (x0 + x1) / 2
	d.Raw("<path class=\"ribbon ", class, "\" d=\"M")
	point := func(x, y int) {
		d.B = pages.AppendInt(d.B, x)
		d.B = append(d.B, ' ')
		d.B = pages.AppendInt(d.B, y)
		d.B = append(d.B, ' ')
	}
	point(x0, from)
	d.Raw("C")
	point(middle, from)
	point(middle, to)
	point(x1, to)
	d.Raw("L")
	point(x1, to+height)
	d.Raw("C")
	point(middle, to+height)
	point(middle, from+height)
	point(x0, from+height)
	d.Raw("Z\"/>\n")
}

// days draws the coins of gifts by day; the table below has every number.
func (d *packagePage) days(s *Section) {
	type bar struct {
		day, coins string
		value      int64
	}
	byEntity := map[string][]bar{}
	var entities []string
	most := int64(1)
	err := s.Rows(func(row []any) error {
		if s.at(row, "event") != "gift" {
			return nil
		}
		entity := s.at(row, "entity")
		if byEntity[entity] == nil {
			entities = append(entities, entity)
		}
		v, err := pipeline.ParseWhole([]byte(s.at(row, "coins")))
		if err != nil {
			return nil // drawn as nothing; the table shows it as it is
		}
		byEntity[entity] = append(byEntity[entity], bar{s.at(row, "day"), s.at(row, "coins"), v})
		most = max(most, v)
		return nil
	})
	if err != nil {
		d.err = err
		return
	}
	for _, entity := range entities {
		bars := byEntity[entity]
		d.Raw("<figure><figcaption>Coins of gifts by day, ")
		d.Name(entity)
		d.Raw("</figcaption><svg class=\"days\" role=\"img\" aria-label=\"Coins of gifts by day; the table below has the numbers\" viewBox=\"0 0 ")
		d.B = pages.AppendInt(d.B, 24*len(bars))
		d.Raw(" 130\" preserveAspectRatio=\"none\" xmlns=\"http://www.w3.org/2000/svg\">\n")
		for i, one := range bars {
			height := int(pages.Across(max(one.value, 0), 0, most)) * 120 / 10_000
			d.Raw("<rect x=\"")
			d.B = pages.AppendInt(d.B, 24*i+2)
			d.Raw("\" y=\"")
			d.B = pages.AppendInt(d.B, 125-height)
			d.Raw("\" width=\"20\" height=\"")
			d.B = pages.AppendInt(d.B, max(height, 1))
			d.Raw("\"><title>")
			d.Text(one.day)
			d.Raw(": ")
			d.number(one.coins)
			d.Raw(" coins</title></rect>\n")
		}
		d.Raw("</svg></figure>\n")
	}
}
