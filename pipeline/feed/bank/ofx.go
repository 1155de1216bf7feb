package bank

import (
	"bufio"
	"bytes"
	"errors"
	"html"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
)

// OFX, and what Quicken and QuickBooks make of it (QFX, QBO): statements of bank
// and card accounts in SGML whose elements need not be closed (version 1) or in
// XML (version 2). Layout: Open Financial Exchange Specification 1.6 and 2.3,
// chapter 11. It is read as a stream of tags: no DTD, no entity but those of
// characters, bounded tags, texts and depth.

const (
	maxOFXTag   = 64
	maxOFXText  = 16 << 10
	maxOFXDepth = 40
)

// isOFX tells the header of version 1 or 2, or what follows where that is cut off.
func isOFX(head []byte, _ string) bool {
	text := bytes.TrimLeft(head, " \t\r\n")
	return bytes.HasPrefix(text, []byte("OFXHEADER:")) || bytes.HasPrefix(text, []byte("<OFX>")) ||
		bytes.HasPrefix(text, []byte("<?")) && bytes.Contains(text[:min(len(text), 2000)], []byte("<?OFX "))
}

// ofx reads one file.
type ofx struct {
	*published.Report
	in        *bufio.Reader
	line      int64
	western   bool // texts that aren't UTF-8 are Windows-1252, as the header says
	path      []string
	account   string
	currency  string
	values    map[string]string // of the transaction that is read
	at        int64
	pending   bool
	ended     bool
	statement int64
	ids       *published.RowIDs
	seen      map[string]string // day and amount of the first transaction of an account and FITID
}

func readOFX(r *published.Report) error {
	in, ok := r.Text.(*bufio.Reader)
	if !ok {
		in = bufio.NewReaderSize(r.Text, 64<<10)
	}
	o := &ofx{Report: r, in: in, line: 1, ids: published.NewRowIDs(), seen: map[string]string{}}
	if err := o.header(); err != nil {
		return err
	}
	for {
		tag, text, err := o.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := o.take(tag, text); err != nil {
			return err
		}
	}
	switch {
	case !o.ended:
		return r.Refuse(o.line, "the file ends before </OFX>: it is cut").WithHint("download it again")
	case o.statement == 0:
		return r.Refuse(o.line, "an OFX file without a statement of a bank or card account").WithHint("download the account's transactions; investments are not read")
	}
	r.Note("an OFX file has no opening balance: nothing proves it whole")
	return nil
}

// header reads what stands before the first tag.
func (o *ofx) header() error {
	text, err := o.until('<', maxOFXText)
	if err != nil {
		return err
	}
	upper := strings.ToUpper(text)
	if strings.Contains(upper, "SECURITY:TYPE1") || strings.Contains(upper, "COMPRESSION:") && !strings.Contains(upper, "COMPRESSION:NONE") {
		return o.Refuse(o.line, "an OFX file that is encrypted or compressed inside").WithHint("download it plain")
	}
	o.western = strings.Contains(upper, "CHARSET:1252") || strings.Contains(upper, "CHARSET:ISO-8859-1") || strings.Contains(upper, "CHARSET:8859-1")
	return nil
}

// until reads up to a byte, which stays; at the end of the file what there is.
func (o *ofx) until(stop byte, most int) (string, error) {
	var text []byte
	for {
		b, err := o.in.ReadByte()
		if errors.Is(err, io.EOF) {
			return string(text), nil
		}
		if err != nil {
			return "", o.Wrap(err)
		}
		if b == stop {
			return string(text), o.in.UnreadByte()
		}
		if b == '\n' {
			o.line++
		}
		if b == 0 {
			return "", o.Refuse(o.line, "a zero byte: this is no text").WithHint("download the file again")
		}
		if text = append(text, b); len(text) > most {
			return "", o.Refuse(o.line, "a tag or a text of more than %d bytes", most)
		}
	}
}

// next gives the next tag and the text behind it; io.EOF at the end.
func (o *ofx) next() (tag, text string, err error) {
	if _, err := o.in.ReadByte(); err != nil { // the <
		if errors.Is(err, io.EOF) {
			return "", "", io.EOF
		}
		return "", "", o.Wrap(err)
	}
	if tag, err = o.until('>', maxOFXText); err != nil {
		return "", "", err
	}
	if _, err := o.in.ReadByte(); err != nil {
		return "", "", o.Refuse(o.line, "the file ends inside a tag").WithHint("download it again")
	}
	if text, err = o.until('<', maxOFXText); err != nil {
		return "", "", err
	}
	if strings.HasPrefix(tag, "?") {
		return "?", "", nil
	}
	if strings.HasPrefix(tag, "!") || len(tag) > maxOFXTag || strings.ContainsAny(tag, "<&\"'") {
		return "", "", o.Refuse(o.line, "a tag that OFX doesn't have: %q", lex.Cut80([]byte(tag))).WithHint("download the file again")
	}
	if !utf8.ValidString(text) {
		if !o.western {
			return "", "", o.Refuse(o.line, "not UTF-8, and the header names no other character set").WithHint("download the file again")
		}
		if text, err = charmap.Windows1252.NewDecoder().String(text); err != nil {
			return "", "", o.Refuse(o.line, "a text that is not in the header's character set")
		}
	}
	return strings.ToUpper(strings.TrimSpace(tag)), strings.TrimSpace(html.UnescapeString(text)), nil
}

