package bank

import (
	"encoding/xml"
	"strconv"
	"strings"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
)

// maxCamtDetails bounds the transactions of one batch entry, which are held
// until the entry is whole.
const maxCamtDetails = 200_000

// camtEntry is a Ntry: one movement of the account, of which a batch says in
// its details what it consists of.
type camtEntry struct {
	line                       int64
	amount, currency, inDebit  string
	reversal                   bool
	status, booked, value      string
	ref, bankRef, info, family string
	charges                    bool
	batches                    []camtBatch
	details                    []camtDetail
}

// camtBatch is the Btch of an entry: what it says of the details behind it.
type camtBatch struct {
	line                             int64
	count, amount, currency, inDebit string
	from, to                         int // the details that it is about
}

// camtDetail is a TxDtls.
type camtDetail struct {
	line                           int64
	amount, currency               string
	endToEnd, instruction, tx      string
	bankRef                        string
	debtor, creditor               string
	unstructured, structured, info string
	returned                       bool
}

// entry reads a Ntry to its end.
func (c *camt) entry(e *camtEntry) error {
	err := c.leaves(func(path string) (bool, error) {
		switch path {
		case "NtryDtls/Btch":
			e.batches = append(e.batches, camtBatch{line: c.xml.Line(), from: len(e.details), to: -1})
		case "NtryDtls":
			e.endBatch()
		case "NtryDtls/TxDtls":
			if len(e.details) == maxCamtDetails {
				return false, c.Refuse(e.line, "an entry of more than %d transactions", maxCamtDetails)
			}
			e.details = append(e.details, camtDetail{line: c.xml.Line()})
		case "Chrgs", "NtryDtls/TxDtls/Chrgs":
			e.charges = true
		case "NtryDtls/TxDtls/RtrInf":
			e.details[len(e.details)-1].returned = true
		}
		return false, nil
	}, func(path, text string, attr []xml.Attr, _ int64) error {
		inside, detail := strings.CutPrefix(path, "NtryDtls/TxDtls/")
		of, batch := strings.CutPrefix(path, "NtryDtls/Btch/")
		switch {
		case detail:
			e.details[len(e.details)-1].set(inside, text, attr)
		case batch:
			e.batches[len(e.batches)-1].set(of, text, attr)
		default:
			e.set(path, text, attr)
		}
		return nil
	})
	e.endBatch()
	return err
}

// endBatch says where the details of the last batch end.
func (e *camtEntry) endBatch() {
	if n := len(e.batches); n > 0 && e.batches[n-1].to < 0 {
		e.batches[n-1].to = len(e.details)
	}
}

func (e *camtEntry) set(path, text string, attr []xml.Attr) {
	switch path {
	case "Amt":
		e.amount, e.currency = text, lex.Attribute(attr, "Ccy")
	case "CdtDbtInd":
		e.inDebit = text
	case "RvslInd":
		e.reversal = text == "true" || text == "1"
	case "Sts", "Sts/Cd", "Sts/Prtry":
		e.status = text
	case "BookgDt/Dt", "BookgDt/DtTm":
		e.booked = text
	case "ValDt/Dt", "ValDt/DtTm":
		e.value = text
	case "NtryRef":
		e.ref = text
	case "AcctSvcrRef":
		e.bankRef = text
	case "AddtlNtryInf":
		e.info = text
	case "BkTxCd/Domn/Fmly/SubFmlyCd":
		e.family = text
	}
}

func (b *camtBatch) set(path, text string, attr []xml.Attr) {
	switch path {
	case "NbOfTxs":
		b.count = text
	case "TtlAmt":
		b.amount, b.currency = text, lex.Attribute(attr, "Ccy")
	case "CdtDbtInd":
		b.inDebit = text
	}
}

