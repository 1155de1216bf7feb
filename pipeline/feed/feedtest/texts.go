package feedtest

import (
	"fmt"
	"testing"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
)

// RejectText is what a person is shown of a reject.
func RejectText(r pipeline.Reject) string {
	return fmt.Sprintf("%s:%d %s %s %q: expected %s", r.Source, r.SourceLine, r.Column, r.Code, r.Value, r.Expected)
}

// Texts is RejectText of each.
func Texts(rejects []pipeline.Reject) []string {
	var all []string
	for _, r := range rejects {
		all = append(all, RejectText(r))
	}
	return all
}

// Micros reads an RFC 3339 time.
func Micros(text string) int64 {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err)
	}
	return t.UnixMicro()
}

// PaymentText is what a payment of a provider says.
func PaymentText(r pipeline.ProviderPayment) string {
	return fmt.Sprintf("%s %s %s %s %s %s %s", r.Provider, r.PayoutID, r.ProviderReference, pipeline.Amount(r.Amount), r.Currency, r.Status, time.UnixMicro(r.BookedAt).UTC().Format(time.DateOnly))
}

// ECBText is the beginning of the European Central Bank's history.
const ECBText = "Date,USD,JPY,BGN,TRL,\n2026-04-13,1.1684,186.75,N/A,N/A,\n2026-04-10,1.1711,186.43,1.9558,,\n"

// Zone loads a time zone.
func Zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// RateText is what a rate says.
func RateText(r pipeline.FXRate) string {
	return fmt.Sprintf("%d %s %s/%s %s %s", r.SourceLine, lex.DateText(nil, int64(r.RateDate)), r.Base, r.Quote, pipeline.Rate(r.Rate), r.AccountingMonth)
}
