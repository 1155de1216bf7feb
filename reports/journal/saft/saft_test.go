package saft_test

import (
	"bytes"
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"carat/reports/journal/saft"
)

// schemaVariable names the tax administration's schema, Norwegian_SAF-T_Financial_Schema_v_1.30.xsd
// (github.com/Skatteetaten/saf-t). It says nothing of who may give it away, so it isn't here.
const schemaVariable = "CARAT_SAFT_SCHEMA"

func books() *saft.Books {
	return &saft.Books{
		Period: "2026-10", Created: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), Software: "v1.2.3-4-g0123456789abcdef", Company: "Eksempel Live AS & Co", TaxID: "NO 974 760 673 MVA",
		Accounts: []saft.Account{
			{Name: "1920 Bank", Opening: "1000.00", Debit: "250.00", Credit: "0"},
			{Name: "1500 Kundefordringer", Opening: "0.10", Debit: "100", Credit: "250"},
			{Name: "2900 Forskudd fra kunder", Opening: "-1000.10", Debit: "0", Credit: "92.5"},
			{Name: "8079 Agio", Debit: "0", Credit: "7.50"},
		},
		Customers: []saft.Party{{ID: "apple", Opening: "0.1", Closing: "-149.90"}, {ID: "stripe"}},
		Suppliers: []saft.Party{{ID: "c-17", Opening: "0", Closing: "0"}},
		Lines: []saft.Line{
			{EntryID: "main/2026-10-01/purchase/USD", Day: "2026-10-01", Account: "1500 Kundefordringer", Memo: "Coins sold", Debit: "100.00", Credit: "0", Currency: "USD", CurrencyDebit: "9.415", CurrencyCredit: "0"},
			{EntryID: "main/2026-10-01/purchase/USD", Day: "2026-10-01", Account: "2900 Forskudd fra kunder", Memo: "Coins sold\x07 <b>", Debit: "0", Credit: "92.5", Currency: "USD", CurrencyDebit: "0", CurrencyCredit: "8.72"},
			{EntryID: "main/2026-10-01/purchase/USD", Day: "2026-10-01", Account: "8079 Agio", Memo: "Coins sold", Debit: "0", Credit: "7.5"},
			{EntryID: "main/2026-10-31/settled/NOK", Day: "2026-10-31", Account: "1920 Bank", Memo: strings.Repeat("å", 300), Debit: "250", Credit: "0"},
			{EntryID: "main/2026-10-31/settled/NOK", Day: "2026-10-31", Account: "1500 Kundefordringer", Memo: "Settled", Debit: "0.00", Credit: "250"},
			{EntryID: "main/2026-10-31/settled/NOK", Day: "2026-10-31", Account: "1920 Bank", Memo: "nothing", Debit: "0", Credit: "0"},
		},
	}
}

