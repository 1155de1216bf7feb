package reports

import (
	"math/bits"
	"strings"

	"carat/pipeline"
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
	label markup
	left  bool
	class markup
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
	label, class markup
	amount       string
	value        uint64
	height       int
}

// flow draws a bridge as a flow from left to right, and says it in a table for
// those who don't see it. A bridge with a negative step, which a flow can't
// show, has the table alone.
func (d *packagePage) flow(f *Flow) {
	d.raw("<section id=\"flow\">\n<h2>From gross to net</h2>\n<p class=\"note\">Coins consumed at what was paid for them, and where that goes: ")
	d.name(f.Entity)
	d.raw(", in ")
	d.text(f.Currency)
	d.raw(".</p>\n")
	left, right, ok := f.bands()
	if ok {
		d.drawFlow(left, right)
	}
	d.openTable("From gross to net", []Column{{Name: "step"}, {Name: f.Currency, Kind: Decimal}})
	for _, l := range f.Lines {
		d.raw("<tr><th scope=\"row\">")
		d.text(strings.ReplaceAll(l.Line, "_", " "))
		d.raw("</th><td class=\"n\">")
		d.number(l.Amount)
		d.raw("</td></tr>\n")
	}
	d.raw("</tbody></table></div>\n</section>\n")
}

// bands gives both sides of the picture, in one scale.
func (f *Flow) bands() (left, right []flowBand, ok bool) {
	var leftSum, rightSum uint64
	var restored uint64
	for _, l := range f.Lines {
		step, known := flowSteps[strings.ReplaceAll(l.Line, " ", "_")]
		v, err := pipeline.ParseAmount([]byte(l.Amount))
		if !known || err != nil {
			continue
		}
		value := magnitude(int64(v))
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
	d.raw("<svg class=\"flow\" role=\"img\" aria-label=\"Flow from coins consumed to creators, stores, agencies and the platform; the table below has the numbers\" viewBox=\"0 0 ")
	d.b = appendInt(d.b, flowWidth+2*flowSide)
	d.raw(" ")
	d.b = appendInt(d.b, flowHeight+70)
	d.raw("\" xmlns=\"http://www.w3.org/2000/svg\">\n")
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
	d.raw("</svg>\n")
}

func (d *packagePage) flowNode(n *flowBand, x, y int, left bool) {
	d.raw("<rect class=\"node ", n.class, "\" x=\"")
	d.b = appendInt(d.b, flowSide+x)
	d.raw("\" y=\"")
	d.b = appendInt(d.b, y)
	d.raw("\" width=\"")
	d.b = appendInt(d.b, flowBar)
	d.raw("\" height=\"")
	d.b = appendInt(d.b, n.height)
	d.raw("\"/><text y=\"")
	d.b = appendInt(d.b, y+n.height/2-4)
	edge := flowSide + flowWidth + 8
	if left {
		d.raw("\" class=\"end")
		edge = flowSide - 8
	}
	d.raw("\" x=\"")
	d.b = appendInt(d.b, edge)
	d.raw("\">", n.label, "<tspan class=\"amount\" dy=\"18\" x=\"")
	d.b = appendInt(d.b, edge)
	d.raw("\">")
	d.number(n.amount)
	d.raw("</tspan></text>\n")
}

// ribbon draws a band from one side to the other.
func (d *packagePage) ribbon(class markup, from, to, height int) {
	if height == 0 {
		return
	}
	x0, x1 := flowSide+flowBar, flowSide+flowWidth-flowBar
	middle := (x0 + x1) / 2
	d.raw("<path class=\"ribbon ", class, "\" d=\"M")
	point := func(x, y int) {
		d.b = appendInt(d.b, x)
		d.b = append(d.b, ' ')
		d.b = appendInt(d.b, y)
		d.b = append(d.b, ' ')
	}
	point(x0, from)
	d.raw("C")
	point(middle, from)
	point(middle, to)
	point(x1, to)
	d.raw("L")
	point(x1, to+height)
	d.raw("C")
	point(middle, to+height)
	point(middle, from+height)
	point(x0, from+height)
	d.raw("Z\"/>\n")
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
		d.raw("<figure><figcaption>Coins of gifts by day, ")
		d.name(entity)
		d.raw("</figcaption><svg class=\"days\" role=\"img\" aria-label=\"Coins of gifts by day; the table below has the numbers\" viewBox=\"0 0 ")
		d.b = appendInt(d.b, 24*len(bars))
		d.raw(" 130\" preserveAspectRatio=\"none\" xmlns=\"http://www.w3.org/2000/svg\">\n")
		for i, one := range bars {
			height := int(across(max(one.value, 0), 0, most)) * 120 / 10_000
			d.raw("<rect x=\"")
			d.b = appendInt(d.b, 24*i+2)
			d.raw("\" y=\"")
			d.b = appendInt(d.b, 125-height)
			d.raw("\" width=\"20\" height=\"")
			d.b = appendInt(d.b, max(height, 1))
			d.raw("\"><title>")
			d.text(one.day)
			d.raw(": ")
			d.number(one.coins)
			d.raw(" coins</title></rect>\n")
		}
		d.raw("</svg></figure>\n")
	}
}
