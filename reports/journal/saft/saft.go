package saft

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"carat/pipeline"
	"carat/reports/escape"
	"carat/reports/table"
)

// Currency is whose books SAF-T is asked of.
const Currency = "NOK"

// Namespace is that of version 1.30; Version what the file says.
const (
	Namespace = "urn:StandardAuditFile-Taxation-Financial:NO"
	Version   = "1.30"
)

// Unknown is an amount that nobody can tell in kroner, since an exchange rate is missing.
const Unknown = "unknown"

// Books are what is told of one entity's month.
type Books struct {
	Period    pipeline.Period
	Created   time.Time // the day that the file names as its own
	Software  string    // carat's version
	Company   string
	TaxID     string // holds the organisation number: nine digits
	Accounts  []Account
	Customers []Party // stores, providers and resellers: who owes the entity
	Suppliers []Party // creators and agencies: whom it owes
	Lines     []Line  // in the order of entries
}

// Account is an account of the trial balance, in kroner: debits above zero. Opening is ""
// where nobody knows it; it counts as zero then, and the file says so.
type Account struct {
	Name          string // number and name, such as "1920 Bank"
	Opening       string
	Debit, Credit string // of the month
}

// Party is a counterparty, by its id.
type Party struct {
	ID               string
	Opening, Closing string // in kroner, debits above zero; told where both are known, to the øre
}

// Line is a line of an entry, in kroner; one of debit and credit is zero.
type Line struct {
	EntryID, Day, Account, Memo   string
	Debit, Credit                 string
	Currency                      string // of the event, with its own amount; "" when it was in kroner
	CurrencyDebit, CurrencyCredit string
}

type auditFile struct {
	XMLName xml.Name `xml:"AuditFile"`
	NS      string   `xml:"xmlns,attr"`
	Header  header
	Master  masterFiles `xml:"MasterFiles"`
	Entries entries     `xml:"GeneralLedgerEntries"`
}

type header struct {
	AuditFileVersion, AuditFileCountry, AuditFileDateCreated, SoftwareCompanyName, SoftwareID, SoftwareVersion string
	Company                                                                                                    struct {
		RegistrationNumber, Name string
		Contact                  struct {
			ContactPerson struct{ FirstName, LastName string }
		}
	}
	DefaultCurrencyCode string
	SelectionCriteria   struct {
		PeriodStart, PeriodStartYear, PeriodEnd, PeriodEndYear int
	}
	HeaderComment      string `xml:",omitempty"`
	TaxAccountingBasis string
}

type masterFiles struct {
	Accounts  []account `xml:"GeneralLedgerAccounts>Account"`
	Customers *parties  `xml:"Customers"`
	Suppliers *parties  `xml:"Suppliers"`
}

type account struct {
	AccountID, AccountDescription, GroupingCategory, GroupingCode, AccountType string
	balances
}

type balances struct {
	OpeningDebitBalance  string `xml:",omitempty"`
	OpeningCreditBalance string `xml:",omitempty"`
	ClosingDebitBalance  string `xml:",omitempty"`
	ClosingCreditBalance string `xml:",omitempty"`
}

type parties struct {
	Customers []party `xml:"Customer"`
	Suppliers []party `xml:"Supplier"`
}

type party struct {
	Name           string
	CustomerID     string    `xml:",omitempty"`
	SupplierID     string    `xml:",omitempty"`
	BalanceAccount *balances `xml:",omitempty"`
}

type entries struct {
	NumberOfEntries         int
	TotalDebit, TotalCredit string
	Journal                 []journal
}

type journal struct {
	JournalID, Description, Type string
	Transaction                  []transaction
}

type transaction struct {
	TransactionID      string
	Period, PeriodYear int
	TransactionDate    string
	VoucherType        string
	Description        string
	SystemEntryDate    string
	GLPostingDate      string
	SystemID           string
	Line               []line
}

type line struct {
	RecordID, AccountID, Description string
	DebitAmount                      *amount `xml:",omitempty"`
	CreditAmount                     *amount `xml:",omitempty"`
}

type amount struct {
	Amount         string
	CurrencyCode   string `xml:",omitempty"`
	CurrencyAmount string `xml:",omitempty"`
}

