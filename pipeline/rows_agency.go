package pipeline

// Agency is a row of agencies: the terms of one agency from a day on.
type Agency struct {
	AgencyID        string `parquet:"agency_id,id(1)"`
	ValidFrom       int64  `parquet:"valid_from,timestamp(microsecond),id(2)"`
	Country         string `parquet:"country,dict,id(3)"`
	Currency        string `parquet:"currency,dict,id(4)"` // in which the agency is paid
	WithholdingRate *int64 `parquet:"withholding_rate,optional,decimal(9:18),id(5)"`
	TaxForm         string `parquet:"tax_form,optional,dict,id(6)"`
	ValidTo         *int64 `parquet:"valid_to,optional,timestamp(microsecond),id(7)"`
	Lineage
}

// EventMicros is 0: reference rows have no event time.
func (*Agency) EventMicros() int64 { return 0 }

// AppendKey appends agency_id and valid_from.
func (r *Agency) AppendKey(dst []byte) []byte {
	return keyAt(append(dst, r.AgencyID...), r.ValidFrom)
}

// agencies describes agencies.
func agencies() Feed {
	return feedOf(Feed{Name: "agencies", Row: "agency", Reference: true, Key: []string{"agency_id", "valid_from"}}, noRule[Agency],
		id("agency_id"),
		bound("valid_from"),
		country("country"),
		currency("currency"),
		maybe(share("withholding_rate")),
		maybe(id("tax_form")),
		maybe(bound("valid_to")),
	)
}

// AgencyPayout is a row of agency_payouts: one version of one payout to an
// agency. It is a creator's payout without diamonds; ids are unique across both.
type AgencyPayout struct {
	PayoutID          string `parquet:"payout_id,id(1)"`
	AgencyID          string `parquet:"agency_id,dict,id(2)"`
	Status            string `parquet:"status,dict,id(3)"`
	Currency          string `parquet:"currency,dict,id(4)"`
	GrossAmount       int64  `parquet:"gross_amount,decimal(6:18),id(5)"`
	WithholdingAmount *int64 `parquet:"withholding_amount,optional,decimal(6:18),id(6)"`
	FeeAmount         *int64 `parquet:"fee_amount,optional,decimal(6:18),id(7)"`
	NetAmount         int64  `parquet:"net_amount,decimal(6:18),id(8)"`
	PayoutCurrency    string `parquet:"payout_currency,optional,dict,id(9)"`
	FXRate            *int64 `parquet:"fx_rate,optional,decimal(9:18),id(10)"`
	PayoutAmount      *int64 `parquet:"payout_amount,optional,decimal(6:18),id(11)"`
	Method            string `parquet:"method,dict,id(12)"`
	ProviderReference string `parquet:"provider_reference,optional,id(13)"`
	RequestedAt       int64  `parquet:"requested_at,timestamp(microsecond),id(14)"`
	PaidAt            *int64 `parquet:"paid_at,optional,timestamp(microsecond),id(15)"`
	UpdatedAt         int64  `parquet:"updated_at,timestamp(microsecond),id(16)"`
	Entity            string `parquet:"entity,dict,id(17)"`
	// EventAt is when this version's status came about, as a Payout's is.
	EventAt int64 `parquet:"event_at,timestamp(microsecond),id(18)"`
	Lineage
}

// EventMicros gives the time of the version's status.
func (r *AgencyPayout) EventMicros() int64 { return r.EventAt }

// AppendKey appends payout_id and updated_at.
func (r *AgencyPayout) AppendKey(dst []byte) []byte {
	return keyAt(append(dst, r.PayoutID...), r.UpdatedAt)
}

// agencyPayouts describes agency_payouts.
func agencyPayouts() Feed {
	return feedOf(Feed{Name: "agency_payouts", Row: "payout", Key: []string{"payout_id", "updated_at"}, EventColumn: "event_at"}, func(r *AgencyPayout) Fault {
		r.EventAt = statusAt(r.Status, r.RequestedAt, r.PaidAt, r.UpdatedAt)
		return Fault{}
	},
		payoutColumns(id("agency_id"))...,
	)
}

// AgencyAdjustment is a row of agency_adjustments; Amount is signed.
type AgencyAdjustment struct {
	AdjustmentID string `parquet:"adjustment_id,id(1)"`
	AgencyID     string `parquet:"agency_id,dict,id(2)"`
	Currency     string `parquet:"currency,optional,dict,id(3)"` // absent: that in which the agency is paid
	Amount       int64  `parquet:"amount,decimal(6:18),id(4)"`
	Reason       string `parquet:"reason,dict,id(5)"`
	ReferenceID  string `parquet:"reference_id,optional,id(6)"`
	ApprovedBy   string `parquet:"approved_by,dict,id(7)"`
	AdjustedAt   int64  `parquet:"adjusted_at,timestamp(microsecond),id(8)"`
	Note         string `parquet:"note,optional,id(9)"`
	Entity       string `parquet:"entity,dict,id(10)"`
	Lineage
}

// EventMicros gives adjusted_at.
func (r *AgencyAdjustment) EventMicros() int64 { return r.AdjustedAt }

// AppendKey appends adjustment_id.
func (r *AgencyAdjustment) AppendKey(dst []byte) []byte { return append(dst, r.AdjustmentID...) }

// agencyAdjustments describes agency_adjustments.
func agencyAdjustments() Feed {
	return feedOf(Feed{Name: "agency_adjustments", Row: "adjustment", Key: []string{"adjustment_id"}, EventColumn: "adjusted_at"}, noRule[AgencyAdjustment],
		id("adjustment_id"),
		id("agency_id"),
		maybe(currency("currency")),
		signed("amount"),
		enum("reason", "bonus", "split", "clawback", "penalty", "correction"),
		maybe(id("reference_id")),
		id("approved_by"),
		moment("adjusted_at"),
		maybe(text("note")),
		entity(),
	)
}
