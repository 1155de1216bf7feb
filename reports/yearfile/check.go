package yearfile

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"carat/pipeline"
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

// longest is how many characters a leaf may have where the schema says so; others have
// textMax.
var longest = map[string]int{"MessageRefId": 170, "AddressFree": 4000}

const textMax = 200

// countries are ISO 3166-1's codes and Kosovo's, as the schema lists them.
const countries = "AF AX AL DZ AS AD AO AI AQ AG AR AM AW AU AT AZ BS BH BD BB BY BE BZ BJ BM BT BO BQ BA BW BV BR IO BN BG BF BI KH CM CA CV KY CF TD CL CN CX " +
	"CC CO KM CG CD CK CR CI HR CU CW CY CZ DK DJ DM DO EC EG SV GQ ER EE ET FK FO FJ FI FR GF PF TF GA GM GE DE GH GI GR GL GD GP GU GT GG GN GW GY HT HM VA HN " +
	"HK HU IS IN ID IR IQ IE IM IL IT JM JP JE JO KZ KE KI KP KR KW KG LA LV LB LS LR LY LI LT LU MO MK MG MW MY MV ML MT MH MQ MR MU YT MX FM MD MC MN ME MS MA " +
	"MZ MM NA NR NP NL NC NZ NI NE NG NU NF MP NO OM PK PW PS PA PG PY PE PH PN PL PT PR QA RE RO RU RW BL SH KN LC MF PM VC WS SM ST SA SN RS SC SL SG SX SK SI " +
	"SB SO ZA GS SS ES LK SD SR SJ SZ SE CH SY TW TJ TZ TH TL TG TK TO TT TN TR TM TC TV UG UA AE GB US UM UY UZ VU VE VN VG VI WF EH YE ZM ZW XK"

func isCountry(code string) bool {
	return len(code) == 2 && !strings.Contains(code, " ") && strings.Contains(countries, code)
}

// values are what leaves must hold, by the beginning of their names; others any text
// that is no longer than they may be.
var values = []struct {
	begins string
	rule   *regexp.Regexp
}{
	{"ConsQ", regexp.MustCompile(`^(0|[1-9][0-9]*)$`)}, {"NumbQ", regexp.MustCompile(`^(0|[1-9][0-9]*)$`)},
	{"FeesQ", regexp.MustCompile(`^(0|[1-9][0-9]*)$`)}, {"TaxQ", regexp.MustCompile(`^(0|[1-9][0-9]*)$`)},
	{"ReportingPeriod", regexp.MustCompile(`^[0-9]{4}-12-31$`)},
	{"Timestamp", regexp.MustCompile(`^[0-9-]{10}T[0-9:]{8}$`)}, {"MessageTypeIndic", regexp.MustCompile(`^DPI40[1-3]$`)},
	{"MessageType", regexp.MustCompile(`^DAC7$`)}, {"DocTypeIndic", regexp.MustCompile(`^OECD1?[0-3]$`)},
	{"AssumedReporting", regexp.MustCompile(`^(true|false)$`)},
}

var isDate = regexp.MustCompile(`^(19|20)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`)

// IsDate says whether a text is a day as a return wants it: 1990-12-31.
func IsDate(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil && isDate.MatchString(text)
}

// element is a parsed element.
type element struct {
	name     string
	space    string
	text     string
	currency string
	issuedBy string
	children []*element
}

// Check holds a DAC7 message against the rules of the published schema (OECD, DPI XML
// Schema 1.0 with its ISO and common types), of the part of it that carat writes: which
// elements, in which order and how often, what leaves hold and how long they may be, that
// countries and currencies are ISO's, and that no reference stands twice. The message is
// of Directive (EU) 2021/514, for which the schema takes the type DAC7 alone. The error
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
				switch a.Name.Local {
				case "currCode":
					e.currency = a.Value
				case "issuedBy":
					e.issuedBy = a.Value
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
	most := textMax
	if n, ok := longest[e.name]; ok {
		most = n
	}
	if text == "" {
		c.differ("%s is empty", place)
	}
	if n := len([]rune(e.text)); n > most {
		c.differ("%s has %d characters, and the schema takes %d", place, n, most)
	}
	if strings.HasSuffix(e.name, "Country") || strings.HasSuffix(e.name, "CountryCode") {
		if !isCountry(text) {
			c.differ("%s names no country of ISO 3166: %q", place, text)
		}
	}
	if e.name == "TIN" && !isCountry(e.issuedBy) {
		c.differ("%s is issued by no country of ISO 3166: %q", place, e.issuedBy)
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
	if _, ok := pipeline.MinorDigits(e.currency); money && !ok {
		c.differ("%s names no currency", place)
	}
	if e.name == "BirthDate" && !IsDate(text) {
		c.differ("%s is not what the schema wants", place)
	}
	if e.name == "DocRefId" {
		if c.refs[text] {
			c.differ("%s stands twice", place)
		}
		c.refs[text] = true
	}
}
