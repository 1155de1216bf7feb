package site

import (
	"fmt"
	"time"

	"carat/pipeline"
)

// Year is a picture of months: how many exceptions each has, and where it stands.
type Year struct {
	Months []YearMonth // in their order
}

// YearMonth is a month of the picture.
type YearMonth struct {
	Period     pipeline.Period
	Status     string // balanced, exceptions, blocked or closed
	Exceptions int64
}

// The picture's measures, in its own units.
const (
	yearBar    = 60
	yearStep   = 76
	yearHeight = 120
	yearTop    = 24
	yearEdge   = 12 // room for the first name and the last
)

// Bar is a month's bar.
type Bar struct {
	X, Y, Height, Middle, Above int
	Status, Name, Count, Says   string
}

// Bars are the bars, as high as the months have exceptions.
func (y Year) Bars() (bars []Bar) {
	most := int64(1)
	for _, m := range y.Months {
		most = max(most, m.Exceptions)
	}
	for i, m := range y.Months {
		height := int(m.Exceptions * yearHeight / most)
		if height < 3 {
			height = 3 // nothing found is something to see, too
		}
		b := Bar{X: yearEdge + i*yearStep, Y: yearTop + yearHeight - height, Height: height, Middle: yearEdge + i*yearStep + yearBar/2, Status: m.Status, Count: Number(fmt.Sprint(m.Exceptions)), Name: string(m.Period)}
		b.Above = b.Y - 6
		if p, err := pipeline.ParsePeriod(string(m.Period)); err == nil {
			b.Name = p.Start(time.UTC).Format("Jan 06")
		}
		b.Says = fmt.Sprintf("%s: %s, %s exceptions", Month(m.Period), m.Status, b.Count)
		bars = append(bars, b)
	}
	return bars
}

// Width is how wide the picture is: room for twelve months, however many there are.
func (Year) Width() int { return 2*yearEdge + 12*yearStep - (yearStep - yearBar) }

// Height is how high it is.
func (Year) Height() int { return yearTop + yearHeight + 28 }

// Line is where the bars stand.
func (Year) Line() int { return yearTop + yearHeight }

// NameLine is where the names of months stand.
func (y Year) NameLine() int { return y.Line() + 18 }

// Words says the picture.
func (y Year) Words() (text string) {
	for i, b := range y.Bars() {
		if i > 0 {
			text += "; "
		}
		text += b.Says
	}
	return text
}
