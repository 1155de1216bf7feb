package yearfile_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"carat/pipeline"
	"carat/reports/yearfile"
)

func message() yearfile.Message {
	quarters := [4]string{"0", "0", "12", "3"}
	return yearfile.Message{
		Operator: yearfile.Operator{Entity: "eu", Name: "Live & Co", Address: "Street 1, Berlin", TaxID: "123", Country: "DE"},
		Year:     2026, Ref: "DE2026-eu-1", At: time.Date(2027, 1, 10, 12, 0, 0, 0, time.UTC),
		Sellers: []yearfile.Seller{
			{ID: "c1", Individual: true, Residence: "DE", Currency: "EUR", Who: pipeline.Identity{LegalName: "Ann Marie <Example>", Address: "Road 2, Bonn",
				BirthDate: "1990-12-31", TaxIDs: "DE:1;FR: 2", Account: "DE89"}, Consideration: quarters, Activities: quarters, Fees: quarters, Taxes: quarters},
			{ID: "c2", Residence: "IE", Currency: "EUR", Who: pipeline.Identity{LegalName: "Studio Ltd", Address: "Quay 3, Cork", TaxIDs: "IE9"},
				Consideration: quarters, Activities: quarters, Fees: quarters, Taxes: quarters},
		},
	}
}

// A message keeps the rules, and each of its names, ids and quarters is in it.
func TestMessageKeepsTheRules(t *testing.T) {
	var b bytes.Buffer
	if err := yearfile.DAC7(&b, message()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<dpi:FirstName>Ann Marie</dpi:FirstName>`, `<dpi:LastName>&lt;Example&gt;</dpi:LastName>`, `<dpi:TIN issuedBy="FR">2</dpi:TIN>`,
		`<dpi:TIN issuedBy="IE">IE9</dpi:TIN>`, `<dpi:ConsQ3 currCode="EUR">12</dpi:ConsQ3>`, `<dpi:TaxQ4 currCode="EUR">3</dpi:TaxQ4>`,
		`<dpi:ReportingPeriod>2026-12-31</dpi:ReportingPeriod>`, `<dpi:BirthDate>1990-12-31</dpi:BirthDate>`, `<dpi:Name>Live &amp; Co</dpi:Name>`,
		`<dpi:MessageType>DAC7</dpi:MessageType>`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the message lacks %s:\n%s", want, b.String())
		}
	}
}

// What breaks a rule is not written.
func TestMessageThatBreaksARuleIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(m *yearfile.Message)
		want   string
	}{
		"no tax id":         {func(m *yearfile.Message) { m.Sellers[0].Who.TaxIDs = "" }, "has 0 of TIN"},
		"empty address":     {func(m *yearfile.Message) { m.Sellers[0].Who.Address = " " }, "AddressFree is empty"},
		"no day of birth":   {func(m *yearfile.Message) { m.Sellers[0].Who.BirthDate = "31.12.1990" }, "BirthDate is not what the schema wants"},
		"fractions":         {func(m *yearfile.Message) { m.Sellers[1].Fees[0] = "0.5" }, "FeesQ1 is not what the schema wants"},
		"below zero":        {func(m *yearfile.Message) { m.Sellers[1].Consideration[0] = "-5" }, "ConsQ1 is not what the schema wants"},
		"no currency":       {func(m *yearfile.Message) { m.Sellers[1].Currency = "" }, "ConsQ1 names no currency"},
		"twice the same":    {func(m *yearfile.Message) { m.Sellers[1].ID = "c1" }, "DocRefId stands twice"},
		"a long name":       {func(m *yearfile.Message) { m.Sellers[1].Who.LegalName = strings.Repeat("ä", 201) }, "Name has 201 characters, and the schema takes 200"},
		"a long reference":  {func(m *yearfile.Message) { m.Ref = strings.Repeat("r", 171) }, "MessageRefId has 171 characters, and the schema takes 170"},
		"no country":        {func(m *yearfile.Message) { m.Sellers[1].Residence = "EL" }, `ResCountryCode names no country of ISO 3166: "EL"`},
		"a stranger's id":   {func(m *yearfile.Message) { m.Sellers[1].Who.TaxIDs = "QQ:1" }, `TIN is issued by no country of ISO 3166: "QQ"`},
		"30 February":       {func(m *yearfile.Message) { m.Sellers[0].Who.BirthDate = "1990-02-30" }, "BirthDate is not what the schema wants"},
		"no such currency":  {func(m *yearfile.Message) { m.Sellers[1].Currency = "EUX" }, "ConsQ1 names no currency"},
		"no filing country": {func(m *yearfile.Message) { m.Operator.Country = "" }, "TransmittingCountry"},
	} {
		m := message()
		c.change(&m)
		var b bytes.Buffer
		if err := yearfile.DAC7(&b, m); err == nil || !strings.Contains(err.Error(), c.want) || b.Len() > 0 {
			t.Errorf("%s: %v and %d bytes, want %q and none", name, err, b.Len(), c.want)
		}
	}
}
