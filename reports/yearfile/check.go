package yearfile

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// part is a child that an element of the schema has: its name, and how often.
type part struct {
	name        string
	least, most int // most 0: any number
}

// contents are the elements that have children, in the order of the schema: the part of
// it that carat writes. A seller is either of two kinds, told apart by its first child.
var contents = map[string][]part{
	"DPI_OECD": {{"MessageSpec", 1, 1}, {"DPIBody", 1, 0}},
	"MessageSpec": {{"SendingEntityIN", 0, 1}, {"TransmittingCountry", 1, 1}, {"ReceivingCountry", 1, 1}, {"MessageType", 1, 1}, {"MessageRefId", 1, 1},
		{"MessageTypeIndic", 1, 1}, {"ReportingPeriod", 1, 1}, {"Timestamp", 1, 1}},
	"DPIBody": {{"PlatformOperator", 1, 1}, {"ReportableSeller", 0, 0}},
	"PlatformOperator": {{"ResCountryCode", 1, 0}, {"TIN", 1, 0}, {"IN", 0, 0}, {"VAT", 0, 1}, {"Name", 1, 0}, {"Address", 1, 0}, {"Nexus", 0, 1},
		{"AssumedReporting", 0, 1}, {"DocSpec", 1, 1}},
	"Address":             {{"CountryCode", 1, 1}, {"AddressFree", 1, 1}},
	"DocSpec":             {{"DocTypeIndic", 1, 1}, {"DocRefId", 1, 1}},
	"ReportableSeller":    {{"Identity", 1, 1}, {"RelevantActivities", 1, 1}, {"DocSpec", 1, 1}},
	"Identity":            {{"EntitySeller", 0, 1}, {"IndividualSeller", 0, 1}},
	"EntitySeller":        {{"Standard", 1, 1}},
	"IndividualSeller":    {{"Standard", 1, 1}},
	"Standard":            {{"EntSellerID", 0, 1}, {"IndSellerID", 0, 1}, {"FinancialIdentifier", 0, 0}},
	"EntSellerID":         {{"ResCountryCode", 1, 0}, {"TIN", 1, 0}, {"IN", 0, 0}, {"VAT", 0, 1}, {"Name", 1, 0}, {"Address", 1, 0}},
	"IndSellerID":         {{"ResCountryCode", 1, 0}, {"TIN", 1, 0}, {"VAT", 0, 1}, {"Name", 1, 0}, {"Address", 1, 0}, {"BirthInfo", 1, 1}},
	"BirthInfo":           {{"BirthDate", 1, 1}},
	"FinancialIdentifier": {{"Identifier", 1, 1}, {"AccountHolderName", 0, 1}},
	"RelevantActivities":  {{"PersonalServices", 0, 1}},
	"PersonalServices":    {{"Consideration", 1, 1}, {"NumberOfActivities", 1, 1}, {"Fees", 1, 1}, {"Taxes", 1, 1}},
	"Consideration":       {{"ConsQ1", 1, 1}, {"ConsQ2", 1, 1}, {"ConsQ3", 1, 1}, {"ConsQ4", 1, 1}},
	"NumberOfActivities":  {{"NumbQ1", 1, 1}, {"NumbQ2", 1, 1}, {"NumbQ3", 1, 1}, {"NumbQ4", 1, 1}},
	"Fees":                {{"FeesQ1", 1, 1}, {"FeesQ2", 1, 1}, {"FeesQ3", 1, 1}, {"FeesQ4", 1, 1}},
	"Taxes":               {{"TaxQ1", 1, 1}, {"TaxQ2", 1, 1}, {"TaxQ3", 1, 1}, {"TaxQ4", 1, 1}},
}

// personName is Name where it is a person's.
var personName = []part{{"FirstName", 1, 1}, {"LastName", 1, 1}}

