package bank

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
)

// ISO 20022 account statements (camt.053) and notifications (camt.054), message
// versions .02 to .08: https://www.iso20022.org, "Bank-to-Customer Cash Management".
// CdtDbtInd is the sign of an amount, also of a reversal (RvslInd).

const camtSpace = "urn:iso:std:iso:20022:tech:xsd:"

// camtVersions are the message versions whose elements are known here.
var camtVersions = []string{"02", "03", "04", "05", "06", "07", "08"}

// camt reads one document.
type camt struct {
	*published.Report
	xml      *lex.XML
	payments bool // the rows are provider_payments, not bank_lines
	notified bool // a notification, camt.054: it has no balances
	found    int  // statements
	follows  follows
}

// camtStatement is a Stmt or Ntfctn.
type camtStatement struct {
	*statement
	number  string // ElctrncSeqNb, else LglSeqNb
	page    string
	summary map[string]string // TxsSummry by path
	lines   map[string]int64  // of summary
	checked bool              // the account is one of ours
	stated  []camtBalance     // as they are told, before the entries
}

func readCamt(r *published.Report) error {
	c := &camt{Report: r, xml: lex.NewXML(r.Text, r.Name, r.Wrap), payments: r.Feed == "provider_payments", follows: follows{}}
	return c.document()
}

// document walks from the root to the statements.
func (c *camt) document() error {
	for {
		token, err := c.xml.Next()
		if errors.Is(err, io.EOF) {
			if c.found == 0 {
				return c.Refuse(0, "no statement (Stmt) or notification (Ntfctn) in it")
			}
			return nil
		}
		if err != nil {
			return err
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if len(c.xml.Path) == 1 {
			if err := c.version(start); err != nil {
				return err
			}
		}
		switch strings.Join(c.xml.Path[1:], "/") {
		case "BkToCstmrStmt/Stmt", "BkToCstmrDbtCdtNtfctn/Ntfctn":
			c.found++
			if err := c.statement(); err != nil {
				return err
			}
		}
	}
}

// version refuses a message whose elements aren't known here.
func (c *camt) version(root xml.StartElement) error {
	message, known := strings.CutPrefix(root.Name.Space, camtSpace)
	version := message[strings.LastIndexByte(message, '.')+1:]
	if root.Name.Local != "Document" || !known || !slices.Contains(camtVersions, version) {
		return c.Refuse(c.xml.Line(), "the message is %s, not one of camt.053.001.02 to .08 or camt.054.001.02 to .08", lex.Shown(message)).
			WithHint("ask the bank for version .08")
	}
	c.notified = strings.HasPrefix(message, "camt.054.")
	return nil
}

// leaves calls leaf for every element below the open one that holds text,
// with its path from there, until it ends. open is called where an element
// begins; what it handles itself, it must read to its end.
func (c *camt) leaves(open func(path string) (handled bool, err error), leaf func(path, text string, attr []xml.Attr, line int64) error) error {
	depth := len(c.xml.Path)
	var attr []xml.Attr
	var text []byte
	for {
		token, err := c.xml.Next()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			attr, text = t.Copy().Attr, text[:0]
			handled, err := open(strings.Join(c.xml.Path[depth:], "/"))
			if err != nil {
				return err
			}
			if handled {
				attr = nil
			}
		case xml.CharData:
			if len(text)+len(t) > lex.MaxXMLToken {
				return c.Refuse(c.xml.Line(), "%w", lex.ErrXMLToken)
			}
			text = append(text, t...)
		case xml.EndElement:
			if len(c.xml.Path) < depth {
				return nil
			}
			if value := strings.TrimSpace(string(text)); value != "" {
				path := strings.Join(append(slices.Clone(c.xml.Path[depth:]), t.Name.Local), "/")
				if err := leaf(path, value, attr, c.xml.Line()); err != nil {
					return err
				}
			}
			attr, text = nil, text[:0]
		}
	}
}

// statement reads one Stmt or Ntfctn: its entries as they come, its balances
// at the end.
func (c *camt) statement() error {
	s := &camtStatement{statement: newStatement(c.xml.Line()), summary: map[string]string{}, lines: map[string]int64{}}
	err := c.leaves(func(path string) (bool, error) {
		switch path {
		case "Ntry":
			if err := c.identified(s); err != nil {
				return true, err
			}
			e := camtEntry{line: c.xml.Line()}
			if err := c.entry(&e); err != nil {
				return true, err
			}
			return true, c.takeEntry(s, &e)
		case "Bal":
			s.stated = append(s.stated, camtBalance{line: c.xml.Line()})
			return false, nil
		}
		return false, nil
	}, func(path, text string, attr []xml.Attr, line int64) error {
		if strings.HasPrefix(path, "Bal/") && len(s.stated) > 0 {
			s.stated[len(s.stated)-1].set(path, text, attr)
		}
		s.set(path, text, line)
		return nil
	})
	if err != nil {
		return err
	}
	if err := c.identified(s); err != nil {
		return err
	}
	if err := c.totals(s); err != nil {
		return err
	}
	if c.notified {
		return nil
	}
	if err := s.balance(c.Name, s.stated); err != nil {
		return err
	}
	if err := s.check(c.Name); err != nil || c.payments {
		return err
	}
	s.proves = true // also where the balances came behind the entries
	return balanceRows(c.Report, s.statement)
}

