package feed_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/pipeline"
	"carat/pipeline/feed"
)

// Files of banks that carat knows and doesn't read are named, as whatever they
// are given; statements that look like them are read on.
func TestUnreadBankFiles(t *testing.T) {
	nacha := "101 021000021 9876543212611051200A094101BANK OF SOMEWHERE      ACME LIVE INC                  \n5200ACME LIVE\n"
	swift := "{1:F01BANKDEFFAXXX0000000000}{2:I942X}{4:\n:20:M1\n:25:DE02\n:28C:1/1\n"
	for text, want := range map[string]string{
		nacha: "an ACH (NACHA) file",
		swift + ":34F:EURD0,\n:34F:EURC0,\n:13D:2611051200+0100\n:61:261105C1,NTRFX\n-}":                           "an interim report (MT942)",
		":20:M1\n:21:X\n:25:DE02\n:28C:1\n:13:2611051200\n":                                                        "an interim report (MT942)",
		`<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.052.001.08"><BkToCstmrAcctRpt>`: "an interim report (camt.052)",
		`<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"><CstmrPmtStsRpt>`:   "a payment order or its status (ISO 20022 pain)",
		"!Type:Bank\nD11/05/2026\nT-5.00\nPAcme\n^\n":                                                              "a QIF file",
		"!Account\nNChecking\n^\n": "a QIF file",
		"01,BANKUS33,ACME,20261106,0600,17,,,3/\n02,ACME,BANKUS33,1,20261105,2400,USD,2/\n":                                                  "a BTRS (BAI version 3) file",
		"0000005112672505        00099449  ACME LIVE                 BBRUBEBB   00412694022 00000                                       2\n": "a CODA statement",
		"0130004    02570EUR2 00000000000  051126" + strings.Repeat(" ", 66) + "0000000000000{\n":                                            "a CFONB statement",
		"11004912341234567890261101261130200000000012345978" + "3ACME LIVE                    \n":                                            "a Norma 43 statement",
	} {
		path := filepath.Join(t.TempDir(), "statement.txt")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, hint := range []string{"", "bank_lines"} {
			_, err := feed.Recognise(path, hint)
			if pipeline.KindOf(err) != pipeline.KindBadInput || !strings.Contains(err.Error(), "it is "+want+", which carat doesn't read; ") || !strings.Contains(err.Error(), "camt.053") {
				t.Errorf("%.60q as %q: %v", text, hint, err)
			}
		}
	}
	for text, want := range map[string]string{
		":20:M1\n:25:DE02\n:28C:1/1\n:60F:C261105EUR0,\n:62F:C261105EUR0,\n":        "mt940",
		":20:M1\n:25:DE02\n:60F:C261105EUR0,\n:34F:EURD0,\n":                        "mt940",
		"OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\n\n<OFX>\n<SIGNONMSGSRSV1>":       "ofx",
		"<?xml version=\"1.0\"?>\n<?OFX OFXHEADER=\"200\" VERSION=\"211\"?>\n<OFX>": "ofx",
		"01,B,C,261106,,1,,,2/\n02,C,B,1,261105,,,/\n":                              "bai2",
		`<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">`:         "camt.053",
	} {
		path := filepath.Join(t.TempDir(), "statement.txt")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if format, err := feed.Recognise(path, ""); err != nil || format.Name != want || format.Feed != "bank_lines" {
			t.Errorf("%.40q is %s: %v", text, format, err)
		}
	}
}
