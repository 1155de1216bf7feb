package statement

import (
	"strings"
	"time"

	"carat/pipeline"
	"carat/reports/locale"
	"carat/reports/statement/catalog"
)

// Every word that a page or a paper says stands in words.go and the files whose
// names begin with it, once; the layouts only place them. A test holds them to
// that. A line end in a column's title is where it may break.

// Titles.
const (
	TitleStatement = "Earnings statement"
	TitleInShort   = "In short"
	TitleThree     = "Three numbers that are not the same"
	TitleMovement  = "How your balance moved"
	TitleDays      = "Earned per day"
	TitleTop       = "What earned most"
	TitleGifts     = "Gifts you received"
	TitleTakenBack = "Gifts taken back"
	TitleStreams   = "Your streams"
	TitleSums      = "How coins became money"
	TitleShares    = "Who gets what"
	TitleTaken     = "What was taken, and why"
	TitleAdded     = "What was added"
	TitlePayouts   = "Payouts"
	TitleOnItsWay  = "On its way"
	TitleEarlier   = "From earlier months"
	TitleBalance   = "Your balance and the next payout"
	TitleGlossary  = "Words"
	TitleCheck     = "How to check this"
)

// Columns and labels.
const (
	ColumnGift        = "Gift"
	ColumnStream      = "Stream"
	ColumnGifts       = "Gifts"
	ColumnCoins       = "Coins"
	ColumnPerCoin     = "× diamonds\nper coin"
	ColumnIsDiamonds  = "= Diamonds"
	ColumnShare       = "Share"
	ColumnOfListValue = "Of the list value"
	ColumnDate        = "Date"
	ColumnReason      = "Reason"
	ColumnDiamonds    = "Diamonds"
	ColumnPayout      = "Payout"
	ColumnBalance     = "Balance"
	ColumnFee         = "Fee"
	ColumnWithheld    = "Tax withheld"
	ColumnItem        = "Item"
	ColumnNow         = "Now"
	ColumnChange      = "Change"
	ColumnFreeFrom    = "Free from"
	ColumnEarned      = "Earned"
	ColumnAdjusted    = "Adjustments"
	ColumnPaid        = "Paid to you"
	ColumnGross       = "Paid out"
	ColumnFees        = "Fees"
	ColumnRequested   = "Requested"

	LabelPayer     = "Paid by"
	LabelPayee     = "Paid to"
	LabelPeriod    = "Period"
	LabelTaxID     = "Tax id "
	LabelCreator   = "Creator "
	LabelAgency    = "Agency "
	LabelTier      = "Tier "
	LabelCountry   = "Country "
	LabelStream    = "stream "
	LabelPayout    = "payout "
	LabelOriginal  = "original event "
	LabelReference = "reference "

	CardEarnedAndMore = "Earned and changes"
	CardPayouts       = "Payouts"
	CardBalance       = "Your balance"

	ThreeCoins      = "Coins that viewers spent"
	ThreeCoinsNote  = "on gifts to you"
	ThreeDiamonds   = "Diamonds you were credited"
	ThreeMoney      = "Money that is worth"
	totalTaken      = "Taken this month"
	totalGivenBack  = "Given back this month, less what was taken"
	ItemMoved       = "Rate and currency changes"
	TotalHeld       = "Held"
	TotalOnItsWay   = "On its way"
	EarlierMonth    = "earlier month"
	Watermark       = "PROVISIONAL"
	CarriedForward  = "Carried forward"
	BroughtForward  = "Brought forward"
	RoundedSign     = "*"
	wordProvisional = "Provisional"
	wordFinal       = "Final"
	wordAbout       = "about"
)

