package pipeline

// Field ids are a contract with every reader of the lake: never renumber, never
// reuse. Business columns count from 1, lineage columns from 901.
//
// Timestamps are microseconds since the epoch, UTC. A column that may be absent
// is a pointer, or a string in which "" means absent.

// Lineage says where a row came from; it ends every row of the raw tables.
type Lineage struct {
	BatchID         string `parquet:"batch_id,dict,id(901)"`
	SourceLine      int64  `parquet:"source_line,delta,id(902)"` // line of the source file, from 1, the header counted; record number for Parquet
	IngestedAt      int64  `parquet:"ingested_at,delta,timestamp(microsecond),id(903)"`
	AccountingMonth string `parquet:"accounting_month,dict,id(904)"` // "2026-10"
	// BatchNo is the number of the batch: the last one's and 1, so that nothing up to N
	// appears after N was seen. The lake sets it; it is in no row hash.
	BatchNo int64 `parquet:"batch_no,optional,dict,id(905)"`
}

// Origin gives the row's lineage, for setting and reading.
func (l *Lineage) Origin() *Lineage { return l }

// Row is what the pointer to every feed's row type can do.
type Row interface {
	Origin() *Lineage
	// EventMicros gives the event time in microseconds; 0 for reference rows.
	EventMicros() int64
	// AppendKey appends the row's key. Parts are separated by 0x1F, which no id may hold.
	AppendKey(dst []byte) []byte
}

// eventFeeds gives the feeds of events in the order of ingestion.
func eventFeeds() []Feed {
	return []Feed{
		balances(),
		coinPurchases(),
		giftEvents(),
		payouts(),
		diamondAdjustments(),
		coinAdjustments(),
		settlementLines(),
		providerPayments(),
		bankLines(),
		taxPayments(),
		agencyPayouts(),
		agencyAdjustments(),
	}
}

// The channels through which coins are bought.
const (
	ChannelApple    = "apple"
	ChannelGoogle   = "google"
	ChannelWeb      = "web"
	ChannelReseller = "reseller"
)

// CoinPurchase is a row of coin_purchases.
type CoinPurchase struct {
	PurchaseID         string `parquet:"purchase_id,delta,id(1)"`
	Kind               string `parquet:"kind,dict,id(2)"`
	OriginalPurchaseID string `parquet:"original_purchase_id,optional,id(3)"`
	ViewerID           string `parquet:"viewer_id,id(4)"`
	Channel            string `parquet:"channel,dict,id(5)"`
	ResellerID         string `parquet:"reseller_id,optional,dict,id(6)"`
	StoreTransactionID string `parquet:"store_transaction_id,optional,id(7)"`
	SKU                string `parquet:"sku,dict,id(8)"`
	Coins              int64  `parquet:"coins,dict,id(9)"`
	BonusCoins         *int64 `parquet:"bonus_coins,optional,id(10)"`
	Currency           string `parquet:"currency,dict,id(11)"`
	GrossAmount        int64  `parquet:"gross_amount,dict,decimal(6:18),id(12)"`
	TaxAmount          *int64 `parquet:"tax_amount,optional,decimal(6:18),id(13)"`
	StoreFeeAmount     *int64 `parquet:"store_fee_amount,optional,decimal(6:18),id(14)"`
	Country            string `parquet:"country,optional,dict,id(15)"`
	PurchasedAt        int64  `parquet:"purchased_at,delta,timestamp(microsecond),id(16)"`
	Entity             string `parquet:"entity,dict,id(17)"`
	// Counterparty is who owes the money of the sale; "" is the reseller, else the channel.
	Counterparty string `parquet:"counterparty,optional,dict,id(18)"`
	Lineage
}

// EventMicros gives purchased_at.
func (r *CoinPurchase) EventMicros() int64 { return r.PurchasedAt }

// AppendKey appends purchase_id.
func (r *CoinPurchase) AppendKey(dst []byte) []byte { return append(dst, r.PurchaseID...) }

