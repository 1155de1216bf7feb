package yearfile

import (
	"bytes"
	"encoding/xml"
	"io"
	"strconv"
	"strings"
	"time"

	"carat/pipeline"
)

// Operator is the platform that files: an entity of carat.yaml and the country in
// which it does.
type Operator struct{ Entity, Name, Address, TaxID, Country string }

// Seller is a payee of a DAC7 message. Consideration is net of fees and taxes; all are
// whole units of Currency, a quarter each, as text.
type Seller struct {
	ID         string
	Individual bool
	Residence  string
	Currency   string
	Who        pipeline.Identity

	Consideration, Activities, Fees, Taxes [4]string
}

// Message is a DAC7 message of one operator and year.
type Message struct {
	Operator Operator
	Year     int
	Ref      string // unique for the operator; references of its parts are made of it
	At       time.Time
	Sellers  []Seller
}

// The namespaces of the schema.
const (
	spaceDPI = "urn:oecd:ties:dpi:v1"
	spaceSTF = "urn:oecd:ties:dpistf:v1"
)

// DAC7 writes a message. It fails if what it wrote breaks a rule that Check knows.
func DAC7(w io.Writer, m Message) error {
	b := m.text()
	if err := Check(bytes.NewReader(b.Bytes())); err != nil {
		return pipeline.Errorf(pipeline.KindInternal, "write", "DAC7 of "+m.Operator.Entity, "%w", err)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// Refused says why a message can't tell of a seller: what Check finds in a message of
// that seller alone; nil if it can.
func (m Message) Refused(s Seller) error {
	m.Sellers = []Seller{s}
	return Check(bytes.NewReader(m.text().Bytes()))
}

func (m Message) text() *bytes.Buffer {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	x := &writer{b: &b}
	x.open("dpi:DPI_OECD", "xmlns:dpi", spaceDPI, "xmlns:stf", spaceSTF, "version", "1.0")
	x.open("dpi:MessageSpec")
	x.leaf("dpi:SendingEntityIN", m.Operator.TaxID)
	x.leaf("dpi:TransmittingCountry", m.Operator.Country)
	x.leaf("dpi:ReceivingCountry", m.Operator.Country)
	x.leaf("dpi:MessageType", "DAC7") // the schema: the only one for messages under Directive (EU) 2021/514
	x.leaf("dpi:MessageRefId", m.Ref)
	x.leaf("dpi:MessageTypeIndic", "DPI401")
	x.leaf("dpi:ReportingPeriod", strconv.Itoa(m.Year)+"-12-31")
	x.leaf("dpi:Timestamp", m.At.UTC().Format("2006-01-02T15:04:05"))
	x.close("dpi:MessageSpec")
	x.open("dpi:DPIBody")
	x.operator(m)
	for _, s := range m.Sellers {
		x.seller(m, s)
	}
	x.close("dpi:DPIBody")
	x.close("dpi:DPI_OECD")
	return &b
}

// writer writes elements, one a line, indented.
type writer struct {
	b     *bytes.Buffer
	depth int
}

func (x *writer) open(name string, attributes ...string) {
	x.begin(name, attributes)
	x.b.WriteString(">\n")
	x.depth++
}

func (x *writer) begin(name string, attributes []string) {
	x.b.WriteString(strings.Repeat("  ", x.depth) + "<" + name)
	for i := 0; i+1 < len(attributes); i += 2 {
		x.b.WriteString(" " + attributes[i] + `="`)
		_ = xml.EscapeText(x.b, []byte(attributes[i+1])) // a buffer takes all
		x.b.WriteString(`"`)
	}
}

func (x *writer) close(name string) {
	x.depth--
	x.b.WriteString(strings.Repeat("  ", x.depth) + "</" + name + ">\n")
}

func (x *writer) leaf(name, text string, attributes ...string) {
	x.begin(name, attributes)
	x.b.WriteString(">")
	_ = xml.EscapeText(x.b, []byte(text))
	x.b.WriteString("</" + name + ">\n")
}

func (x *writer) address(country, text string) {
	x.open("dpi:Address")
	x.leaf("dpi:CountryCode", country)
	x.leaf("dpi:AddressFree", text)
	x.close("dpi:Address")
}

func (x *writer) docSpec(ref string) {
	x.open("dpi:DocSpec")
	x.leaf("stf:DocTypeIndic", "OECD1")
	x.leaf("stf:DocRefId", ref)
	x.close("dpi:DocSpec")
}

func (x *writer) operator(m Message) {
	o := m.Operator
	x.open("dpi:PlatformOperator")
	x.leaf("dpi:ResCountryCode", o.Country)
	x.leaf("dpi:TIN", o.TaxID, "issuedBy", o.Country)
	x.leaf("dpi:Name", o.Name)
	x.address(o.Country, o.Address)
	x.leaf("dpi:AssumedReporting", "false")
	x.docSpec(m.Ref + "-operator")
	x.close("dpi:PlatformOperator")
}

func (x *writer) seller(m Message, s Seller) {
	kind, id := "dpi:EntitySeller", "dpi:EntSellerID"
	if s.Individual {
		kind, id = "dpi:IndividualSeller", "dpi:IndSellerID"
	}
	x.open("dpi:ReportableSeller")
	x.open("dpi:Identity")
	x.open(kind)
	x.open("dpi:Standard")
	x.open(id)
	x.leaf("dpi:ResCountryCode", s.Residence)
	for _, one := range TaxIDs(s.Who.TaxIDs, s.Residence) {
		x.leaf("dpi:TIN", one.Number, "issuedBy", one.Country)
	}
	if s.Individual {
		first, last := nameParts(s.Who.LegalName)
		x.open("dpi:Name")
		x.leaf("dpi:FirstName", first)
		x.leaf("dpi:LastName", last)
		x.close("dpi:Name")
		x.address(s.Residence, s.Who.Address)
		x.open("dpi:BirthInfo")
		x.leaf("dpi:BirthDate", s.Who.BirthDate)
		x.close("dpi:BirthInfo")
	} else {
		x.leaf("dpi:Name", s.Who.LegalName)
		x.address(s.Residence, s.Who.Address)
	}
	x.close(id)
	if s.Who.Account != "" {
		x.open("dpi:FinancialIdentifier")
		x.leaf("dpi:Identifier", s.Who.Account)
		x.leaf("dpi:AccountHolderName", s.Who.LegalName)
		x.close("dpi:FinancialIdentifier")
	}
	x.close("dpi:Standard")
	x.close(kind)
	x.close("dpi:Identity")
	x.open("dpi:RelevantActivities")
	x.open("dpi:PersonalServices")
	x.quarters("dpi:Consideration", "dpi:ConsQ", s.Consideration, "currCode", s.Currency)
	x.quarters("dpi:NumberOfActivities", "dpi:NumbQ", s.Activities)
	x.quarters("dpi:Fees", "dpi:FeesQ", s.Fees, "currCode", s.Currency)
	x.quarters("dpi:Taxes", "dpi:TaxQ", s.Taxes, "currCode", s.Currency)
	x.close("dpi:PersonalServices")
	x.close("dpi:RelevantActivities")
	x.docSpec(m.Ref + "-" + s.ID + "-" + s.Currency)
	x.close("dpi:ReportableSeller")
}

func (x *writer) quarters(name, each string, amounts [4]string, attributes ...string) {
	x.open(name)
	for i, amount := range amounts {
		x.leaf(each+strconv.Itoa(i+1), amount, attributes...)
	}
	x.close(name)
}

// noFirstName stands where a name has one part, as the OECD's guide wants it.
const noFirstName = "NFN"

// nameParts gives first and last name of a legal name: of "Last, First" by the
// comma, else the last word is the last name.
func nameParts(name string) (first, last string) {
	name = strings.TrimSpace(name)
	if last, first, ok := strings.Cut(name, ","); ok && strings.TrimSpace(first) != "" {
		return strings.TrimSpace(first), strings.TrimSpace(last)
	}
	if i := strings.LastIndexByte(name, ' '); i > 0 {
		return strings.TrimSpace(name[:i]), name[i+1:]
	}
	return noFirstName, name
}

// TaxID is a number and the country that gave it.
type TaxID struct{ Country, Number string }

// TaxIDs reads COUNTRY:NUMBER, several parted by ";"; a number without a country is of
// the residence.
func TaxIDs(text, residence string) (ids []TaxID) {
	for _, part := range strings.Split(text, ";") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		one := TaxID{residence, part}
		if country, number, ok := strings.Cut(part, ":"); ok && len(country) == 2 {
			one = TaxID{strings.ToUpper(country), strings.TrimSpace(number)}
		}
		ids = append(ids, one)
	}
	return ids
}
