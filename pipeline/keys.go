package pipeline

import "strconv"

// KeySeparator parts the columns of a key. Ids may not contain it.
const KeySeparator = 0x1F

func key(dst []byte, parts ...string) []byte {
	for i, p := range parts {
		if i > 0 {
			dst = append(dst, KeySeparator)
		}
		dst = append(dst, p...)
	}
	return dst
}

func keyAt(dst []byte, at int64) []byte {
	return strconv.AppendInt(append(dst, KeySeparator), at, 10)
}

// Event times, by DESIGN's "event time of a row".

// EventMicros gives purchased_at.
func (r *CoinPurchase) EventMicros() int64 { return r.PurchasedAt }

// EventMicros gives sent_at.
func (r *GiftEvent) EventMicros() int64 { return r.SentAt }

// EventMicros gives the time of the version's status.
func (r *Payout) EventMicros() int64 { return r.EventAt }

// EventMicros gives adjusted_at.
func (r *DiamondAdjustment) EventMicros() int64 { return r.AdjustedAt }

// EventMicros gives adjusted_at.
func (r *CoinAdjustment) EventMicros() int64 { return r.AdjustedAt }

// EventMicros gives transaction_at, else settled_at, else covers_to.
func (r *SettlementLine) EventMicros() int64 { return r.EventAt }

// EventMicros gives booked_at.
func (r *ProviderPayment) EventMicros() int64 { return r.BookedAt }

// EventMicros gives booked_at.
func (r *BankLine) EventMicros() int64 { return r.BookedAt }

// EventMicros gives the last instant that the balance covers: as_of less one
// microsecond, so that a closing balance belongs to the month it closes.
func (r *Balance) EventMicros() int64 { return r.AsOf - 1 }

// EventMicros is 0: reference rows have no event time.
func (*GiftPrice) EventMicros() int64 { return 0 }

// EventMicros is 0: reference rows have no event time.
func (*CoinPackage) EventMicros() int64 { return 0 }

// EventMicros is 0: reference rows have no event time.
func (*ConversionRate) EventMicros() int64 { return 0 }

// EventMicros is 0: reference rows have no event time.
func (*Creator) EventMicros() int64 { return 0 }

// EventMicros is 0: reference rows have no event time.
func (*PayoutRule) EventMicros() int64 { return 0 }

// EventMicros is 0: reference rows have no event time.
func (*FXRate) EventMicros() int64 { return 0 }

// EventMicros is 0: reference rows have no event time.
func (*Reseller) EventMicros() int64 { return 0 }

// AppendKey appends purchase_id.
func (r *CoinPurchase) AppendKey(dst []byte) []byte { return append(dst, r.PurchaseID...) }

// AppendKey appends event_id.
func (r *GiftEvent) AppendKey(dst []byte) []byte { return append(dst, r.EventID...) }

// AppendKey appends payout_id and updated_at.
func (r *Payout) AppendKey(dst []byte) []byte {
	return keyAt(append(dst, r.PayoutID...), r.UpdatedAt)
}

// AppendKey appends adjustment_id.
func (r *DiamondAdjustment) AppendKey(dst []byte) []byte { return append(dst, r.AdjustmentID...) }

// AppendKey appends adjustment_id.
func (r *CoinAdjustment) AppendKey(dst []byte) []byte { return append(dst, r.AdjustmentID...) }

// AppendKey appends line_id.
func (r *SettlementLine) AppendKey(dst []byte) []byte { return append(dst, r.LineID...) }

// AppendKey appends line_id.
func (r *ProviderPayment) AppendKey(dst []byte) []byte { return append(dst, r.LineID...) }

// AppendKey appends line_id.
func (r *BankLine) AppendKey(dst []byte) []byte { return append(dst, r.LineID...) }

// AppendKey appends subject, entity, channel, currency and as_of.
func (r *Balance) AppendKey(dst []byte) []byte {
	return keyAt(key(dst, r.SubjectKind, r.SubjectID, r.Entity, r.Channel, r.Currency), r.AsOf)
}

// AppendKey appends gift_id and valid_from.
func (r *GiftPrice) AppendKey(dst []byte) []byte { return keyAt(append(dst, r.GiftID...), r.ValidFrom) }

// AppendKey appends sku, channel, country and valid_from.
func (r *CoinPackage) AppendKey(dst []byte) []byte {
	return keyAt(key(dst, r.SKU, r.Channel, r.Country), r.ValidFrom)
}

// AppendKey appends scope, scope_id and valid_from.
func (r *ConversionRate) AppendKey(dst []byte) []byte {
	return keyAt(key(dst, r.Scope, r.ScopeID), r.ValidFrom)
}

// AppendKey appends creator_id and valid_from.
func (r *Creator) AppendKey(dst []byte) []byte {
	return keyAt(append(dst, r.CreatorID...), r.ValidFrom)
}

// AppendKey appends method, country and valid_from.
func (r *PayoutRule) AppendKey(dst []byte) []byte {
	return keyAt(key(dst, r.Method, r.Country), r.ValidFrom)
}

// AppendKey appends base, quote and rate_date.
func (r *FXRate) AppendKey(dst []byte) []byte {
	return keyAt(key(dst, r.Base, r.Quote), int64(r.RateDate))
}

// AppendKey appends reseller_id and valid_from.
func (r *Reseller) AppendKey(dst []byte) []byte {
	return keyAt(append(dst, r.ResellerID...), r.ValidFrom)
}
