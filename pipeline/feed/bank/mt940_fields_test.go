package bank

import (
	"fmt"
	"strings"
	"testing"
)

func TestMT940References(t *testing.T) {
	for text, want := range map[string]string{
		"166?00X?20EREF+PP-1234567890123456789?21012KREF+9SVWZ+thanks?32PayPal": "PP-1234567890123456789012||PayPal",
		"166?00X?20SVWZ+t\xE9xt EREF+NOTPROVIDED?32A?33B":                       "||A B",
		"free?20text, far behind":                                               "|free?20text, far behind|",
	} {
		sepa, reference, name := mt940About([]string{text})
		if strings.Contains(reference, "+") {
			reference = ""
		}
		if got := sepa + "|" + reference + "|" + name; got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestMT940Days(t *testing.T) {
	for in, want := range map[string]string{
		"261002 1003": "2026-10-03 false", "261231 0101": "2027-01-01 false", "270101 1231": "2026-12-31 false", "261002 ": "2026-10-02 false",
		"240229 ": "2024-02-29 false", "230230 0301": "2023-03-01 false", "230230 ": "2023-02-28 true", "240230 0230": "2024-02-29 true",
		"991231 0101": "2000-01-01 false", "261301 ": "2026-13-01 false",
	} {
		value, booked, _ := strings.Cut(in, " ")
		day, clamped := mt940Day(value, booked)
		if got := fmt.Sprint(day, clamped); strings.ReplaceAll(got, "false", " false") != want && strings.ReplaceAll(got, "true", " true") != want {
			t.Errorf("%s is %s, want %s", in, got, want)
		}
	}
}

// What a text says under its codes, as Dutch banks write it, and in parts, as
// German and Polish ones do.
func TestMT940About(t *testing.T) {
	for text, want := range map[string]string{
		"/TRTP/SEPA OVERBOEKING/IBAN/NL00BANK0123456789/BIC/BANKNL2A/NAME/ACME PAY|MENTS/REMI/PAYOUT po_77/EREF/TR-77": "TR-77|PAYOUT po_77|ACME PAYMENTS",
		"/TRTP/SEPA OVERBOEKING/NAME/ACME| PAY/REMI/one| two/EREF/NOTPROVIDED":                                         "|one two|ACME PAY",
		"/EREF/STL-9/ORDP//NAME/ACME EU/ADDR/Rue 1 LUX//REMI/USTD//thanks/for the fish/":                               "STL-9|thanks/for the fish|ACME EU",
		"/CNTP/LU00BANK01/BANKLULL/ACME EU/LUXEMBOURG//EREF/STL-9//REMI/USTD//STL-9/":                                  "STL-9|STL-9|ACME EU",
		"/BENM//NAME/Ann/REMI/STRD/CUR/9001234567890123/ULTD//NAME/Somebody else":                                      "|9001234567890123|Ann",
		"/PREF/BATCH-1//ULTC//NAME/Nobody":                                                                             "|BATCH-1|",
		"/TRTP/ACCEPTGIRO":                                                                                             "|/TRTP/ACCEPTGIRO|",
		"/PT/FT/PY/FEE":                                                                                                "|/PT/FT/PY/FEE|",
		"see /REMI/x":                                                                                                  "|see /REMI/x|",
		"020~00PAYOUT~20STL-9 ~21of |ACME~32ACME ~33SA":                                                                "|STL-9 of ACME|ACME SA",
		"051<00WIRE<20STL-9<32ACME":                                                                                    "|STL-9|ACME",
		"166?00CREDIT?109310?20EREF+TR-9?21KREF+x?22SVWZ+thanks?30BANKDEFF?31DE00?32ACME|GmbH":                         "TR-9|EREF+TR-9 KREF+x SVWZ+thanks|ACMEGmbH",
		"EREF+TR-9 SVWZ+thanks":                                                                                        "TR-9|EREF+TR-9 SVWZ+thanks|",
		"<b>20 coins":                                                                                                  "|<b>20 coins|",
	} {
		sepa, reference, name := mt940About(strings.Split(text, "|"))
		if got := sepa + "|" + reference + "|" + name; got != want {
			t.Errorf("%q:\n got %s\nwant %s", text, got, want)
		}
	}
}
