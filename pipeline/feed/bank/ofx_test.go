package bank_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
)

const ofxSGML = "OFXHEADER:100\r\nDATA:OFXSGML\r\nVERSION:102\r\nSECURITY:NONE\r\nENCODING:USASCII\r\nCHARSET:1252\r\nCOMPRESSION:NONE\r\n\r\n" +
	"<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS></SONRS></SIGNONMSGSRSV1>\r\n<BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>USD\r\n" +
	"<BANKACCTFROM><BANKID>021000021<ACCTID>98 76<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST><DTSTART>20261001<DTEND>20261031\r\n" +
	"<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20261005120000[-5:EST]<TRNAMT>96.80<FITID>f1<NAME>STRIPE &amp; CO<MEMO>po_1 caf\xe9</STMTTRN>\r\n" +
	"<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20261006<TRNAMT>-50,00<FITID>f2<CHECKNUM>17<MEMO>\r\n</STMTTRN>\r\n" +
	"</BANKTRANLIST><BANKTRANLISTP><STMTTRNP><TRNTYPE>DEBIT<DTTRAN>20261031<TRNAMT>-1<NAME>soon</STMTTRNP></BANKTRANLISTP>" +
	"<LEDGERBAL><BALAMT>1046.80<DTASOF>20261031</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\r\n"

const ofxXML = `<?xml version="1.0" encoding="UTF-8"?><?OFX OFXHEADER="200" VERSION="211" SECURITY="NONE"?>
<OFX><CREDITCARDMSGSRSV1><CCSTMTTRNRS><CCSTMTRS><CURDEF>EUR</CURDEF><CCACCTFROM><ACCTID>4711</ACCTID></CCACCTFROM><BANKTRANLIST>
<STMTTRN><TRNTYPE>FEE</TRNTYPE><DTPOSTED>20261007</DTPOSTED><TRNAMT>-1.5</TRNAMT><FITID>x1</FITID><NAME>Größe &#x3c;</NAME><MEMO></MEMO></STMTTRN>
</BANKTRANLIST></CCSTMTRS></CCSTMTTRNRS></CREDITCARDMSGSRSV1></OFX>`

func ofxLines(t *testing.T, text string) (feedtest.Outcome[pipeline.BankLine], []string) {
	t.Helper()
	out := feedtest.Read[pipeline.BankLine](t, "download.qfx", []byte(text), nil)
	var got []string
	for _, r := range out.Rows {
		got = append(got, fmt.Sprintf("%s %s %s %s %q %q", r.Account, time.UnixMicro(r.BookedAt).UTC().Format(time.DateOnly), pipeline.Amount(r.Amount), r.Currency, r.Reference, r.Counterparty))
	}
	return out, append(got, feedtest.Texts(out.Rejects)...)
}

func TestOFX(t *testing.T) {
	out, got := ofxLines(t, ofxSGML)
	if want := []string{`9876 2026-10-05 96.8 USD "STRIPE & CO po_1 café" "STRIPE & CO"`, `9876 2026-10-06 -50 USD "17" ""`}; out.Err != nil || !slices.Equal(got, want) || out.Report.Format.String() != "ofx" {
		t.Errorf("%v %q", out.Err, got)
	}
	if !slices.Contains(out.Report.Notes, "left out: 1 transactions that are pending") || !slices.Contains(out.Report.Notes, "an OFX file has no opening balance: nothing proves it whole") {
		t.Errorf("%q", out.Report.Notes)
	}
	again, _ := ofxLines(t, strings.ReplaceAll(ofxSGML, "\r\n", "\n"))
	if len(again.Rows) != 2 || again.Rows[0].LineID != out.Rows[0].LineID {
		t.Error("the same transaction downloaded again has another id")
	}
	if out, got := ofxLines(t, ofxXML); out.Err != nil || !slices.Equal(got, []string{`4711 2026-10-07 -1.5 EUR "Größe <" "Größe <"`}) {
		t.Errorf("%v %q", out.Err, got)
	}
	for change, want := range map[[2]string]string{
		{"<FITID>f1", ""}: "line_id missing", {"<TRNAMT>96.80", "<TRNAMT>lots"}: "amount not_a_number", {"<DTPOSTED>20261006", "<DTPOSTED>soon"}: "booked_at bad_time",
		{"<FITID>f2", "<FITID>f2<CURRENCY><CURRATE>1.1<CURSYM>EUR</CURRENCY>"}: "currency unknown_value",
	} {
		if out, got := ofxLines(t, strings.Replace(ofxSGML, change[0], change[1], 1)); out.Err != nil || len(out.Rejects) != 1 || !strings.Contains(got[1], want) {
			t.Errorf("%s: %v %q", want, out.Err, got)
		}
	}
	for change, want := range map[[2]string]string{
		{"</OFX>", ""}:                                           "it is cut",
		{"<OFX>", "<!DOCTYPE OFX><OFX>"}:                         "a tag that OFX doesn't have",
		{"SECURITY:NONE", "SECURITY:TYPE1"}:                      "encrypted or compressed",
		{"CHARSET:1252", "CHARSET:NONE"}:                         "names no other character set",
		{"<SEVERITY>INFO", "<SEVERITY>ERROR"}:                    "the bank answered with an error",
		{"<STMTRS>", "<INVSTMTRS>"}:                              "a statement of investments",
		{"<NAME>STRIPE", "<NAME>" + strings.Repeat("x", 20_000)}: "more than 16384 bytes",
		{"<NAME>STRIPE", strings.Repeat("<A>", 50)}:              "more than 40 deep",
	} {
		out, _ := ofxLines(t, strings.Replace(ofxSGML, change[0], change[1], 1))
		if pipeline.KindOf(out.Err) != pipeline.KindBadInput || !strings.Contains(out.Err.Error(), want) {
			t.Errorf("%s: %v", want, out.Err)
		}
	}
	other := feedtest.Read[pipeline.BankLine](t, "d.ofx", []byte(ofxSGML), func(o *feed.Options) { o.Accounts = []string{"1234"} })
	if other.Err == nil || !strings.Contains(other.Err.Error(), "account 9876 is none of ours") {
		t.Errorf("%v", other.Err)
	}
}