// Sentences that are the same on every statement.
const (
	NotClosed      = "This month is not closed yet. Numbers can still change; the final statement replaces this one."
	nothingMoved   = "Nothing moved this month, and nothing was carried in."
	nothingStayed  = "What came this month went again, and nothing was carried in."
	FractionsStay  = " Fractions smaller than {1} stay in your balance; they are not rounded away."
	NothingInYear  = "Nothing was earned, adjusted or paid so far."
	NoGifts        = "No gifts this month."
	NothingTaken   = "Nothing was deducted this month."
	GiftsRounded   = "* Each gift is rounded to whole diamonds by itself, so this sum can differ from coins × rate. What rounding kept is under “Who gets what”."
	TakenBackWhy   = "They were undone after they were sent; their diamonds are taken back at the rate at which they are booked."
	TakenBackWhere = "They are already part of “earned” above."
	StreamsNote    = "The same gifts as above, by stream: each stream is less the gifts of it that were taken back. A stream during which a rate changed has a row for each rate. Each gift is rounded to whole diamonds by itself."
	ChargesNote    = "Fees and tax are taken out of the payout itself: they lower what arrives, not your balance a second time."
	WhyNegative    = "Why is it negative? More was taken back than you had left, for example because a gift was reversed after its diamonds were paid out. What you earn next fills the gap first; payouts are possible again once the balance is above zero."
	YearNote       = "The sum of your monthly statements of this calendar year. Payouts, their tax and their fees count on the day on which they were paid, less those that came back."
	HowToCheck     = "Opening + earned + adjustments − payouts requested + payouts that came back ± rate changes − rounding = closing, to the last digit. All files of this statement (page, PDF, CSV and JSON) are made from the same rows. Whoever keeps the books can look up any id in them, and make the same statement again from the same inputs."
	NoViewers      = "Viewers are never named on statements."
	roundedCoins   = "≈ because each gift is rounded to whole diamonds by itself."
	roundedMoney   = "≈ because amounts are kept to six decimal places."
)

// PhoneWords stand in the page's style sheet, beside numbers that lose their column's
// title on a narrow screen.
var PhoneWords = [...]string{" gifts ·", " gift ·", " coins", " coin", " diamonds", " diamond", " diamonds ·", " diamond ·", "balance ", "fee ", "tax ", "net "}

// Glossary explains the words of a statement.
var Glossary = [...]struct{ Word, Meaning string }{
	{"Coin", "What viewers buy and spend on gifts. Coins never become yours directly."},
	{"Diamond", "What you are credited for a gift. Diamonds are paid out as money."},
	{"Rate", "How many diamonds a coin makes, and what a diamond is worth. Rates have dates; a gift is judged by the rate of its own moment."},
	{"List value", "What coins cost by the platform’s price list. Viewers may have paid a little more or less."},
	{"Clawback", "Diamonds taken back because the coins behind a gift were refunded to the viewer."},
	{"Withholding", "Tax that has to be kept back from a payout and passed on to a tax office for you."},
	{"On its way", "A payout that you requested and that has not arrived yet. It has left your balance."},
	{"Provisional, final", "A statement is provisional until the month is closed, then final. A corrected one has a higher version."},
}

// Reason says what a reason code means to a creator; it does not know codes that
// others made up.
func Reason(code string) (words string, known bool) {
	switch code {
	case reasonReversal:
		return "Gift reversed: it was undone after it was sent", true
	case "bonus":
		return "Bonus", true
	case "split":
		return "Shared gift: divided between the creators of one stream", true
	case "clawback":
		return "Clawback: the coins that paid for gifts to you were refunded to the viewer", true
	case "penalty":
		return "Penalty: deducted for a breach of the platform’s rules", true
	case "correction":
		return "Correction of an earlier booking", true
	case "payout":
		return "Payout", true
	case "payout_failed":
		return "Payout failed: the money is back in your balance", true
	case "payout_returned":
		return "Payout returned by the bank: the money is back in your balance", true
	case "rate_change":
		return "Rate change on diamonds you hold", true
	case "currency_change":
		return "Diamonds that moved between your balances because your currency changed", true
	case "payout_fraction":
		return "Rounding of a payout to whole units", true
	case reasonPaidLater:
		return "Payout of an earlier month, paid", true
	case reasonStillOnWay:
		return "Payout of an earlier month, still on its way", true
	case "millionths":
		return "Rounding below a millionth", true
	}
	return "", false
}

// Status says what the status of a payout means.
func Status(status string) (words string, known bool) {
	switch status {
	case statusRequested:
		return "On its way", true
	case statusPaid:
		return "Paid", true
	case "failed":
		return "Failed", true
	case "returned":
		return "Returned", true
	}
	return "", false
}

// Item names an item of the way from opening to closing.
func Item(item string) string {
	switch item {
	case sectionOpening:
		return "Opening balance"
	case sectionEarned:
		return "Earned"
	case sectionAdjusted:
		return "Adjustments"
	case sectionRedeemed:
		return "Payouts requested"
	case sectionReturned:
		return "Payouts that came back"
	case sectionRevaluation:
		return "Rate changes"
	case sectionRounding:
		return "Rounding of payouts"
	case sectionClosing:
		return "Closing balance"
	}
	return "Other"
}