// set keeps what a statement says of itself.
func (s *camtStatement) set(path, text string, line int64) {
	switch path {
	case "Id":
		s.id = text
	case "ElctrncSeqNb":
		s.number = text
	case "LglSeqNb":
		if s.number == "" {
			s.number = text
		}
	case "StmtPgntn/PgNb", "NtfctnPgntn/PgNb":
		s.page = text
	case "Acct/Id/IBAN", "Acct/Id/Othr/Id":
		if s.account == "" {
			s.account = published.AccountText(text)
		}
	case "Acct/Ccy":
		s.currency = text
	}
	if strings.HasPrefix(path, "TxsSummry/") {
		s.summary[path], s.lines[path] = text, line
	}
}

// identified makes sure that the statement said whose it is.
func (c *camt) identified(s *camtStatement) error {
	if s.checked {
		return nil
	}
	s.checked = true
	if s.account == "" {
		return c.Refuse(c.xml.Line(), "statement %s doesn't say its account (Acct/Id) before its entries", lex.Shown(s.id))
	}
	s.key = strings.Join([]string{s.id, s.number, s.page}, "\x1f")
	for i := range s.stated {
		// The standard has balances before entries; what is wrong with one is said
		// at the end.
		if b := &s.stated[i]; b.kind == "OPBD" || b.kind == "PRCD" || b.kind == "ITBD" {
			if v, err := directed(b.amount, b.inDebit); err == nil {
				c.follows.begin(s.statement, &balance{amount: v, currency: b.currency})
			}
			break
		}
	}
	if !c.notified && !c.payments && s.balance(c.Name, s.stated) == nil {
		if err := s.numberOn(c.Report); err != nil {
			return err
		}
	}
	return c.OwnAccount(s.account, c.xml.Line())
}

// camtBalance is a Bal.
type camtBalance struct {
	line                                 int64
	kind, amount, currency, inDebit, day string
}

func (b *camtBalance) set(path, text string, attr []xml.Attr) {
	switch path {
	case "Bal/Tp/CdOrPrtry/Cd":
		b.kind = text
	case "Bal/Amt":
		b.amount, b.currency = text, lex.Attribute(attr, "Ccy")
	case "Bal/CdtDbtInd":
		b.inDebit = text
	case "Bal/Dt/Dt", "Bal/Dt/DtTm":
		b.day = text[:min(len(text), len("2026-10-01"))]
	}
}

// balance finds the booked balances: opening is OPBD, else the last closing
// PRCD; closing is CLBD; between the pages of a statement both are ITBD.
func (s *camtStatement) balance(name string, all []camtBalance) error {
	pick := func(kinds ...string) (*camtBalance, bool) {
		for _, kind := range kinds {
			for i := range all {
				if all[i].kind == kind {
					return &all[i], true
				}
			}
		}
		return nil, false
	}
	read := func(b *camtBalance) (*balance, error) {
		v, err := directed(b.amount, b.inDebit)
		if err != nil {
			return nil, lex.BadFile(name, b.line, "balance %s: %w", lex.Shown(b.kind), err)
		}
		return &balance{amount: v, currency: b.currency, day: b.day, line: b.line}, nil
	}
	var err error
	opening, ok := pick("OPBD", "PRCD", "ITBD")
	if ok {
		if s.opening, err = read(opening); err != nil {
			return err
		}
	}
	if closing, found := pick("CLBD"); found {
		s.closing, err = read(closing)
	} else {
		for i := len(all) - 1; i >= 0 && s.closing == nil && err == nil; i-- {
			if all[i].kind == "ITBD" && &all[i] != opening {
				s.closing, err = read(&all[i])
			}
		}
	}
	return err
}

// directed reads an amount by its CdtDbtInd.
func directed(amount, direction string) (*published.Money, error) {
	if direction != "CRDT" && direction != "DBIT" {
		return nil, fmt.Errorf("CdtDbtInd is %q, not CRDT or DBIT", lex.Cut80([]byte(direction)))
	}
	v, err := signedAmount(amount, direction == "DBIT")
	if err != nil {
		return nil, fmt.Errorf("the amount in Amt is %q: %w", lex.Cut80([]byte(amount)), err)
	}
	return v, nil
}

// totals holds the statement's own counts and sums of entries against them.
func (c *camt) totals(s *camtStatement) error {
	for _, t := range []struct {
		path, what, have string
	}{
		{"TxsSummry/TtlNtries/NbOfNtries", "entries", strconv.FormatInt(s.count[0]+s.count[1], 10)},
		{"TxsSummry/TtlCdtNtries/NbOfNtries", "credit entries", strconv.FormatInt(s.count[0], 10)},
		{"TxsSummry/TtlDbtNtries/NbOfNtries", "debit entries", strconv.FormatInt(s.count[1], 10)},
		{"TxsSummry/TtlCdtNtries/Sum", "sum of credits", published.MoneyText(s.credits)},
		{"TxsSummry/TtlDbtNtries/Sum", "sum of debits", published.MoneyText(s.debits)},
		{"TxsSummry/TtlNtries/Sum", "sum of entries", published.MoneyText(new(published.Money).Add(s.credits, s.debits))},
	} {
		text, told := s.summary[t.path]
		if !told {
			continue
		}
		want, err := published.ParseMoney(text)
		if err != nil {
			return c.Refuse(s.lines[t.path], "%s: %w", t.path, err)
		}
		if published.MoneyText(want) != t.have {
			return c.Refuse(s.lines[t.path], "the statement's own totals (TxsSummry) don't match its entries: %s: expected %s, actual %s",
				t.what, published.MoneyText(want), t.have).WithHint("fetch the statement again")
		}
	}
	return nil
}
