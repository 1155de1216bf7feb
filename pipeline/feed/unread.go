package feed

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
)

// unread is a kind of file that carat knows by its content and doesn't read.
type unread struct {
	name string // what it is, with its article
	next string // what to fetch or do instead
	is   func(head []byte) bool
}

// nearlyRead are the kinds that carat reads in another shape, and asks first.
func nearlyRead() []unread {
	return []unread{
		{"PayPal's activity download in another language than English, or without its columns", "download it in English with all columns, or use the settlement report (STL), in PayPal's reports or on its SFTP server", headed(",;\t",
			"timezone|time zone|zeitzone|fuseau horaire|zona horaria|fuso orario", "currency|währung|devise|divisa|moneda|valuta",
			"gross|brutto|avant commission|bruto|lordo", "fee|fees|gebühr|entgelt|commission|tarifa|comisión|tariffa", "net|netto|neto")},
		{"a settlement detail report of Adyen without all of its columns", "download it with all of them, or describe it as a layout of settlement_lines in carat.yaml (docs/formats.md)", headed(",;\t",
			"psp reference", "merchant account", "gross debit (gc)|gross debit", "gross credit (gc)|gross credit", "net debit (nc)|net debit", "net credit (nc)|net credit")},
	}
}

// unreadFiles are the others, in the order in which they are asked: behind every
// format that is read, and behind the columns of carat and of a layout.
func unreadFiles() []unread {
	return append([]unread{
		{"Stripe's dashboard export of payments", "it has no payouts and no fees of their own; " + stripeReports, headed(",;\t",
			"id", "created date (utc)|created (utc)", "amount", "amount refunded", "currency")},
		{"Stripe's dashboard export of payouts", "it has payouts alone; " + stripeReports, headed(",;\t",
			"id", "amount", "created (utc)|created date (utc)", "arrival date (utc)", "currency", "status")},
		{"Stripe's summary by category", "it has sums alone; " + stripeReports, headed(",;\t",
			"reporting_category", "currency", "count", "net")},
		{"a report of Adyen", "download its settlement detail report", headed(",;\t",
			"psp reference", "merchant account", "merchant reference")},
	}, unreadBankFiles()...)
}

// stripeReports are what of Stripe's is read.
const stripeReports = "download Reports > Payout reconciliation or Balance change from activity, itemized"

// headed tells a text whose first line has the columns, each by one of its
// spellings, parted by one of the separators.
func headed(separators string, columns ...string) func([]byte) bool {
	return func(head []byte) bool { return published.HasHeader(head, separators, columns...) }
}

// ErrUnread is the cause when a file is of a kind that carat knows and doesn't
// read.
var ErrUnread = errors.New("which carat doesn't read")

// ErrNearlyRead is ErrUnread of a report that carat reads in another language or with all its
// columns: its money would be missing, while the other kinds hold what another report has.
var ErrNearlyRead = fmt.Errorf("%w", ErrUnread)

// unreadText is the error of a text that is of such a kind; nil if it is of none,
// or if its columns are a layout's or those of the feed. head is UTF-8 without a
// byte order mark, raw is what the file has.
func unreadText(head, raw []byte, name, feed string, layouts []Layout) error {
	near := nearlyRead()
	for i, u := range append(near, unreadFiles()...) {
		if !u.is(head) {
			continue
		}
		if candidates, _ := byName(layouts, name); slices.ContainsFunc(candidates, func(l *Layout) bool { return l.FitText(raw).Fits }) {
			return nil
		}
		if feed != "" && published.HasHeader(head, ",", requiredColumns(feed)...) {
			return nil
		}
		cause := ErrUnread
		if i < len(near) {
			cause = ErrNearlyRead
		}
		return lex.BadFile(name, 0, "it is %s, %w", u.name, cause).WithHint("%s", u.next)
	}
	return nil
}

// Unread says, as the error of refusing it, what a file is that carat knows and
// doesn't read, and what to fetch instead; nil for any other.
func Unread(file *os.File, name string) error {
	if _, err := RecogniseFile(file, name, ""); errors.Is(err, ErrUnread) {
		return err
	}
	return nil
}