// values are what leaves must hold, by the beginning of their names; others any text
// of 1 to 4000 characters.
var values = []struct {
	begins string
	rule   *regexp.Regexp
}{
	{"ConsQ", regexp.MustCompile(`^(0|[1-9][0-9]*)$`)}, {"NumbQ", regexp.MustCompile(`^(0|[1-9][0-9]*)$`)},
	{"FeesQ", regexp.MustCompile(`^(0|[1-9][0-9]*)$`)}, {"TaxQ", regexp.MustCompile(`^(0|[1-9][0-9]*)$`)},
	{"ResCountryCode", regexp.MustCompile(`^[A-Z]{2}$`)}, {"CountryCode", regexp.MustCompile(`^[A-Z]{2}$`)},
	{"TransmittingCountry", regexp.MustCompile(`^[A-Z]{2}$`)}, {"ReceivingCountry", regexp.MustCompile(`^[A-Z]{2}$`)},
	{"BirthDate", isDate}, {"ReportingPeriod", regexp.MustCompile(`^[0-9]{4}-12-31$`)},
	{"Timestamp", regexp.MustCompile(`^[0-9-]{10}T[0-9:]{8}$`)}, {"MessageTypeIndic", regexp.MustCompile(`^DPI40[1-3]$`)},
	{"MessageType", regexp.MustCompile(`^DPI$`)}, {"DocTypeIndic", regexp.MustCompile(`^OECD1?[0-3]$`)},
	{"AssumedReporting", regexp.MustCompile(`^(true|false)$`)},
}

var isDate = regexp.MustCompile(`^(19|20)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`)

// IsDate says whether a text is a day as a return wants it: 1990-12-31.
func IsDate(text string) bool { return isDate.MatchString(text) }

// element is a parsed element.
type element struct {
	name     string
	space    string
	text     string
	currency string
	children []*element
}

// Check holds a DAC7 message against the rules of the published schema, of the part of
// it that carat writes: which elements, in which order and how often, what leaves
// hold, that amounts name a currency and that no reference stands twice. The error
// names the first ten breaks.
func Check(r io.Reader) error {
	root, err := parse(r)
	if err != nil {
		return err
	}
	c := &checker{refs: map[string]bool{}}
	if root.name != "DPI_OECD" || root.space != spaceDPI {
		c.differ("the message is %s of %q, not DPI_OECD of %s", root.name, root.space, spaceDPI)
	}
	c.element(root, "")
	return errors.Join(c.breaks...)
}

func parse(r io.Reader) (root *element, err error) {
	root = &element{}
	open := []*element{root}
	decoder := xml.NewDecoder(r)
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			if len(root.children) != 1 {
				return nil, errors.New("the message has no root element")
			}
			return root.children[0], nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the message: %w", err)
		}
		top := open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			e := &element{name: t.Name.Local, space: t.Name.Space}
			for _, a := range t.Attr {
				if a.Name.Local == "currCode" {
					e.currency = a.Value
				}
			}
			top.children = append(top.children, e)
			open = append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			top.text += string(t)
		}
	}
}

// breaksMax bounds how many breaks are told.
const breaksMax = 10

type checker struct {
	refs   map[string]bool
	breaks []error
}

func (c *checker) differ(format string, arguments ...any) {
	if len(c.breaks) < breaksMax {
		c.breaks = append(c.breaks, fmt.Errorf(format, arguments...))
	}
}

func (c *checker) element(e *element, within string) {
	place := within + "/" + e.name
	parts, inner := contents[e.name]
	if e.name == "Name" && len(e.children) > 0 {
		parts, inner = personName, true
	}
	if !inner {
		c.leaf(e, place)
		return
	}
	at := 0
	for _, p := range parts {
		n := 0
		for at < len(e.children) && e.children[at].name == p.name {
			c.element(e.children[at], place)
			at, n = at+1, n+1
		}
		if n < p.least || p.most > 0 && n > p.most {
			c.differ("%s has %d of %s", place, n, p.name)
		}
	}
	if at < len(e.children) {
		c.differ("%s: %s does not belong there", place, e.children[at].name)
	}
	if (e.name == "Identity" || e.name == "Standard") && (len(e.children) == 0 || len(e.children) > 1 && e.name == "Identity") {
		c.differ("%s names nobody, or two kinds of sellers", place)
	}
}

func (c *checker) leaf(e *element, place string) {
	text := strings.TrimSpace(e.text)
	if len(e.children) > 0 {
		c.differ("%s has children", place)
	}
	if text == "" || len([]rune(text)) > 4000 {
		c.differ("%s is empty or too long", place)
	}
	for _, v := range values {
		if strings.HasPrefix(e.name, v.begins) {
			if !v.rule.MatchString(text) {
				c.differ("%s is not what the schema wants", place)
			}
			break
		}
	}
	money := strings.HasPrefix(e.name, "ConsQ") || strings.HasPrefix(e.name, "FeesQ") || strings.HasPrefix(e.name, "TaxQ")
	if money && len(e.currency) != 3 {
		c.differ("%s names no currency", place)
	}
	if e.name == "DocRefId" {
		if c.refs[text] {
			c.differ("%s stands twice", place)
		}
		c.refs[text] = true
	}
}