// coinPurchases describes coin_purchases.
func coinPurchases() Feed {
	return feedOf(Feed{Name: "coin_purchases", Row: "purchase", Key: []string{"purchase_id"}, EventColumn: "purchased_at", Told: []string{"counterparty"}}, func(r *CoinPurchase) Fault {
		if r.OriginalPurchaseID == "" && r.Kind != "purchase" {
			return Fault{"original_purchase_id", CodeMissing, "", "the purchase that a " + r.Kind + " goes back to"}
		}
		if r.ResellerID == "" && r.Channel == ChannelReseller {
			return Fault{"reseller_id", CodeMissing, "", "the reseller, since channel is reseller"}
		}
		return Fault{}
	},
		id("purchase_id"),
		enum("kind", "purchase", "refund", "chargeback", "chargeback_reversal"),
		maybe(id("original_purchase_id")),
		id("viewer_id"),
		channel(),
		maybe(id("reseller_id")),
		maybe(id("store_transaction_id")),
		id("sku"),
		positive("coins"),
		maybe(number("bonus_coins")),
		currency("currency"),
		number("gross_amount"),
		maybe(number("tax_amount")),
		maybe(number("store_fee_amount")),
		maybe(country("country")),
		moment("purchased_at"),
		maybe(id("counterparty")),
		entity(),
	)
}

// GiftEvent is a row of gift_events.
type GiftEvent struct {
	EventID         string `parquet:"event_id,delta,id(1)"`
	Kind            string `parquet:"kind,dict,id(2)"`
	OriginalEventID string `parquet:"original_event_id,optional,id(3)"`
	SentAt          int64  `parquet:"sent_at,delta,timestamp(microsecond),id(4)"`
	StreamID        string `parquet:"stream_id,id(5)"`
	ViewerID        string `parquet:"viewer_id,id(6)"`
	CreatorID       string `parquet:"creator_id,dict,id(7)"`
	GiftID          string `parquet:"gift_id,dict,id(8)"`
	Quantity        int64  `parquet:"quantity,dict,id(9)"`
	Coins           int64  `parquet:"coins,dict,id(10)"`
	Diamonds        int64  `parquet:"diamonds,dict,id(11)"`
	Entity          string `parquet:"entity,dict,id(12)"`
	// Capture is "" for the platform's own record. Rows read from a live
	// recorder carry no diamonds: "live" (diamonds is 0 and the ledger credits
	// what the rate in force gives) or "live_inferred" (besides, the streak's
	// end was never seen and its last state was taken).
	Capture string `parquet:"capture,optional,dict,id(13)"`
	Lineage
}

// EventMicros gives sent_at.
func (r *GiftEvent) EventMicros() int64 { return r.SentAt }

// AppendKey appends event_id.
func (r *GiftEvent) AppendKey(dst []byte) []byte { return append(dst, r.EventID...) }

// giftEvents describes gift_events.
func giftEvents() Feed {
	return feedOf(Feed{Name: "gift_events", Row: "gift", Key: []string{"event_id"}, EventColumn: "sent_at"}, func(r *GiftEvent) Fault {
		if r.OriginalEventID == "" && r.Kind != "gift" {
			return Fault{"original_event_id", CodeMissing, "", "the gift that a reversal goes back to"}
		}
		return Fault{}
	},
		id("event_id"),
		enum("kind", "gift", "reversal"),
		maybe(id("original_event_id")),
		moment("sent_at"),
		id("stream_id"),
		id("viewer_id"),
		id("creator_id"),
		id("gift_id"),
		positive("quantity"),
		number("coins"),
		number("diamonds"),
		entity(),
	)
}

// Payout is a row of payouts: one version of one payout.
type Payout struct {
	PayoutID          string `parquet:"payout_id,id(1)"`
	CreatorID         string `parquet:"creator_id,dict,id(2)"`
	Status            string `parquet:"status,dict,id(3)"`
	Diamonds          int64  `parquet:"diamonds,id(4)"`
	Currency          string `parquet:"currency,dict,id(5)"`
	GrossAmount       int64  `parquet:"gross_amount,decimal(6:18),id(6)"`
	WithholdingAmount *int64 `parquet:"withholding_amount,optional,decimal(6:18),id(7)"`
	FeeAmount         *int64 `parquet:"fee_amount,optional,decimal(6:18),id(8)"`
	NetAmount         int64  `parquet:"net_amount,decimal(6:18),id(9)"`
	PayoutCurrency    string `parquet:"payout_currency,optional,dict,id(10)"`
	FXRate            *int64 `parquet:"fx_rate,optional,decimal(9:18),id(11)"`
	PayoutAmount      *int64 `parquet:"payout_amount,optional,decimal(6:18),id(12)"`
	Method            string `parquet:"method,dict,id(13)"`
	ProviderReference string `parquet:"provider_reference,optional,id(14)"`
	RequestedAt       int64  `parquet:"requested_at,timestamp(microsecond),id(15)"`
	PaidAt            *int64 `parquet:"paid_at,optional,timestamp(microsecond),id(16)"`
	UpdatedAt         int64  `parquet:"updated_at,timestamp(microsecond),id(17)"`
	Entity            string `parquet:"entity,dict,id(18)"`
	// EventAt is when this version's status came about: requested_at when
	// requested, paid_at (else updated_at) when paid, updated_at otherwise.
	EventAt int64 `parquet:"event_at,timestamp(microsecond),id(19)"`
	Lineage
}

