package pipeline

// BreakageRate is a row of breakage_rates: the part of the coins of one channel and
// country that viewers are expected never to spend.
type BreakageRate struct {
	Channel   string `parquet:"channel,dict,id(1)"`
	Country   string `parquet:"country,dict,id(2)"`
	ValidFrom int64  `parquet:"valid_from,timestamp(microsecond),id(3)"`
	Rate      int64  `parquet:"rate,decimal(9:18),id(4)"` // of what was sold
	ValidTo   *int64 `parquet:"valid_to,optional,timestamp(microsecond),id(5)"`
	Lineage
}

// EventMicros is 0: reference rows have no event time.
func (*BreakageRate) EventMicros() int64 { return 0 }

// AppendKey appends channel, country and valid_from.
func (r *BreakageRate) AppendKey(dst []byte) []byte {
	return keyAt(key(dst, r.Channel, r.Country), r.ValidFrom)
}

// breakageRates describes breakage_rates.
func breakageRates() Feed {
	return feedOf(Feed{Name: "breakage_rates", Row: "breakage_rate", Reference: true, Key: []string{"channel", "country", "valid_from"}}, func(*BreakageRate) Fault { return Fault{} },
		channel(),
		country("country"),
		bound("valid_from"),
		share("rate"),
		maybe(bound("valid_to")),
	)
}