// take judges a tag. A tag with a text is an element, which may be closed or not;
// one without is an aggregate, or an empty element that its parent's end closes.
func (o *ofx) take(tag, text string) error {
	switch {
	case tag == "?" || tag == "":
		return nil
	case strings.HasPrefix(tag, "/"):
		return o.close(tag[1:])
	case text != "":
		return o.element(tag, text)
	case strings.HasSuffix(tag, "/"):
		return nil
	}
	if len(o.path) >= maxOFXDepth {
		return o.Refuse(o.line, "tags more than %d deep", maxOFXDepth)
	}
	o.path = append(o.path, tag)
	switch tag {
	case "INVSTMTRS":
		return o.Refuse(o.line, "a statement of investments").WithHint("download the transactions of the bank account")
	case "STMTRS", "CCSTMTRS":
		o.account, o.currency = "", ""
		o.statement++
	case "STMTTRN", "STMTTRNP":
		o.values, o.at, o.pending = map[string]string{}, o.line, tag == "STMTTRNP"
	}
	return nil
}

// close ends an aggregate, and what in it was never closed.
func (o *ofx) close(tag string) error {
	for i := len(o.path) - 1; i >= 0; i-- {
		if o.path[i] != tag {
			continue
		}
		o.path = o.path[:i]
		switch tag {
		case "OFX":
			o.ended = true
		case "STMTTRN", "STMTTRNP":
			return o.transaction()
		}
		return nil
	}
	return nil // of an element that had a text
}

func (o *ofx) inside(tag string) bool {
	for _, p := range o.path {
		if p == tag {
			return true
		}
	}
	return false
}

// element keeps what is wanted.
func (o *ofx) element(tag, text string) error {
	switch {
	case o.inside("STMTTRN") || o.inside("STMTTRNP"):
		if o.values != nil && !o.inside("ORIGCURRENCY") && !o.inside("BANKACCTTO") && !o.inside("CCACCTTO") && o.values[tag] == "" {
			o.values[tag] = text
		}
	case tag == "CURDEF":
		o.currency = strings.ToUpper(text)
	case tag == "ACCTID" && (o.inside("BANKACCTFROM") || o.inside("CCACCTFROM")):
		o.account = published.AccountText(text)
		return o.OwnAccount(o.account, o.line)
	case tag == "SEVERITY" && strings.EqualFold(text, "ERROR"):
		return o.Refuse(o.line, "the bank answered with an error instead of a statement").WithHint("download it again")
	}
	return nil
}

// transaction makes the row of a transaction.
func (o *ofx) transaction() error {
	v := o.values
	o.values = nil
	if o.pending {
		o.Leave("transactions that are pending")
		return nil
	}
	reject := func(column string, code pipeline.Code, text, expected string) error {
		return o.Out.Reject(o.at, column, code, text, expected)
	}
	day := v["DTPOSTED"]
	if day == "" {
		if day = published.FirstOf(v["DTAVAIL"], v["DTUSER"]); day != "" {
			o.Note("line %d: a transaction without the day of its booking (DTPOSTED) is read as of the day that it has", o.at)
		}
	}
	if len(day) < 8 || strings.Trim(day[:8], "0123456789") != "" {
		return reject("booked_at", pipeline.CodeBadTime, day, "a DTPOSTED like 20261005")
	}
	amount, err := published.ParseMoney(strings.TrimPrefix(strings.Replace(v["TRNAMT"], ",", ".", 1), "+"))
	if err != nil {
		return reject("amount", pipeline.CodeNotANumber, v["TRNAMT"], "a TRNAMT like -12.50")
	}
	if v["FITID"] == "" {
		return reject("line_id", pipeline.CodeMissing, "", "a FITID, by which the bank knows the transaction")
	}
	if o.account == "" {
		return reject("account", pipeline.CodeMissing, "", "an ACCTID before the transactions")
	}
	if other := strings.ToUpper(v["CURSYM"]); other != "" && other != o.currency {
		return reject("currency", pipeline.CodeUnknownValue, other, "an amount in the account's currency, "+o.currency)
	}
	if err := o.Out.Begin(o.at); err != nil {
		return err
	}
	o.Out.Set("line_id", o.lineID(v["FITID"], day[:8], published.MoneyText(amount)))
	o.Out.Set("account", o.account)
	o.Out.Set("booked_at", day[:4]+"-"+day[4:6]+"-"+day[6:8])
	o.Out.Set("amount", published.MoneyText(amount))
	o.Out.Set("currency", o.currency)
	o.Out.Set("reference", lex.CutText(words(v["NAME"], v["MEMO"], v["REFNUM"], v["CHECKNUM"])))
	o.Out.Set("counterparty", lex.CutText(v["NAME"]))
	return o.Out.End()
}

// lineID is the key of a transaction: the bank's own id makes it, so that the same one
// downloaded again is the same line. Some banks give one id to several bookings: in one
// file those of one day and amount are numbered, and those of others have these in
// their ids too, and it is told.
func (o *ofx) lineID(fitid, day, amount string) string {
	booked := day + " " + amount
	first, again := o.seen[o.account+"\x00"+fitid]
	if !again {
		o.seen[o.account+"\x00"+fitid] = booked
	} else {
		o.Note("line %d: FITID %s comes again: banks should give each transaction its own, so compare them with the account; each is taken as a booking", o.at, lex.Shown(fitid))
	}
	if !again || first == booked {
		return o.ids.ID("ofx", o.account, fitid)
	}
	return o.ids.ID("ofx", o.account, fitid, day, amount)
}