// EventMicros gives the time of the version's status.
func (r *Payout) EventMicros() int64 { return r.EventAt }

// AppendKey appends payout_id and updated_at.
func (r *Payout) AppendKey(dst []byte) []byte {
	return keyAt(append(dst, r.PayoutID...), r.UpdatedAt)
}

// statusAt is when a payout's version came to its status.
func statusAt(status string, requestedAt int64, paidAt *int64, updatedAt int64) int64 {
	switch {
	case status == "requested":
		return requestedAt
	case status == "paid" && paidAt != nil:
		return *paidAt
	}
	return updatedAt
}

// payouts describes payouts.
func payouts() Feed {
	return feedOf(Feed{Name: "payouts", Row: "payout", Key: []string{"payout_id", "updated_at"}, EventColumn: "event_at"}, func(r *Payout) Fault {
		r.EventAt = statusAt(r.Status, r.RequestedAt, r.PaidAt, r.UpdatedAt)
		return Fault{}
	},
		payoutColumns(id("creator_id"), number("diamonds"))...,
	)
}

// payoutColumns are the columns of payouts to whoever owner names; redeemed is what a
// payout redeems besides its money.
func payoutColumns(owner FeedColumn, redeemed ...FeedColumn) []FeedColumn {
	columns := append([]FeedColumn{id("payout_id"), owner, enum("status", "requested", "paid", "failed", "returned")}, redeemed...)
	return append(columns,
		currency("currency"),
		number("gross_amount"),
		maybe(number("withholding_amount")),
		maybe(number("fee_amount")),
		number("net_amount"),
		maybe(currency("payout_currency")),
		maybe(positive("fx_rate")),
		maybe(number("payout_amount")),
		id("method"),
		maybe(id("provider_reference")),
		moment("requested_at"),
		maybe(moment("paid_at")),
		moment("updated_at"),
		entity(),
	)
}

// DiamondAdjustment is a row of diamond_adjustments; Diamonds is signed.
type DiamondAdjustment struct {
	AdjustmentID string `parquet:"adjustment_id,id(1)"`
	CreatorID    string `parquet:"creator_id,dict,id(2)"`
	Diamonds     int64  `parquet:"diamonds,id(3)"`
	Reason       string `parquet:"reason,dict,id(4)"`
	ReferenceID  string `parquet:"reference_id,optional,id(5)"`
	ApprovedBy   string `parquet:"approved_by,dict,id(6)"`
	AdjustedAt   int64  `parquet:"adjusted_at,timestamp(microsecond),id(7)"`
	Note         string `parquet:"note,optional,id(8)"`
	Entity       string `parquet:"entity,dict,id(9)"`
	Lineage
}

// EventMicros gives adjusted_at.
func (r *DiamondAdjustment) EventMicros() int64 { return r.AdjustedAt }

// AppendKey appends adjustment_id.
func (r *DiamondAdjustment) AppendKey(dst []byte) []byte { return append(dst, r.AdjustmentID...) }

// diamondAdjustments describes diamond_adjustments.
func diamondAdjustments() Feed {
	return feedOf(Feed{Name: "diamond_adjustments", Row: "adjustment", Key: []string{"adjustment_id"}, EventColumn: "adjusted_at"}, noRule[DiamondAdjustment],
		id("adjustment_id"),
		id("creator_id"),
		signed("diamonds"),
		enum("reason", "bonus", "split", "clawback", "penalty", "correction"),
		maybe(id("reference_id")),
		id("approved_by"),
		moment("adjusted_at"),
		maybe(text("note")),
		entity(),
	)
}

