package bank

import (
	"bytes"
	"errors"
	"io"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
)

// BAI2, what banks in North America give: records of fields parted by commas, a
// record on a line, continued by 88. Layout: "Cash Management Balance Reporting
// Specifications, Version 2", Bank Administration Institute, now X9. Amounts are
// whole numbers of the currency's smallest unit; a type code says what one is.

// isBAI2 tells a file by its header (01) of version 2 and the group (02) behind it.
func isBAI2(head []byte, _ string) bool {
	version, header := bai2Version(head)
	return header && version != "3"
}

// bai2Version gives the version of a file of the family; false for any other.
func bai2Version(head []byte) (version string, ok bool) {
	first, rest, more := bytes.Cut(bytes.TrimLeft(head, " \t\r\n"), lex.Newline)
	fields := strings.Split(bai2Body(string(first)), ",")
	if !more || fields[0] != "01" || len(fields) < 9 {
		return "", false
	}
	rest = bytes.TrimLeft(rest, " \t\r\n")
	if !bytes.HasPrefix(rest, []byte("02,")) {
		return "", false
	}
	return strings.TrimSpace(fields[8]), true
}

// IsBTRS says whether a text is of the successor of BAI2, which the same banks
// give when asked for version 3.
func IsBTRS(head []byte) bool {
	version, header := bai2Version(head)
	return header && version == "3"
}

// bai2Body is a line without what ends the record.
func bai2Body(line string) string {
	return strings.TrimSuffix(strings.TrimRight(line, " \t\r\x1a"), "/")
}

// bai2Level is what a trailer proves: its records, what is inside, and the sum
// of every amount as it is written.
type bai2Level struct {
	open    bool
	sum     *big.Int
	inside  int64 // accounts of a group, groups of a file
	records int64
}

// bai2 reads one file.
type bai2 struct {
	*lines
	file, group, account bai2Level
	record               bai2Record
	day                  string // of the group
	currency             string // of the group
	interim              bool   // the group is of a day that isn't over
	stmt                 *statement
	digits               int // of the account's currency
	told                 [2]bai2Total
	unproven             int64 // accounts without their balances
	follows              follows
	done                 bool // the file's trailer was read
}

// bai2Record is a record with its continuations.
type bai2Record struct {
	code  string
	line  int64
	parts []string
	size  int
}

// bai2Total is what an account says of all its credits or debits.
type bai2Total struct {
	line   int64 // 0: nothing
	amount *published.Money
	items  string
}

func readBAI2(r *published.Report) error {
	b := &bai2{lines: linesOf(r), follows: follows{}}
	for {
		line, err := b.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if line = strings.TrimLeft(line, " \t"); strings.Trim(line, " \t\x1a") == "" {
			continue
		}
		if err := b.take(line); err != nil {
			return err
		}
	}
	if err := b.endRecord(); err != nil {
		return err
	}
	if !b.done {
		return b.Refuse(b.line, "the file ends without its trailer (99): a part of it is missing").WithHint("fetch the file again")
	}
	if b.unproven > 0 {
		b.Note("%d accounts without an opening and a closing ledger balance (010, 015): their control totals alone prove them whole", b.unproven)
	}
	return nil
}

// bai2Codes are the records.
var bai2Codes = regexp.MustCompile(`^(01|02|03|16|49|88|98|99)[,/]`)

// bai2Joined is a record behind the end of another, on the same line.
var bai2Joined = regexp.MustCompile(`/\s*(02|03|16|49|98|99),`)

// take begins or continues a record with a line.
func (b *bai2) take(line string) error {
	if !bai2Codes.MatchString(line) {
		return b.Refuse(b.line, "a line that begins with none of BAI2's records (01, 02, 03, 16, 49, 88, 98, 99): %q", lex.Cut80([]byte(line))).
			WithHint("fetch the file again")
	}
	code, rest := line[:2], line[3:]
	if code != "88" {
		if err := b.endRecord(); err != nil {
			return err
		}
		if code != "16" && bai2Joined.MatchString(line) {
			return b.Refuse(b.line, "several records on one line").WithHint("ask the bank for a file with a record on each line")
		}
		b.record = bai2Record{code: code, line: b.line, parts: b.record.parts[:0]}
	} else if b.record.code == "" {
		return b.Refuse(b.line, "a continuation (88) of nothing")
	}
	if b.record.size += len(line); b.record.size > lex.MaxRecordBytes {
		return lex.LineTooLong(b.Name, b.record.line)
	}
	b.record.parts = append(b.record.parts, rest)
	return nil
}

// fields are those of the record, whichever line they are on.
func (r *bai2Record) fields() []string {
	var all []string
	for _, part := range r.parts {
		all = append(all, strings.Split(bai2Body(part), ",")...)
	}
	for i := range all {
		all[i] = strings.TrimSpace(all[i])
	}
	return all
}