// Write writes the file. Books that Check finds fault with are not written: the error has the
// first fault.
func Write(w io.Writer, b *Books) error {
	if faults := Check(b); len(faults) > 0 {
		return fmt.Errorf("%s", faults[0])
	}
	f := b.file()
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", " ")
	if err := e.Encode(f); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (b *Books) file() *auditFile {
	year, month := b.Period.Start(time.UTC).Year(), int(b.Period.Start(time.UTC).Month())
	f := &auditFile{NS: Namespace}
	h := &f.Header
	h.AuditFileVersion, h.AuditFileCountry, h.AuditFileDateCreated = Version, "NO", b.Created.UTC().Format(time.DateOnly)
	h.SoftwareCompanyName, h.SoftwareID, h.SoftwareVersion = "carat", "carat", clip(b.Software, shortText)
	h.Company.RegistrationNumber, h.Company.Name = organisation(b.TaxID), clip(b.Company, longText)
	// The description of the format has this word for what a system doesn't know.
	h.Company.Contact.ContactPerson.FirstName, h.Company.Contact.ContactPerson.LastName = "NotUsed", "NotUsed"
	h.DefaultCurrencyCode, h.TaxAccountingBasis = Currency, "A"
	h.SelectionCriteria.PeriodStart, h.SelectionCriteria.PeriodStartYear = month, year
	h.SelectionCriteria.PeriodEnd, h.SelectionCriteria.PeriodEndYear = month, year
	unknown, openings := false, sum("")
	for _, a := range b.Accounts {
		id, name := number(a.Name)
		opening, debit, credit := sum(a.Opening), sum(a.Debit), sum(a.Credit)
		unknown = unknown || a.Opening == ""
		openings = openings.add(opening)
		closing := opening.add(debit).sub(credit)
		code, category, _ := grouping(id)
		f.Master.Accounts = append(f.Master.Accounts, account{
			AccountID: clip(id, middle2Text), AccountDescription: clip(name, longText), GroupingCategory: category, GroupingCode: code, AccountType: "GL",
			balances: bothEnds(opening, closing)})
	}
	h.HeaderComment = comment(unknown, openings)
	f.Master.Customers = partiesOf(b.Customers, true)
	f.Master.Suppliers = partiesOf(b.Suppliers, false)
	f.Entries = b.entries(month, year)
	return f
}

// comment says what a reader of the accounts' balances must know; "" if nothing.
func comment(unknown bool, openings cents) string {
	var said []string
	if unknown {
		said = append(said, "Accounts whose opening balance is not known open with 0.")
	}
	if !openings.zero() {
		side := "debit"
		if openings.negative() {
			side, openings = "credit", openings.negated()
		}
		said = append(said, "Opening and closing balances leave "+openings.text()+" on "+side+
			": what these accounts opened with is not known in full, or stands on accounts, such as equity, that are not in this file.")
	}
	return strings.Join(said, " ")
}

// bothEnds sets the balances at both ends, each on its side.
func bothEnds(opening, closing cents) (s balances) {
	if opening.negative() {
		s.OpeningCreditBalance = opening.negated().text()
	} else {
		s.OpeningDebitBalance = opening.text()
	}
	if closing.negative() {
		s.ClosingCreditBalance = closing.negated().text()
	} else {
		s.ClosingDebitBalance = closing.text()
	}
	return s
}

func partiesOf(list []Party, customers bool) *parties {
	if len(list) == 0 {
		return nil
	}
	all := &parties{}
	for _, p := range list {
		one := party{Name: clip(p.ID, longText)}
		if opening, closing := sum(p.Opening), sum(p.Closing); p.Opening != "" && p.Closing != "" && opening.takes() && closing.takes() {
			s := bothEnds(opening, closing)
			one.BalanceAccount = &s
		}
		if customers {
			one.CustomerID = clip(p.ID, middle1Text)
			all.Customers = append(all.Customers, one)
		} else {
			one.SupplierID = clip(p.ID, middle1Text)
			all.Suppliers = append(all.Suppliers, one)
		}
	}
	return all
}

// entries are the transactions, in one journal an event class.
func (b *Books) entries(month, year int) (e entries) {
	last := b.Period.End(time.UTC).AddDate(0, 0, -1).Format(time.DateOnly)
	at := map[string]int{}
	debit, credit := sum(""), sum("")
	entry, n := "", 0
	for _, l := range b.Lines {
		lineDebit, lineCredit := sum(l.Debit), sum(l.Credit)
		takes := lineCredit.zero() // a debit, in kroner or, where these come to nothing, in the entry's own currency
		if lineDebit.zero() && lineCredit.zero() {
			moved := sum(rounded(l.CurrencyDebit)).sub(sum(rounded(l.CurrencyCredit)))
			if l.Currency == "" || moved.zero() {
				continue // it moves nothing
			}
			takes = !moved.negative()
		}
		class := eventClass(l.EntryID)
		i, ok := at[class]
		if !ok {
			i = len(e.Journal)
			at[class] = i
			e.Journal = append(e.Journal, journal{JournalID: clip(class, shortText), Description: clip(class, longText), Type: "GL"})
		}
		if l.EntryID != entry {
			entry = l.EntryID
			n++
			e.Journal[i].Transaction = append(e.Journal[i].Transaction, transaction{
				TransactionID: fmt.Sprintf("%s-%05d", b.Period, n), Period: month, PeriodYear: year, TransactionDate: l.Day, VoucherType: clip(class, middle2Text),
				Description: clip(l.Memo, longText), SystemEntryDate: last, GLPostingDate: l.Day, SystemID: fmt.Sprint(n)})
		}
		t := &e.Journal[i].Transaction[len(e.Journal[i].Transaction)-1]
		id, _ := number(l.Account)
		one := line{RecordID: fmt.Sprintf("%d-%d", n, len(t.Line)+1), AccountID: clip(id, middle2Text), Description: clip(l.Memo, longText)}
		if takes {
			one.DebitAmount = &amount{lineDebit.text(), l.Currency, foreign(l.Currency, l.CurrencyDebit)}
		} else {
			one.CreditAmount = &amount{lineCredit.text(), l.Currency, foreign(l.Currency, l.CurrencyCredit)}
		}
		t.Line = append(t.Line, one)
		debit, credit = debit.add(lineDebit), credit.add(lineCredit)
	}
	e.NumberOfEntries, e.TotalDebit, e.TotalCredit = n, debit.text(), credit.text()
	return e
}

// foreign is the amount in the event's own currency, to two places as the schema has it.
func foreign(currency, decimal string) string {
	if currency == "" {
		return ""
	}
	return sum(rounded(decimal)).text()
}

// rounded cuts a decimal of more places to two, half away from zero: what is told of another
// currency beside the kroner that count.
func rounded(decimal string) string {
	d := table.PlainDecimal(decimal)
	whole, part, _ := strings.Cut(d, ".")
	if len(part) <= 2 {
		return d
	}
	c := sum(whole + "." + part[:2])
	if part[2] >= '5' {
		if strings.HasPrefix(d, "-") {
			return c.sub(cent).text()
		}
		return c.add(cent).text()
	}
	return c.text()
}

// eventClass is the last but one part of an entry's id: ENTITY/DAY/CLASS/CURRENCY.
func eventClass(entry string) string {
	parts := strings.Split(entry, "/")
	return parts[max(len(parts)-2, 0)]
}

// number parts an account into its number and its name.
func number(text string) (id, name string) {
	id, name, _ = strings.Cut(strings.TrimSpace(text), " ")
	if name == "" {
		name = id
	}
	return id, name
}

// The longest texts of the schema's types, in characters.
const (
	shortText   = 18
	middle1Text = 35
	middle2Text = 70
	longText    = 256
)

// clip takes out what a person doesn't see and cuts a text at what its type takes.
func clip(text string, most int) string {
	runes := []rune(strings.TrimSpace(strings.Map(func(r rune) rune {
		if escape.Unsafe(r) {
			return ' '
		}
		return r
	}, text)))
	return strings.TrimSpace(string(runes[:min(len(runes), most)]))
}
