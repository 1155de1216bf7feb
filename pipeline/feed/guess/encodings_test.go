package guess_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/pipeline/feed/guess"
)

// What isn't read is named: an encoding, line ends. What can be western is none of it.
func TestEncodingsThatAreNotRead(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"Shift_JIS":    {"\x93\xfa\x95t,\x93E\x97v,\x82\xa8\x8ex\x95\xa5\x8b\xe0\x8az,\x82\xa8\x97a\x82\xe8\x8b\xe0\x8az\n2026/10/05,\x83X\x83g\x83\x89\x83C\x83v,,\"10,000\"\n", "its letters seem to be in Shift_JIS"},
		"GBK":          {"\xc8\xd5\xc6\xda,\xd5\xaa\xd2\xaa,\xbd\xf0\xb6\xee\n2026-10-05,\xb9\xa4\xd7\xca,1.50\n", "windows-1251, GBK, Big5 or EUC-KR"},
		"windows-1251": {"\xc4\xe0\xf2\xe0,\xd2\xe5\xea\xf1\xf2,\xd1\xf3\xec\xec\xe0\n2026-10-05,\xef\xeb\xe0\xf2\xb8\xe6,1.50\n", "windows-1251, GBK, Big5 or EUC-KR"},
		"windows-1250": {"Data,Opis,Kwota\n2026-10-05,op\xb3ata za us\xb3ug\xea,1.50\n2026-10-06,wp\xb3ata,2.00\n", "its letters seem to be in windows-1250"},
		"an old Mac's": {"Date,Ref,Amount\r2026-10-05,a,1.50\r2026-10-06,b,-2.50\r", "its lines end with carriage returns alone"},
		"windows-1252": {"Datum;Text;Betrag\n05.10.2026;Geb\xfchr f\xfcr \xdcberweisung, gro\xdfe \x80;1,50\n", ""},
		"French":       {"Date;Libell\xe9;Montant\n05/10/2026;cr\xe9\xe9e \xe0 No\xebl, d\xe9j\xe0 vu, n\xb03;1,50\n", ""},
		"UTF-8":        {"日付,摘要,金額\n2026/10/05,ストライプ,10\n", ""},
		"Windows ends": {"Date,Ref,Amount\r\n2026-10-05,a,1.50\r\n", ""},
	} {
		path := filepath.Join(t.TempDir(), "bank_lines.csv")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		_, err = guess.Write(f, "bank_lines.csv", "bank_lines", "", nil)
		if c.want == "" && err != nil || c.want != "" && !strings.Contains(fmt.Sprint(err), c.want) {
			t.Errorf("%s: %v, not %q", name, err, c.want)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}