// endRecord judges the record that is now whole.
func (b *bai2) endRecord() error {
	n := int64(len(b.record.parts))
	if b.record.code == "" {
		return nil
	}
	switch b.record.code { // a header belongs to what it opens
	case "01":
		if b.file.open {
			return b.misplaced()
		}
		b.file, b.done = bai2Level{open: true, sum: new(big.Int)}, false
	case "02":
		if !b.file.open || b.group.open {
			return b.misplaced()
		}
		b.group = bai2Level{open: true, sum: new(big.Int)}
	case "03":
		if !b.group.open || b.account.open {
			return b.misplaced()
		}
		b.account = bai2Level{open: true, sum: new(big.Int)}
	case "16", "49":
		if !b.account.open {
			return b.misplaced()
		}
	case "98":
		if !b.group.open || b.account.open {
			return b.misplaced()
		}
	case "99":
		if !b.file.open || b.group.open {
			return b.misplaced()
		}
	}
	for _, level := range []*bai2Level{&b.file, &b.group, &b.account} {
		if level.open {
			level.records += n
		}
	}
	var err error
	switch b.record.code {
	case "02":
		err = b.groupHeader(b.record.fields())
	case "03":
		err = b.accountHeader(b.record.fields())
	case "16":
		err = b.detail()
	case "49":
		err = b.accountTrailer(b.record.fields())
	case "98":
		err = b.trailer(&b.group, &b.file, "group", "accounts", b.record.fields())
	case "99":
		err = b.trailer(&b.file, nil, "file", "groups", b.record.fields())
		b.done = true
	}
	b.record.code = ""
	return err
}

func (b *bai2) misplaced() error {
	return b.Refuse(b.record.line, "a record %s where none can be: one before it is missing", b.record.code).WithHint("fetch the file again")
}

// field gives a field, "" where the record has fewer.
func field(fields []string, i int) string {
	if i < len(fields) {
		return fields[i]
	}
	return ""
}

// groupHeader takes the day, the currency and what the group is.
func (b *bai2) groupHeader(fields []string) error {
	switch status := field(fields, 2); status {
	case "2", "4":
		what := map[string]string{"2": "deletes what was sent before", "4": "is a test"}[status]
		return b.Refuse(b.record.line, "a group that %s (group status %s)", what, status).WithHint("ask the bank what it means; carat takes groups of status 1 and 3")
	}
	date := field(fields, 3)
	if strings.Trim(date, "0123456789") != "" || len(date) != 6 && len(date) != 8 {
		return b.Refuse(b.record.line, "a group whose as-of date is %q, not YYMMDD", lex.Cut80([]byte(date)))
	}
	if len(date) == 6 {
		date = "20" + date
	}
	b.day = date[:4] + "-" + date[4:6] + "-" + date[6:]
	if b.currency = field(fields, 5); b.currency == "" {
		b.currency = "USD" // the specification's
	}
	b.interim = field(fields, 6) == "1" || field(fields, 6) == "3"
	return nil
}

// whole reads an amount: digits, with a sign where the record may have one.
func (b *bai2) whole(text, what string, signed bool) (*big.Int, error) {
	digits := text
	if signed || strings.HasPrefix(text, "+") {
		digits = strings.TrimLeft(text, "+-")
	}
	if digits == "" || len(digits) > 18 || len(text)-len(digits) > 1 || strings.Trim(digits, "0123456789") != "" {
		return nil, b.Refuse(b.record.line, "%s is %q, not a whole number of at most 18 digits", what, lex.Cut80([]byte(text)))
	}
	v, _ := new(big.Int).SetString(strings.TrimPrefix(text, "+"), 10)
	return v, nil
}

// money is an amount of the account, in millionths.
func (b *bai2) money(units *big.Int) *published.Money {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(pipeline.AmountDigits-b.digits)), nil)
	return scale.Mul(scale, units)
}

// fundsWidth is how many fields a funds type has behind it; false where they
// don't say.
func fundsWidth(fields []string, at int) (int, bool) {
	switch strings.ToUpper(strings.TrimSpace(field(fields, at))) {
	case "S":
		return 3, true
	case "V":
		return 2, true
	case "D":
		n, err := strconv.Atoi(strings.TrimSpace(field(fields, at+1)))
		return 1 + 2*n, err == nil && n >= 0 && n <= lex.MaxColumns
	}
	return 0, true
}