// CoinAdjustment is a row of coin_adjustments; Coins is signed.
type CoinAdjustment struct {
	AdjustmentID string `parquet:"adjustment_id,id(1)"`
	ViewerID     string `parquet:"viewer_id,id(2)"`
	Coins        int64  `parquet:"coins,id(3)"`
	Reason       string `parquet:"reason,dict,id(4)"`
	ReferenceID  string `parquet:"reference_id,optional,id(5)"`
	ApprovedBy   string `parquet:"approved_by,dict,id(6)"`
	AdjustedAt   int64  `parquet:"adjusted_at,timestamp(microsecond),id(7)"`
	Note         string `parquet:"note,optional,id(8)"`
	Entity       string `parquet:"entity,dict,id(9)"`
	Lineage
}

// EventMicros gives adjusted_at.
func (r *CoinAdjustment) EventMicros() int64 { return r.AdjustedAt }

// AppendKey appends adjustment_id.
func (r *CoinAdjustment) AppendKey(dst []byte) []byte { return append(dst, r.AdjustmentID...) }

// coinAdjustments describes coin_adjustments.
func coinAdjustments() Feed {
	return feedOf(Feed{Name: "coin_adjustments", Row: "adjustment", Key: []string{"adjustment_id"}, EventColumn: "adjusted_at"}, noRule[CoinAdjustment],
		id("adjustment_id"),
		id("viewer_id"),
		signed("coins"),
		enum("reason", "promo", "expiry", "correction", "debt_writeoff"),
		maybe(id("reference_id")),
		id("approved_by"),
		moment("adjusted_at"),
		maybe(text("note")),
		entity(),
	)
}

// SettlementLine is a row of settlement_lines; amounts are signed, + towards
// the platform.
type SettlementLine struct {
	LineID             string `parquet:"line_id,id(1)"`
	Channel            string `parquet:"channel,dict,id(2)"`
	ReportID           string `parquet:"report_id,dict,id(3)"`
	StoreTransactionID string `parquet:"store_transaction_id,optional,id(4)"`
	SKU                string `parquet:"sku,optional,dict,id(5)"`
	Country            string `parquet:"country,optional,dict,id(6)"`
	Kind               string `parquet:"kind,dict,id(7)"`
	Quantity           *int64 `parquet:"quantity,optional,id(8)"`
	GrossAmount        int64  `parquet:"gross_amount,decimal(6:18),id(9)"`
	TaxAmount          *int64 `parquet:"tax_amount,optional,decimal(6:18),id(10)"`
	FeeAmount          *int64 `parquet:"fee_amount,optional,decimal(6:18),id(11)"`
	NetAmount          int64  `parquet:"net_amount,decimal(6:18),id(12)"`
	Currency           string `parquet:"currency,dict,id(13)"`
	CustomerCurrency   string `parquet:"customer_currency,optional,dict,id(14)"`
	CustomerAmount     *int64 `parquet:"customer_amount,optional,decimal(6:18),id(15)"`
	TransactionAt      *int64 `parquet:"transaction_at,optional,timestamp(microsecond),id(16)"`
	SettledAt          *int64 `parquet:"settled_at,optional,timestamp(microsecond),id(17)"`
	CoversFrom         *int64 `parquet:"covers_from,optional,timestamp(microsecond),id(18)"`
	CoversTo           *int64 `parquet:"covers_to,optional,timestamp(microsecond),id(19)"`
	BankReference      string `parquet:"bank_reference,optional,id(20)"`
	Entity             string `parquet:"entity,dict,id(21)"`
	// EventAt is transaction_at, else settled_at, else covers_to.
	EventAt int64 `parquet:"event_at,timestamp(microsecond),id(22)"`
	// Counterparty is who settles, where it isn't the channel alone: a provider.
	Counterparty string `parquet:"counterparty,optional,dict,id(23)"`
	// PayoutID is the payout that the line is paid with, the same on its payout line.
	PayoutID string `parquet:"payout_id,optional,dict,id(24)"`
	// TaxKind says which tax a line of kind tax is: "sales", "withheld" (from what
	// we earn) or "input" (on what the counterparty charges us).
	TaxKind string `parquet:"tax_kind,optional,dict,id(25)"`
	Lineage
}