func (d *camtDetail) set(path, text string, attr []xml.Attr) {
	switch path {
	case "Amt":
		d.amount, d.currency = text, lex.Attribute(attr, "Ccy")
	case "AmtDtls/TxAmt/Amt":
		if d.amount == "" {
			d.amount, d.currency = text, lex.Attribute(attr, "Ccy")
		}
	case "Refs/EndToEndId":
		d.endToEnd = givenRef(text)
	case "Refs/InstrId":
		d.instruction = givenRef(text)
	case "Refs/TxId":
		d.tx = givenRef(text)
	case "Refs/AcctSvcrRef":
		d.bankRef = givenRef(text)
	case "RltdPties/Dbtr/Nm", "RltdPties/Dbtr/Pty/Nm":
		d.debtor = text
	case "RltdPties/Cdtr/Nm", "RltdPties/Cdtr/Pty/Nm":
		d.creditor = text
	case "RmtInf/Ustrd":
		d.unstructured = words(d.unstructured, text)
	case "RmtInf/Strd/CdtrRefInf/Ref":
		d.structured = words(d.structured, text)
	case "AddtlTxInf":
		d.info = text
	case "BkTxCd/Domn/Fmly/SubFmlyCd":
		d.returned = d.returned || text == "RRTN"
	}
}

// givenRef gives a reference, "" where the text says that there is none.
func givenRef(text string) string {
	if strings.Trim(text, "0") == "" {
		return ""
	}
	switch strings.ToUpper(text) {
	case "NOTPROVIDED", "NONREF", "NOREF", "NONE":
		return ""
	}
	return text
}

// day gives the day that a date or time names where it was written: the bank's
// own day.
func (e *camtEntry) day() string {
	text := e.booked
	if text == "" {
		text = e.value
	}
	if len(text) > len("2026-10-01") {
		text = text[:len("2026-10-01")]
	}
	return text
}

// takeEntry counts an entry and makes its rows.
func (c *camt) takeEntry(s *camtStatement, e *camtEntry) error {
	amount, err := directed(e.amount, e.inDebit)
	if err != nil {
		return c.Refuse(e.line, "an entry: %w", err)
	}
	if e.status == "" {
		return c.Refuse(e.line, "an entry that doesn't say whether it is booked (Sts)")
	}
	s.tally(amount)
	if e.status != "BOOK" {
		c.Leave("entries that aren't booked (" + lex.Shown(e.status) + ")")
		return nil
	}
	line := entry{line: e.line, amount: amount, currency: e.currency, day: e.day(), bankRef: givenRef(e.bankRef)}
	if c.notified {
		s.entries++ // there is no balance that it could move
	} else if err := s.add(c.Name, &line); err != nil {
		return err
	}
	if c.payments {
		return c.paymentRows(s, e, &line)
	}
	if c.notified && line.bankRef == "" {
		return c.Out.Reject(e.line, "line_id", pipeline.CodeMissing, "", "AcctSvcrRef, without which the entry can't be told from the statement's (camt.053)")
	}
	line.reference, line.counterparty = e.texts(amount.Sign() < 0)
	return bankLine(c.Report, s.statement, &line)
}

// texts gives the reference that an entry is known by, and with whom it was: the
// structured reference of the remittance, else the EndToEndId, else the
// remittance's text, so that it can equal what the payer says. Of a batch only
// the entry itself speaks.
func (e *camtEntry) texts(debit bool) (reference, counterparty string) {
	if len(e.details) != 1 {
		if coded, ok := codedText(e.info); ok {
			return published.FirstOf(coded.endToEnd, coded.remittance, givenRef(e.ref)), coded.name
		}
		return words(givenRef(e.ref), e.info), ""
	}
	d := &e.details[0]
	counterparty = d.debtor
	if debit {
		counterparty = d.creditor
	}
	info := words(d.info, e.info)
	if coded, ok := codedText(published.FirstOf(d.info, e.info)); ok {
		info = published.FirstOf(coded.endToEnd, coded.remittance, info)
		counterparty = published.FirstOf(counterparty, coded.name)
	}
	reference = published.FirstOf(words(d.structured), d.endToEnd, words(d.unstructured), info, givenRef(e.ref))
	return reference, words(counterparty)
}

