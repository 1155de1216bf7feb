package yearfile_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"carat/reports/yearfile"
)

// schemaVariable names the folder with the OECD's schema, version 1.0: DPIXML_v1.0.xsd
// and the two files that it imports. The OECD publishes it beside its "Model Rules for
// Reporting by Platform Operators: XML Schema and User Guide for Tax Administrations";
// it isn't ours to give away, so it isn't here.
const schemaVariable = "CARAT_DPI_SCHEMA"

// What Check lets through the published schema lets through: by xmllint, where that
// and the schema are.
func TestMessageIsOfThePublishedSchema(t *testing.T) {
	folder := os.Getenv(schemaVariable)
	lint, err := exec.LookPath("xmllint")
	if folder == "" || err != nil {
		t.Skipf("%s names no folder with DPIXML_v1.0.xsd, or xmllint isn't installed", schemaVariable)
	}
	for name, change := range map[string]func(m *yearfile.Message){
		"two sellers": func(*yearfile.Message) {},
		"no account":  func(m *yearfile.Message) { m.Sellers[0].Who.Account = "" },
		"one name":    func(m *yearfile.Message) { m.Sellers[0].Who.LegalName = "Ann" },
		"no sellers":  func(m *yearfile.Message) { m.Sellers = nil },
		"two currencies": func(m *yearfile.Message) {
			again := m.Sellers[0]
			again.Currency = "SEK"
			m.Sellers = append(m.Sellers, again)
		},
		"an international bank account": func(m *yearfile.Message) { m.Sellers[1].Who.Account = "IE29AIBK93115212345678" },
	} {
		m := message()
		change(&m)
		var b bytes.Buffer
		if err := yearfile.DAC7(&b, m); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		file := filepath.Join(t.TempDir(), "dac7.xml")
		if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(lint, "--noout", "--nonet", "--schema", filepath.Join(folder, "DPIXML_v1.0.xsd"), file).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}