// SettlementKinds gives the kinds of settlement lines. A payout is negative, or
// positive where we pay in; a reserve is what the counterparty holds back
// (negative) or releases, carried what a report leaves for another or takes over
// from it, conversion one side of a change of currency, disbursement what was paid
// on from the balance (to creators), transfer what went to or came from another
// balance of ours.
func SettlementKinds() []string {
	return []string{"sale", "refund", "chargeback", "fee", "dispute_fee", "tax", "adjustment", "payout", "reserve", "carried", "conversion", "disbursement", "transfer"}
}

// EventMicros gives transaction_at, else settled_at, else covers_to.
func (r *SettlementLine) EventMicros() int64 { return r.EventAt }

// AppendKey appends line_id.
func (r *SettlementLine) AppendKey(dst []byte) []byte { return append(dst, r.LineID...) }

// settlementLines describes settlement_lines.
func settlementLines() Feed {
	return feedOf(Feed{Name: "settlement_lines", Row: "settlement", Key: []string{"line_id"}, EventColumn: "event_at", Told: []string{"counterparty", "payout_id", "tax_kind"}}, func(r *SettlementLine) Fault {
		for _, at := range []*int64{r.TransactionAt, r.SettledAt, r.CoversTo} {
			if at != nil {
				r.EventAt = *at
				return Fault{}
			}
		}
		return Fault{"transaction_at", CodeMissing, "", "one of transaction_at, settled_at, covers_to"}
	},
		id("line_id"),
		channel(),
		id("report_id"),
		maybe(id("store_transaction_id")),
		maybe(id("sku")),
		maybe(country("country")),
		enum("kind", SettlementKinds()...),
		maybe(signed("quantity")),
		signed("gross_amount"),
		maybe(signed("tax_amount")),
		maybe(signed("fee_amount")),
		signed("net_amount"),
		currency("currency"),
		maybe(currency("customer_currency")),
		maybe(signed("customer_amount")),
		maybe(moment("transaction_at")),
		maybe(moment("settled_at")),
		maybe(moment("covers_from")),
		maybe(moment("covers_to")),
		maybe(id("bank_reference")),
		maybe(id("counterparty")),
		maybe(id("payout_id")),
		maybe(enum("tax_kind", "sales", "withheld", "input")),
		entity(),
	)
}

// ProviderPayment is a row of provider_payments.
type ProviderPayment struct {
	LineID            string `parquet:"line_id,id(1)"`
	Provider          string `parquet:"provider,dict,id(2)"`
	ProviderReference string `parquet:"provider_reference,optional,id(3)"`
	PayoutID          string `parquet:"payout_id,optional,id(4)"`
	Amount            int64  `parquet:"amount,decimal(6:18),id(5)"`
	FeeAmount         *int64 `parquet:"fee_amount,optional,decimal(6:18),id(6)"`
	Currency          string `parquet:"currency,dict,id(7)"`
	Status            string `parquet:"status,dict,id(8)"`
	BookedAt          int64  `parquet:"booked_at,timestamp(microsecond),id(9)"`
	ReportID          string `parquet:"report_id,optional,dict,id(10)"`
	Entity            string `parquet:"entity,dict,id(11)"`
	Lineage
}

// EventMicros gives booked_at.
func (r *ProviderPayment) EventMicros() int64 { return r.BookedAt }

// AppendKey appends line_id.
func (r *ProviderPayment) AppendKey(dst []byte) []byte { return append(dst, r.LineID...) }

// providerPayments describes provider_payments.
func providerPayments() Feed {
	return feedOf(Feed{Name: "provider_payments", Row: "provider_payment", Key: []string{"line_id"}, EventColumn: "booked_at"}, noRule[ProviderPayment],
		id("line_id"),
		id("provider"),
		maybe(id("provider_reference")),
		maybe(id("payout_id")),
		number("amount"),
		maybe(number("fee_amount")),
		currency("currency"),
		enum("status", "paid", "failed", "returned"),
		moment("booked_at"),
		maybe(id("report_id")),
		entity(),
	)
}