func FuzzOFX(f *testing.F) {
	feedtest.FuzzReport[pipeline.BankLine](f, "ofx", nil, ofxSGML, ofxXML)
}

// Some banks give one FITID to several bookings, also in a file of one line: none is lost,
// it is told, and the same file again gives the same ids.
func TestOFXSameFITID(t *testing.T) {
	one := func(day, amount string) string {
		return "<STMTTRN><TRNTYPE>FEE<DTPOSTED>" + day + "<TRNAMT>" + amount + "<FITID>F1<NAME>FEE</STMTTRN>"
	}
	text := "OFXHEADER:100\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>USD<BANKACCTFROM><ACCTID>77</BANKACCTFROM><BANKTRANLIST>" +
		one("20261005", "-1.00") + one("20261005", "-1.00") + one("20261006", "-2.50") + one("20261006", "-2.50") + "</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
	ids := map[string]bool{}
	for range 2 {
		out := feedtest.Read[pipeline.BankLine](t, "b.ofx", []byte(text), nil)
		if out.Err != nil || len(out.Rejects) > 0 || len(out.Rows) != 4 || !strings.Contains(strings.Join(out.Report.Notes, "\n"), "line 3: FITID F1 comes again") {
			t.Fatalf("%v %q %q", out.Err, feedtest.Texts(out.Rejects), out.Report.Notes)
		}
		sum := int64(0)
		for _, r := range out.Rows {
			ids[r.LineID] = true
			sum += r.Amount
		}
		if sum != -7_000_000 {
			t.Errorf("they come to %d", sum)
		}
	}
	if len(ids) != 4 {
		t.Errorf("%d ids", len(ids))
	}
}

// A transaction without the day of its booking has another day, or none.
func TestOFXWithoutABookingDay(t *testing.T) {
	text := func(days string) string {
		return "OFXHEADER:100\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>USD<BANKACCTFROM><ACCTID>77</BANKACCTFROM><BANKTRANLIST>" +
			"<STMTTRN><TRNTYPE>FEE" + days + "<TRNAMT>-1.00<FITID>F1<NAME>FEE</STMTTRN></BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
	}
	out := feedtest.Read[pipeline.BankLine](t, "b.ofx", []byte(text("<DTPOSTED>        <DTAVAIL>20261005")), nil)
	if out.Err != nil || len(out.Rows) != 1 || time.UnixMicro(out.Rows[0].BookedAt).UTC().Format(time.DateOnly) != "2026-10-05" || !strings.Contains(strings.Join(out.Report.Notes, " "), "without the day of its booking") {
		t.Errorf("%v %q %q", out.Err, feedtest.Texts(out.Rejects), out.Report.Notes)
	}
	out = feedtest.Read[pipeline.BankLine](t, "b.ofx", []byte(text("<DTPOSTED>        ")), nil)
	if len(out.Rejects) != 1 || out.Rejects[0].Code != "bad_time" {
		t.Errorf("%v %q", out.Err, feedtest.Texts(out.Rejects))
	}
}
