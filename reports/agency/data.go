package agency

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"carat/pipeline"
	"carat/reports/escape"
	"carat/reports/locale"
)

// cell is a value on its way into a file: text is escaped, plain is not, and
// neither is absent.
type cell struct {
	text, plain string
	number      bool // JSON writes plain without quotes
}

func told(v string) cell { return cell{text: v} }
func whole64(v *int64) cell {
	if v == nil {
		return cell{}
	}
	return cell{plain: strconv.FormatInt(*v, 10), number: true}
}
func money(v *pipeline.Amount) cell {
	if v == nil {
		return cell{}
	}
	return cell{plain: string(pipeline.AppendDecimal(nil, int64(*v), pipeline.AmountDigits))}
}
func ratio(v *pipeline.Rate) cell {
	if v == nil {
		return cell{}
	}
	return cell{plain: string(pipeline.AppendDecimal(nil, int64(*v), pipeline.RateDigits))}
}
func instant(v *int64) cell {
	if v == nil {
		return cell{}
	}
	return cell{plain: time.UnixMicro(*v).UTC().Format(time.RFC3339Nano)}
}
func yes(v bool) cell { return cell{plain: strconv.FormatBool(v), number: true} }

// field is a column with its value.
type field struct {
	name  string
	value cell
}

// summary gives the head's columns, named as in agency_statements.
func (s *Statement) summary() []field {
	fields := []field{{"period", told(string(s.Period))}, {"run_id", told(s.RunID)}, {"version", whole64(&s.Version)}, {"provisional", yes(s.Provisional)},
		{"agency_id", told(s.AgencyID)}, {"entity", told(s.Entity)}, {"currency", told(s.Currency)}, {"country", told(s.Country)}, {"paid_currency", told(s.PaidCurrency)},
		{"withholding_rate", ratio(&s.WithholdingRate)}, {"on_file", yes(s.OnFile)}, {"ended_at", instant(s.EndedAt)}}
	for _, a := range []struct {
		name  string
		value *pipeline.Amount
	}{{"opening_amount", &s.Opening}, {"accrued_amount", &s.Accrued}, {"reversed_amount", &s.Reversed}, {"clawed_back_amount", &s.ClawedBack},
		{"adjusted_amount", &s.Adjusted}, {"redeemed_amount", &s.Redeemed}, {"returned_amount", &s.Returned}, {"rounding_amount", &s.Rounding}, {"closing_amount", &s.Closing}} {
		fields = append(fields, field{a.name, money(a.value)})
	}
	return append(fields, field{"creators", whole64(&s.Creators)}, field{"gift_count", whole64(&s.Gifts)}, field{"gift_coins", whole64(&s.Coins)}, field{"gift_diamonds", whole64(&s.Diamonds)},
		field{"withheld_amount", money(&s.Withheld)}, field{"fee_amount", money(&s.Fees)}, field{"paid_amount", money(&s.Paid)}, field{"in_transit_amount", money(&s.InTransit)},
		field{"failed_amount", money(&s.CameBack)})
}

// ofStatement is how many columns of a line say whose it is.
const ofStatement = 6

// columns gives a line's columns, named as in agency_statement_lines.
func (s *Statement) columns(l *Line) []field {
	return []field{{"period", told(string(s.Period))}, {"run_id", told(s.RunID)}, {"version", whole64(&s.Version)}, {"agency_id", told(s.AgencyID)}, {"entity", told(s.Entity)},
		{"currency", told(s.Currency)}, {"section", told(l.Section)}, {"line_no", whole64(&l.LineNo)}, {"day", told(l.Day)}, {"event_at", instant(l.EventAt)},
		{"creator_id", told(l.CreatorID)}, {"count", whole64(l.Count)}, {"coins", whole64(l.Coins)}, {"diamonds", whole64(l.Diamonds)}, {"rate", ratio(l.Rate)},
		{"agency_share", ratio(l.Share)}, {"amount", money(&l.Amount)}, {"reason", told(l.Reason)}, {"reference_id", told(l.ReferenceID)},
		{"original_event_id", told(l.OriginalEventID)}, {"prior_period", yes(l.PriorPeriod)}, {"status", told(l.Status)}, {"method", told(l.Method)},
		{"withholding_amount", money(l.Withheld)}, {"fee_amount", money(l.Fee)}, {"net_amount", money(l.Net)}, {"payout_currency", told(l.PaidCurrency)},
		{"fx_rate", ratio(l.FXRate)}, {"payout_amount", money(l.PaidAmount)}, {"paid_at", instant(l.PaidAt)}}
}

// CSV renders the lines as RFC 4180 (CRLF line ends) with a header of column names,
// as those of creators' statements. A text that a spreadsheet would run as a formula gets a
// leading apostrophe. The error is of kind internal: rows that are not one statement.
func (s *Statement) CSV() ([]byte, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	var b []byte
	for i, f := range s.columns(&Line{}) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, f.name...)
	}
	b = append(b, "\r\n"...)
	for n := range s.Lines {
		for i, f := range s.columns(&s.Lines[n]) {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(escape.AppendCSV(b, f.value.text), f.value.plain...)
		}
		b = append(b, "\r\n"...)
	}
	return b, nil
}

// JSON renders {"summary":{…},"year_to_date":{…},"lines":[…]}: keys are column names in a fixed order,
// decimals strings without trailing zeros, times RFC 3339 in UTC. Absent values are left
// out; lines don't repeat what the summary says. The error is of kind internal.
func (s *Statement) JSON() ([]byte, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	b := appendObject([]byte(`{"summary":`), s.summary())
	if y := s.Year; y != nil {
		b = appendObject(append(b, ",\n\"year_to_date\":"...), []field{{"first_period", told(string(y.FirstPeriod))}, {"accrued_amount", money(&y.Accrued)},
			{"taken_back_amount", money(&y.TakenBack)}, {"adjusted_amount", money(&y.Adjusted)}, {"paid_out_amount", money(&y.PaidOut)},
			{"withheld_amount", money(&y.Withheld)}, {"fee_amount", money(&y.Fees)}, {"paid_amount", money(&y.Paid)}})
	}
	b = append(b, ",\n\"lines\":["...)
	for n := range s.Lines {
		if n > 0 {
			b = append(b, ',')
		}
		b = appendObject(append(b, '\n'), s.columns(&s.Lines[n])[ofStatement:])
	}
	return append(b, "\n]}\n"...), nil
}

func appendObject(b []byte, fields []field) []byte {
	b = append(b, '{')
	for _, f := range fields {
		v := f.value
		if v.text == "" && v.plain == "" {
			continue
		}
		if b[len(b)-1] != '{' {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), f.name...), '"', ':')
		switch {
		case v.text != "":
			b = escape.AppendJSON(b, v.text)
		case v.number:
			b = append(b, v.plain...)
		default:
			b = append(append(append(b, '"'), v.plain...), '"')
		}
	}
	return append(b, '}')
}

// Digest hashes all that the statement says of its month, but for the run that said it.
func (s *Statement) Digest() (string, error) {
	plain := *s
	plain.RunID, plain.Year = "", nil
	text, err := plain.JSON()
	if err != nil {
		return "", err
	}
	parts := []string{s.Payer.Name, s.Payer.Address, s.Payer.TaxID, s.zone().String()}
	if l, _ := locale.LanguageOf(s.Language); l != locale.Languages()[0] { // what is silent about it is English
		parts = append(parts, l.Tag)
	}
	for _, part := range parts {
		text = append(append(text, part...), 0)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}