// paymentRows makes payments of the transactions that an entry consists of:
// what we sent, known by our own EndToEndId, and what came back of it.
func (c *camt) paymentRows(s *camtStatement, e *camtEntry, line *entry) error {
	if err := c.checkBatches(e, line); err != nil {
		return err
	}
	for i := range e.details {
		d := &e.details[i]
		status := "paid"
		if e.inDebit == "CRDT" {
			status = "returned"
			if !d.returned && !e.reversal && e.family != "RRTN" {
				c.Leave("incoming transactions")
				continue
			}
		} else if e.reversal {
			c.Leave("reversals of incoming transactions")
			continue
		}
		if d.endToEnd == "" {
			c.Leave("outgoing transactions without an EndToEndId, which no payout of ours has")
			continue
		}
		if d.amount == "" && len(e.details) == 1 {
			d.amount, d.currency = e.amount, e.currency
		}
		if err := c.Out.Begin(d.line); err != nil {
			return err
		}
		from := line.bankRef
		if from == "" {
			from = s.key + "\x1f" + strconv.FormatInt(s.entries, 10)
		}
		c.Out.Set("line_id", s.ids.ID("bankpay", s.account, from, d.endToEnd, d.tx, d.instruction, d.amount, d.currency, status))
		c.Out.Set("provider", "bank")
		c.Out.Set("provider_reference", published.FirstOf(d.bankRef, line.bankRef))
		c.Out.Set("payout_id", d.endToEnd)
		c.Out.Set("amount", d.amount)
		c.Out.Set("currency", d.currency)
		c.Out.Set("status", status)
		c.Out.Set("booked_at", line.day)
		c.Out.Set("report_id", s.id)
		if err := c.Out.End(); err != nil {
			return err
		}
	}
	if len(e.details) == 0 {
		c.Leave("entries without details")
	}
	return nil
}

// checkBatches holds the counts and sums of an entry against its details.
func (c *camt) checkBatches(e *camtEntry, line *entry) error {
	sum := func(from, to int, currency string) (*published.Money, bool, error) {
		total := new(published.Money)
		for i := from; i < to; i++ {
			d := &e.details[i]
			if d.amount == "" || d.currency != currency {
				return nil, false, nil
			}
			v, err := published.ParseMoney(d.amount)
			if err != nil {
				return nil, false, c.Refuse(d.line, "a transaction's Amt is %q: %w", lex.Cut80([]byte(d.amount)), err)
			}
			total.Add(total, v)
		}
		return total, to > from, nil
	}
	for _, b := range e.batches {
		have := b.to - b.from
		if have > 0 && b.count != "" && b.count != strconv.Itoa(have) {
			return c.Refuse(b.line, "the batch's own count (NbOfTxs) doesn't match its transactions: expected %s, found %d", lex.Shown(b.count), have).
				WithHint("fetch the file again")
		}
		if b.amount == "" {
			continue
		}
		total, known, err := sum(b.from, b.to, b.currency)
		if err != nil {
			return err
		}
		want, wrong := published.ParseMoney(b.amount)
		if wrong != nil {
			return c.Refuse(b.line, "the batch's TtlAmt is %q: %w", lex.Cut80([]byte(b.amount)), wrong)
		}
		if known && want.Cmp(total) != 0 {
			return c.sumDiffers(b.line, "the batch's own total (TtlAmt)", want, total)
		}
	}
	total, known, err := sum(0, len(e.details), e.currency)
	if err != nil {
		return err
	}
	want := new(published.Money).Abs(line.amount)
	if known && !e.charges && want.Cmp(total) != 0 {
		return c.sumDiffers(e.line, "the entry's amount (Amt)", want, total)
	}
	return nil
}

func (c *camt) sumDiffers(line int64, what string, want, have *published.Money) error {
	return c.Refuse(line, "%s doesn't match its transactions: expected %s, added up %s, difference %s", what, published.MoneyText(want), published.MoneyText(have),
		published.MoneyText(new(published.Money).Sub(have, want))).WithHint("fetch the file again")
}