// BankLine is a row of bank_lines; Amount is signed, + towards the platform. A
// row of kind opening or closing is no movement: its amount is 0, and Balance is
// what the bank says the account held before or after the statement's entries.
type BankLine struct {
	LineID       string `parquet:"line_id,id(1)"`
	Account      string `parquet:"account,dict,id(2)"`
	BookedAt     int64  `parquet:"booked_at,timestamp(microsecond),id(3)"`
	Amount       int64  `parquet:"amount,decimal(6:18),id(4)"`
	Currency     string `parquet:"currency,dict,id(5)"`
	Reference    string `parquet:"reference,optional,id(6)"`
	Counterparty string `parquet:"counterparty,optional,id(7)"`
	Entity       string `parquet:"entity,dict,id(8)"`
	// StatementID names the statement that the row stands in, unique for the
	// account; "" where none proves it whole.
	StatementID string `parquet:"statement_id,optional,dict,id(9)"`
	Kind        string `parquet:"kind,optional,dict,id(10)"` // "": an entry
	Balance     *int64 `parquet:"balance,optional,decimal(6:18),id(11)"`
	Lineage
}

// The kinds of bank lines that are balances of a statement.
const (
	BankOpening = "opening"
	BankClosing = "closing"
)

// EventMicros gives booked_at.
func (r *BankLine) EventMicros() int64 { return r.BookedAt }

// AppendKey appends line_id.
func (r *BankLine) AppendKey(dst []byte) []byte { return append(dst, r.LineID...) }

// bankLines describes bank_lines.
func bankLines() Feed {
	return feedOf(Feed{Name: "bank_lines", Row: "bank_line", Key: []string{"line_id"}, EventColumn: "booked_at", Told: []string{"statement_id", "kind", "balance"}}, func(r *BankLine) Fault {
		if r.Kind != BankOpening && r.Kind != BankClosing {
			return Fault{}
		}
		if r.Balance == nil {
			return Fault{"balance", CodeMissing, "", "the balance, since kind is " + r.Kind}
		}
		if r.Amount != 0 {
			return Fault{"amount", CodeOutOfRange, Amount(r.Amount).String(), "0, since kind is " + r.Kind + ": a balance is no movement"}
		}
		return Fault{}
	},
		id("line_id"),
		id("account"),
		moment("booked_at"),
		signed("amount"),
		currency("currency"),
		maybe(text("reference")),
		maybe(text("counterparty")),
		maybe(text("statement_id")),
		maybe(enum("kind", "entry", "fee", "interest", BankOpening, BankClosing)),
		maybe(signed("balance")),
		entity(),
	)
}

// Balance is a row of balances: the system of record's own balance just before
// AsOf. Quantities and amounts are signed; absent ones are not compared.
type Balance struct {
	SubjectKind string `parquet:"subject_kind,dict,id(1)"`
	SubjectID   string `parquet:"subject_id,id(2)"`
	AsOf        int64  `parquet:"as_of,timestamp(microsecond),id(3)"`
	Channel     string `parquet:"channel,optional,dict,id(4)"`
	Currency    string `parquet:"currency,optional,dict,id(5)"`
	Coins       *int64 `parquet:"coins,optional,id(6)"`
	Diamonds    *int64 `parquet:"diamonds,optional,id(7)"`
	Amount      *int64 `parquet:"amount,optional,decimal(6:18),id(8)"`
	DeferredFee *int64 `parquet:"deferred_fee,optional,decimal(6:18),id(9)"`
	Entity      string `parquet:"entity,dict,id(10)"`
	// FunctionalAmount is Amount as the system of record carries it in the entity's own currency.
	FunctionalAmount *int64 `parquet:"functional_amount,optional,decimal(6:18),id(11)"`
	Lineage
}

// EventMicros gives the last instant that the balance covers: as_of less one
// microsecond, so that a closing balance belongs to the month it closes.
func (r *Balance) EventMicros() int64 { return r.AsOf - 1 }

// AppendKey appends subject, entity, channel, currency and as_of.
func (r *Balance) AppendKey(dst []byte) []byte {
	return keyAt(key(dst, r.SubjectKind, r.SubjectID, r.Entity, r.Channel, r.Currency), r.AsOf)
}

// balances describes balances.
func balances() Feed {
	return feedOf(Feed{Name: "balances", Row: "balance", Key: []string{"subject_kind", "subject_id", "entity", "channel", "currency", "as_of"}, EventColumn: "as_of"}, noRule[Balance],
		enum("subject_kind", "viewer", "creator", "account", "agency", "counterparty"),
		id("subject_id"),
		moment("as_of"),
		maybe(channel()),
		maybe(currency("currency")),
		maybe(signed("coins")),
		maybe(signed("diamonds")),
		maybe(signed("amount")),
		maybe(signed("deferred_fee")),
		maybe(signed("functional_amount")),
		entity(),
	)
}