func write(t *testing.T, b *saft.Books) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := saft.Write(&out, b); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestFile: what the file says, in the words of the format.
func TestFile(t *testing.T) {
	text := string(write(t, books()))
	for _, want := range []string{
		`<AuditFile xmlns="urn:StandardAuditFile-Taxation-Financial:NO">`, "<AuditFileVersion>1.30</AuditFileVersion>", "<RegistrationNumber>974760673</RegistrationNumber>",
		"<Name>Eksempel Live AS &amp; Co</Name>", "<HeaderComment>Accounts whose opening balance is not known open with 0.</HeaderComment>",
		"<GroupingCategory>balanseverdiForOmloepsmiddel</GroupingCategory>", "<GroupingCode>2900</GroupingCode>", "<GroupingCategory>finansinntekt</GroupingCategory>",
		"<OpeningCreditBalance>1000.10</OpeningCreditBalance>", "<ClosingCreditBalance>1092.60</ClosingCreditBalance>", "<ClosingDebitBalance>1250.00</ClosingDebitBalance>",
		"<CustomerID>stripe</CustomerID>", "<ClosingCreditBalance>149.90</ClosingCreditBalance>", "<SupplierID>c-17</SupplierID>",
		"<NumberOfEntries>2</NumberOfEntries>", "<TotalDebit>350.00</TotalDebit>", "<TotalCredit>350.00</TotalCredit>",
		"<CurrencyCode>USD</CurrencyCode>", "<CurrencyAmount>9.42</CurrencyAmount>", "<TransactionID>2026-10-00002</TransactionID>", "<SystemEntryDate>2026-10-31</SystemEntryDate>",
		"Coins sold  &lt;b&gt;", strings.Repeat("å", 256) + "<",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if strings.Contains(text, "nothing") || strings.Count(text, "<Line>") != 5 {
		t.Error("a line that moves nothing is written")
	}
	if err := xml.Unmarshal([]byte(text), &struct{}{}); err != nil {
		t.Error(err)
	}
	if string(write(t, books())) != text {
		t.Error("the same books give another file")
	}
}

// TestForeignLinesAddUp: a line that comes to nothing in kroner and to something in its own currency stands with 0.00, on its own side, so
// that the entry adds up in both.
func TestForeignLinesAddUp(t *testing.T) {
	b := books()
	cent := saft.Line{EntryID: b.Lines[0].EntryID, Day: "2026-10-01", Account: "8079 Agio", Memo: "Rounding", Debit: "0", Credit: "0", Currency: "USD", CurrencyDebit: "0", CurrencyCredit: "0.70"}
	b.Lines = append(b.Lines[:3:3], append([]saft.Line{cent}, b.Lines[3:]...)...)
	text := strings.Join(strings.Fields(string(write(t, b))), "")
	if want := "<CreditAmount><Amount>0.00</Amount><CurrencyCode>USD</CurrencyCode><CurrencyAmount>0.70</CurrencyAmount></CreditAmount>"; !strings.Contains(text, want) {
		t.Errorf("no %s", want)
	}
	if !strings.Contains(text, "<TotalCredit>350.00</TotalCredit>") || strings.Count(text, "<Line>") != 6 {
		t.Error("other lines or totals than these")
	}
}

// TestOpeningsThatLeaveSomethingAreTold: a balance sheet that doesn't balance says so in the header.
func TestOpeningsThatLeaveSomethingAreTold(t *testing.T) {
	b := books()
	b.Accounts[0].Opening, b.Accounts[3].Opening = "1741.00", "0"
	if text, want := string(write(t, b)), "<HeaderComment>Opening and closing balances leave 741.00 on debit: what"; !strings.Contains(text, want) {
		t.Errorf("no %s", want)
	}
	b.Accounts[0].Opening, b.Accounts[3].Opening = "900.00", ""
	if text, want := string(write(t, b)), "<HeaderComment>Accounts whose opening balance is not known open with 0. Opening and closing balances leave 100.00 on credit: "; !strings.Contains(text, want) {
		t.Errorf("no %s", want)
	}
	b.Accounts[0].Opening, b.Accounts[3].Opening = "1000.00", "0"
	if strings.Contains(string(write(t, b)), "HeaderComment") {
		t.Error("openings that balance are commented on")
	}
}

// TestFaults: every fault is named and no file is written.
func TestFaults(t *testing.T) {
	for says, change := range map[string]func(b *saft.Books){
		`tax_id "974760674" holds no Norwegian organisation number`: func(b *saft.Books) { b.TaxID = "974760674" },
		`tax_id "" holds no`:                               func(b *saft.Books) { b.TaxID = "" },
		"the entity has no name":                           func(b *saft.Books) { b.Company = " " },
		"two accounts have the number 1920":                func(b *saft.Books) { b.Accounts = append(b.Accounts, saft.Account{Name: "1920 Cash"}) },
		`account "1050 Clearing" doesn't begin`:            func(b *saft.Books) { b.Accounts = append(b.Accounts, saft.Account{Name: "1050 Clearing"}) },
		`account "192 Bank" doesn't begin`:                 func(b *saft.Books) { b.Accounts = append(b.Accounts, saft.Account{Name: "192 Bank"}) },
		`account "3000x Sales" doesn't begin`:              func(b *saft.Books) { b.Accounts = append(b.Accounts, saft.Account{Name: "3000x Sales"}) },
		"an amount isn't one of kroner and øre":            func(b *saft.Books) { b.Accounts[0].Opening = "1.005" },
		"movements don't balance":                          func(b *saft.Books) { b.Accounts[0].Debit = "250.01" },
		"purchase/USD doesn't balance":                     func(b *saft.Books) { b.Lines[0].Debit = "100.01" },
		"settled/NOK doesn't balance":                      func(b *saft.Books) { b.Lines[4].Credit = "249" },
		"aren't amounts of kroner and øre":                 func(b *saft.Books) { b.Lines[0].Debit = "x" },
		"debit 100.00 and credit 1.00":                     func(b *saft.Books) { b.Lines[0].Credit = "1" },
		"debit -100.00":                                    func(b *saft.Books) { b.Lines[0].Debit = "-100" },
		"is of 2026-11-01, which isn't in":                 func(b *saft.Books) { b.Lines[0].Day = "2026-11-01" },
		"has no text":                                      func(b *saft.Books) { b.Lines[0].Memo = "\x07" },
		"account 3000 is none of the trial":                func(b *saft.Books) { b.Lines[0].Account = "3000 Sales" },
		"its lines and its balances differ by":             func(b *saft.Books) { b.Lines = b.Lines[:3] },
		"comes in two places":                              func(b *saft.Books) { b.Lines = append(b.Lines, b.Lines[0]) },
		`counterparty "": its id is empty`:                 func(b *saft.Books) { b.Suppliers[0].ID = "" },
		`counterparty "apple": its id is empty`:            func(b *saft.Books) { b.Customers[1].ID = "apple" },
		"account 1920: an exchange rate is missing":        func(b *saft.Books) { b.Accounts[0].Debit = saft.Unknown },
		"account 1500: an exchange rate is missing, so it": func(b *saft.Books) { b.Lines[0].Debit = saft.Unknown },
		"there is nothing to tell":                         func(b *saft.Books) { b.Lines, b.Accounts = nil, nil },
		"an amount isn't one of kroner and ør":             func(b *saft.Books) { b.Accounts[0].Opening = "12345678901234567.00" },
	} {
		b := books()
		change(b)
		faults := saft.Check(b)
		if !strings.Contains(strings.Join(faults, "\n"), says) {
			t.Errorf("%q, want %q", faults, says)
		}
		var out bytes.Buffer
		if err := saft.Write(&out, b); err == nil || out.Len() > 0 {
			t.Errorf("%s: written all the same", says)
		}
	}
}

// TestFileIsOfThePublishedSchema: what Check lets through the schema lets through.
func TestFileIsOfThePublishedSchema(t *testing.T) {
	schema := os.Getenv(schemaVariable)
	lint, err := exec.LookPath("xmllint")
	if schema == "" || err != nil {
		t.Skipf("%s names no schema, or xmllint isn't installed", schemaVariable)
	}
	for name, change := range map[string]func(b *saft.Books){
		"all": func(*saft.Books) {},
		"nothing": func(b *saft.Books) {
			b.Lines, b.Customers, b.Suppliers = nil, nil, nil
			b.Accounts = []saft.Account{{Name: "1920 Bank", Opening: "1"}}
		},
		"half a balance": func(b *saft.Books) { b.Customers[0].Opening, b.Suppliers[0].Closing = "", "0.001" },
		"long": func(b *saft.Books) {
			b.Company, b.Software = strings.Repeat("Ø", 400), strings.Repeat("v", 40)
			b.Customers[0].ID = strings.Repeat("æ", 90)
		},
		"large": func(b *saft.Books) { b.Accounts[0].Opening = "1234567890123456.78" },
	} {
		b := books()
		change(b)
		file := filepath.Join(t.TempDir(), "saft.xml")
		if err := os.WriteFile(file, write(t, b), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(lint, "--noout", "--nonet", "--schema", schema, file).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}