// Words say what there is to say about one statement. The zero value is ready;
// About tells whose words they are. Not for concurrent use.
type Words struct {
	Figures
	S          *Statement
	catalog    *catalog.Catalog
	Start, End time.Time // of the period; End is the first instant after it
	text       Text
	ranges     []Range
	steps      []Step
}

// About begins the words of a statement, in its language; so are its numbers, whatever
// the creator's country: 243,675 among English words is a quarter of a million to every
// reader of them, and 243.675 among German ones.
func (w *Words) About(s *Statement) {
	zone := s.TimeZone()
	w.S = s
	w.catalog = catalog.For(s.Language)
	language := w.catalog.Language()
	w.Figures = Figures{Language: language, Loc: language.Numbers, Zone: zone, Minor: locale.MinorDigits(s.Summary.Currency), Currency: s.Summary.Currency}
	w.Start, w.End = s.Summary.Period.Start(zone), s.Summary.Period.End(zone)
	w.ranges = collectRanges(w.ranges[:0], s.Lines)
	w.steps = appendSteps(w.steps[:0], s)
}

// PayerName is who pays.
func (w *Words) PayerName() string {
	if w.S.Payer.Name != "" {
		return w.S.Payer.Name
	}
	return w.S.Summary.Entity
}

// PayerAddress is the payer's address, line by line.
func (w *Words) PayerAddress() (lines []string) {
	for _, line := range strings.Split(w.S.Payer.Address, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// CreatorName is who is paid.
func (w *Words) CreatorName() string {
	if w.S.DisplayName != "" {
		return w.S.DisplayName
	}
	return w.S.Summary.CreatorID
}

// Month is "October 2026".
func (w *Words) Month() string {
	return string(w.Language.AppendDate(nil, w.Start, locale.MonthYear))
}

func (w *Words) month() { w.date(w.Start, locale.MonthYear) }

func (w *Words) lastDay(kind locale.Date) { w.date(w.End.AddDate(0, 0, -1), kind) }

func (w *Words) currency() { w.say(w.Currency) }

// Title names the statement, for who keeps many.
func (w *Words) Title() string {
	return w.T(TitleStatement) + w.T(listComma) + w.Month() + w.T(listComma) + w.CreatorName()
}

// State says whether the statement is final.
func (w *Words) State() string {
	if w.S.Summary.Provisional {
		return w.T(wordProvisional)
	}
	return w.T(wordFinal)
}

// StateAndVersion is "Final, version 2".
func (w *Words) StateAndVersion() *Text {
	w.begin()
	w.say(w.State())
	w.put(listComma)
	w.put("version\u00a0{1}", func() { w.whole(w.S.Summary.Version) })
	return &w.text
}

// Version is "version 2".
func (w *Words) Version(version int64) *Text {
	w.begin()
	w.put("version\u00a0{1}", func() { w.whole(version) })
	return &w.text
}

// ColumnVersion is the column of what a version said.
func (w *Words) ColumnVersion(version int64) *Text {
	w.begin()
	w.put("Version\u00a0{1}", func() { w.whole(version) })
	return &w.text
}

// Period says from when to when.
func (w *Words) Period() *Text {
	w.begin()
	from, to := w.Language.Within()
	w.put("{1} to {2}", func() { w.date(w.Start, from) }, func() { w.lastDay(to) })
	return &w.text
}

// PeriodZone says by which clock the days run.
func (w *Words) PeriodZone() *Text {
	w.begin()
	w.put("Days run by the time zone {1}", func() { w.say(w.Zone.String()) })
	return &w.text
}

// PeriodCurrency says in which currency the amounts are.
func (w *Words) PeriodCurrency() *Text {
	w.begin()
	w.put("All amounts in {1}", w.currency)
	return &w.text
}

// ColumnPerDiamond is the column of money per diamond.
func (w *Words) ColumnPerDiamond() string {
	w.begin()
	w.put("× {1}\nper diamond", w.currency)
	return string(w.text.Bytes)
}

// ColumnIsMoney is the column of what a row came to.
func (w *Words) ColumnIsMoney() string { return "= " + w.Currency }

// ColumnNet is the column of what arrives.
func (w *Words) ColumnNet() string {
	w.begin()
	w.put("Net {1}", w.currency)
	return string(w.text.Bytes)
}

// Diamonds is "1 diamond", "2 diamonds".
func (w *Words) Diamonds(v int64) *Text {
	w.begin()
	w.diamonds(v)
	return &w.text
}

// SignedDiamonds is a movement of diamonds.
func (w *Words) SignedDiamonds(v int64) *Text {
	w.begin()
	w.signedDiamonds(v)
	return &w.text
}

func (w *Words) signedDiamonds(v int64) {
	w.many(v, countedDiamonds, func() {
		if v > 0 {
			w.plus()
		}
		w.whole(v)
	})
}

// What is counted.
const (
	countedDiamonds = "{1}\u00a0diamond|{1}\u00a0diamonds"
	countedCoins    = "{1}\u00a0coin|{1}\u00a0coins"
	countedGifts    = "{1}\u00a0gift|{1}\u00a0gifts"
	countedDays     = "{1}\u00a0day|{1}\u00a0days"
)

func (w *Words) diamonds(v int64) { w.many(v, countedDiamonds, func() { w.whole(v) }) }
func (w *Words) coins(v int64)    { w.many(v, countedCoins, func() { w.whole(v) }) }
func (w *Words) gifts(v int64)    { w.many(v, countedGifts, func() { w.whole(v) }) }
func (w *Words) days(v int64)     { w.many(v, countedDays, func() { w.whole(v) }) }

// Mark says which statement this is, for the foot of a page.
func (w *Words) Mark() *Text {
	m := &w.S.Summary
	w.begin()
	w.put("Statement {1} · {2} · {3} · {4} · version {5}", func() { w.id(m.CreatorID) }, func() { w.id(m.Entity) }, w.currency,
		func() { w.say(string(m.Period)) }, func() { w.whole(m.Version) })
	if w.S.RunID != "" {
		w.put(" · run {1}", func() { w.styled(Code, w.S.RunID) })
	}
	return &w.text
}

// Subject says which statement this is, for who keeps many files.
func (w *Words) Subject() string {
	m := &w.S.Summary
	w.begin()
	w.put("Statement {1}, {2}, {3}, {4}, version {5}", func() { w.say(m.CreatorID) }, func() { w.say(m.Entity) }, w.currency,
		func() { w.say(string(m.Period)) }, func() { w.whole(m.Version) })
	return string(w.text.Bytes)
}

// PageOf is "Page 1 of 2".
func (w *Words) PageOf(page, of int) *Text {
	w.begin()
	w.put("Page {1} of {2}", func() { w.whole(int64(page)) }, func() { w.whole(int64(of)) })
	return &w.text
}

// ReplacedTitle is the title of what changed since the version before.
func (w *Words) ReplacedTitle() *Text {
	w.begin()
	w.put("What changed since version\u00a0{1}", func() { w.whole(w.S.Replaced.Version) })
	return &w.text
}

// ReplacedWhy says why there is a new version, and whether it says anything new.
func (w *Words) ReplacedWhy() *Text {
	r := w.S.Replaced
	w.begin()
	version, day := func() { w.whole(r.Version) }, func() { w.date(r.ReopenedAt.In(w.Zone), locale.DayMonthYear) }
	if r.Reason != "" {
		w.put("This statement replaces version {1}. The month was opened again on {2} for this reason: {3}. ", version, day, func() { w.name(r.Reason) })
	} else {
		w.put("This statement replaces version {1}. The month was opened again on {2}. ", version, day)
	}
	if len(w.S.Moves) == 0 {
		w.put("None of the amounts on your statement changed.")
	} else {
		w.put("These amounts changed, in {1}:", w.currency)
	}
	return &w.text
}

func (w *Words) takenBack() bool { return w.S.Any(IsTakenBack) }

// NoDeduction says that nothing was deducted; of a month in which gifts were taken
// back it says that instead.
func (w *Words) NoDeduction() string {
	if w.takenBack() {
		return w.T(TitleTakenBack) + ". " + w.T(TakenBackWhy)
	}
	return w.T(NothingTaken)
}

// perDiamond appends "0.01 USD per diamond".
func (w *Words) perDiamond(v pipeline.Rate) {
	w.put("{1}\u00a0{2} per diamond", func() { w.rate(v) }, w.currency)
}