// accountHeader opens an account with its balances and totals.
func (b *bai2) accountHeader(fields []string) error {
	s := newStatement(b.record.line)
	b.stmt, b.told = s, [2]bai2Total{}
	s.id, s.account = b.day, published.AccountText(field(fields, 0))
	if s.account == "" {
		return b.Refuse(b.record.line, "an account (03) without its number")
	}
	if s.currency = field(fields, 1); s.currency == "" {
		s.currency = b.currency
	}
	digits, known := pipeline.MinorDigits(s.currency)
	if !known {
		return b.Refuse(b.record.line, "an account in %q, which is no ISO 4217 currency", lex.Cut80([]byte(s.currency)))
	}
	b.digits = digits
	if err := b.OwnAccount(s.account, b.record.line); err != nil {
		return err
	}
	for i := 2; i < len(fields); {
		code := fields[i]
		if code == "" { // nothing is said
			i++
			continue
		}
		if len(code) != 3 || strings.Trim(code, "0123456789") != "" {
			return b.Refuse(b.record.line, "an account (03) with %q where a type code of three digits should be", lex.Cut80([]byte(code)))
		}
		width, known := fundsWidth(fields, i+3)
		if !known {
			return b.Refuse(b.record.line, "an account (03) whose distribution (D) behind %s has no number", code)
		}
		if amount := field(fields, i+1); amount != "" {
			if err := b.summary(code, amount, field(fields, i+2)); err != nil {
				return err
			}
		}
		i += 4 + width
	}
	opening := ""
	if s.opening != nil {
		opening = published.MoneyText(s.opening.amount)
	}
	s.key = strings.Join([]string{"bai2", b.day, s.currency, opening}, "\x1f")
	b.follows.begin(s, s.opening)
	if b.interim {
		return nil
	}
	return s.numberOn(b.Report)
}

// summary takes a balance or total of the account; others are only added up.
func (b *bai2) summary(code, amount, items string) error {
	units, err := b.whole(amount, "the amount of "+code, true)
	if err != nil {
		return err
	}
	b.account.sum.Add(b.account.sum, units)
	at := &balance{amount: b.money(units), currency: b.stmt.currency, day: b.day, line: b.record.line}
	switch code {
	case "010":
		b.stmt.opening = at
	case "015":
		b.stmt.closing = at
	case "100":
		b.told[0] = bai2Total{line: b.record.line, amount: at.amount, items: items}
	case "400":
		b.told[1] = bai2Total{line: b.record.line, amount: new(published.Money).Abs(at.amount), items: items}
	}
	return nil
}

// accountTrailer proves the account: its totals, its balances, its control total.
func (b *bai2) accountTrailer(fields []string) error {
	s := b.stmt
	for side, t := range b.told {
		have := s.credits
		if side == 1 {
			have = s.debits
		}
		if t.line == 0 || t.amount.Cmp(have) == 0 && (t.items == "" || sameCount(t.items, s.count[side])) {
			continue
		}
		return b.Refuse(t.line, "the own total of account %s (%d00) doesn't match its entries: expected %s in %s items, found %s in %d", lex.Shown(s.account),
			1+3*side, published.MoneyText(t.amount), lex.Shown(t.items), published.MoneyText(have), s.count[side]).WithHint("fetch the file again; if the bank sends only totals, ask it for the details (16)")
	}
	if s.opening == nil || s.closing == nil {
		b.unproven++
	} else if err := s.check(b.Name); err != nil {
		return err
	} else if err := balanceRows(b.Report, s); err != nil {
		return err
	}
	return b.trailer(&b.account, &b.group, "account", "", fields)
}

// sameCount says whether a text is the count.
func sameCount(text string, have int64) bool {
	n, err := strconv.ParseInt(strings.TrimPrefix(text, "+"), 10, 64)
	return err == nil && n == have
}

// trailer holds the control total and the counts of a level against what was
// read, and adds it to the level around it.
func (b *bai2) trailer(level, around *bai2Level, name, inside string, fields []string) error {
	if told := field(fields, 0); told != "" {
		want, err := b.whole(told, "the control total of the "+name, true)
		if err != nil {
			return err
		}
		if want.Cmp(level.sum) != 0 {
			return b.Refuse(b.record.line, "the control total of the %s doesn't match its amounts: expected %s, added up %s, difference %s", name,
				want, level.sum, new(big.Int).Sub(level.sum, want)).WithHint("fetch the file again")
		}
	}
	counts := []struct {
		what string
		have int64
	}{{"records", level.records}}
	if inside != "" {
		counts = append([]struct {
			what string
			have int64
		}{{inside, level.inside}}, counts...)
	}
	for i, c := range counts {
		if told := field(fields, i+1); told != "" && !sameCount(told, c.have) {
			return b.Refuse(b.record.line, "the %s's own number of %s is %s, found %d", name, c.what, lex.Shown(told), c.have).WithHint("fetch the file again")
		}
	}
	if around != nil {
		around.sum.Add(around.sum, level.sum)
		around.inside++
	}
	level.open = false
	return nil
}
