package closepackage

import (
	"slices"

	"carat/pipeline"
	"carat/reports/pages"
)

// FluxID is the section of changes against other months; the page draws its totals.
const FluxID = "flux"

// Measures of the picture of changes. changesDrawn is how many of a comparison's
// totals it shows, the largest; the table has all.
const (
	changesDrawn  = 12
	changeWidth   = 360 // of the half on either side of nothing
	changeRow     = 26
	changeLabel   = 300
	changeNumbers = 150
)

// change is a total that changed.
type change struct {
	line, change string
	value        pipeline.Amount
	needs        bool
}

// changes draws how much each account changed, a picture for each comparison,
// entity and currency: to the right what grew, to the left what shrank.
func (d *packagePage) changes(s *Section) {
	byPicture := map[[4]string][]change{}
	var pictures [][4]string
	err := s.Rows(func(row []any) error {
		if s.at(row, "dimension") != "total" {
			return nil
		}
		one := change{line: s.at(row, "line"), change: s.at(row, "change"), needs: s.at(row, "needs_note") == "yes"}
		v, err := pipeline.ParseAmount([]byte(shortened(one.change)))
		if err != nil || v == 0 {
			return nil // not known, or no change: the table shows it as it is
		}
		one.value = v
		picture := [4]string{s.at(row, "comparison"), s.at(row, "with"), s.at(row, "entity"), s.at(row, "currency")}
		if byPicture[picture] == nil {
			pictures = append(pictures, picture)
		}
		byPicture[picture] = append(byPicture[picture], one)
		return nil
	})
	if err != nil {
		d.err = err
		return
	}
	slices.SortFunc(pictures, func(a, b [4]string) int { return slices.Compare(a[:], b[:]) })
	for _, picture := range pictures {
		d.drawChanges(picture, byPicture[picture])
	}
}

// shortened cuts a plain decimal to the places of an amount.
func shortened(decimal string) string {
	for i := range decimal {
		if decimal[i] == '.' {
			return decimal[:min(len(decimal), i+1+pipeline.AmountDigits)]
		}
	}
	return decimal
}

func size(v pipeline.Amount) int64 { return int64(max(v, -v)) }

func (d *packagePage) drawChanges(picture [4]string, bars []change) {
	slices.SortStableFunc(bars, func(a, b change) int {
		if size(a.value) != size(b.value) {
			if size(a.value) > size(b.value) {
				return -1
			}
			return 1
		}
		return 0
	})
	bars = bars[:min(len(bars), changesDrawn)]
	most := size(bars[0].value)
	d.Raw("<figure><figcaption>Change against ")
	d.Text(picture[1])
	d.Raw(", ")
	d.Name(picture[2])
	d.Raw(", in ")
	d.Text(picture[3])
	d.Raw("; coloured bars need a note</figcaption><svg class=\"changes\" role=\"img\" aria-label=\"Changes of accounts; the table below has the numbers\" viewBox=\"0 0 ")
	d.B = pages.AppendInt(d.B, changeLabel+2*changeWidth+changeNumbers)
	d.Raw(" ")
	d.B = pages.AppendInt(d.B, changeRow*len(bars)+4)
	d.Raw("\" xmlns=\"http://www.w3.org/2000/svg\">\n")
	for i, one := range bars {
		width := max(int(pages.Across(size(one.value), 0, most))*changeWidth/10_000, 1)
		x := changeLabel + changeWidth
		if one.value < 0 {
			x -= width
		}
		d.Raw("<text class=\"end\" x=\"")
		d.B = pages.AppendInt(d.B, changeLabel-8)
		d.Raw("\" y=\"")
		d.B = pages.AppendInt(d.B, changeRow*i+17)
		d.Raw("\">")
		d.Text(one.line)
		d.Raw("</text><rect class=\"")
		switch {
		case one.needs && one.value > 0:
			d.Raw("up")
		case one.needs:
			d.Raw("down")
		default:
			d.Raw("small")
		}
		d.Raw("\" x=\"")
		d.B = pages.AppendInt(d.B, x)
		d.Raw("\" y=\"")
		d.B = pages.AppendInt(d.B, changeRow*i+4)
		d.Raw("\" width=\"")
		d.B = pages.AppendInt(d.B, width)
		d.Raw("\" height=\"18\"/><text class=\"end amount\" x=\"")
		d.B = pages.AppendInt(d.B, changeLabel+2*changeWidth+changeNumbers)
		d.Raw("\" y=\"")
		d.B = pages.AppendInt(d.B, changeRow*i+17)
		d.Raw("\">")
		d.number(one.change)
		d.Raw("</text>\n")
	}
	d.Raw("<line x1=\"")
	d.B = pages.AppendInt(d.B, changeLabel+changeWidth)
	d.Raw("\" x2=\"")
	d.B = pages.AppendInt(d.B, changeLabel+changeWidth)
	d.Raw("\" y1=\"0\" y2=\"")
	d.B = pages.AppendInt(d.B, changeRow*len(bars)+4)
	d.Raw("\"/></svg></figure>\n")
}
