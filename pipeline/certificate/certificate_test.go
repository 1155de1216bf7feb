package certificate

import (
	"strings"
	"testing"
)

// Certificates of both formats are read, each hash of numbers with its form.
func TestFormatsOfCertificates(t *testing.T) {
	for _, c := range []struct {
		format, form int
		wrong        string
	}{
		{1, 0, ""}, {2, 1, ""}, {2, 2, ""},
		{1, 2, "its format is 1, and the hash of the numbers of journal has the form 2"},
		{2, 0, "its format is 2, and the hash of the numbers of journal has the form 0"},
		{3, 2, "its format is 3, this carat reads formats 1 to 2"}, {0, 0, "its format is 0"},
	} {
		text, _, err := (&Certificate{Format: c.format, Period: "2026-10", Results: []CertifiedResult{{Table: "journal", NumbersForm: c.form}}}).Encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseCertificate(text)
		switch {
		case c.wrong != "":
			if err == nil || !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("format %d, form %d: %v, want %q", c.format, c.form, err, c.wrong)
			}
		case err != nil:
			t.Errorf("format %d, form %d: %v", c.format, c.form, err)
		default:
			if want := max(c.form, 1); got.Results[0].Form() != want {
				t.Errorf("format %d, form %d is read as form %d", c.format, c.form, got.Results[0].Form())
			}
			if again, _, _ := got.Encode(); string(again) != string(text) {
				t.Errorf("format %d comes out as\n%s\nand was\n%s", c.format, again, text)
			}
		}
	}
}
