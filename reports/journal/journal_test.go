package journal

import (
	"bytes"
	"encoding/csv"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"carat/reports/escape"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// program gives a system program's path. Without it the test is skipped by
// name, or fails where CI is true and .ci/run should have installed it.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed, and CI is true", name)
	}
	if err != nil {
		t.Skipf("needs %s", name)
	}
	return path
}

// journalFixture has entries in two currencies and names that would like to be
// something else.
func journalFixture(add func(*Line) error) error {
	for _, l := range []Line{
		{"main/2026-10-01/gift/USD", "2026-10-01", "main", "2000 Coin contract liability", "USD", "41.590000", "0", "USD", "41.59", "0", "Coins consumed by gifts"},
		{"main/2026-10-01/gift/USD", "2026-10-01", "main", "4000 Gift revenue", "USD", "0", "41.590000", "USD", "0", "41.59", "Coins consumed by gifts"},
		{"main/2026-10-02/gift/KWD", "2026-10-02", "main", "5300 Marketing: gifts; (free)  =1+1", "KWD", "1.001", "0.000000", "USD", "3.30", "0", "=cmd|'x'\nBcc: y"},
		{"main/2026-10-02/gift/KWD", "2026-10-02", "main", "2200 Creator payable", "KWD", "0", "1.001", "USD", "0", "3.29", "-2+3 ; not a comment"},
		{"main/2026-10-02/gift/KWD", "2026-10-02", "main", "7000 Rounding", "KWD", "0", "0", "USD", "0", "0.01", "rounding"},
		{"main/2026-10-31/fx/EUR", "2026-10-31", "main", "1110 Payment provider receivable", "EUR", "0", "0", "USD", "5", "0", "Balances at the month's last rate"},
		{"main/2026-10-31/fx/EUR", "2026-10-31", "main", "7020 Exchange differences", "EUR", "0", "0", "USD", "0", "5", "Balances at the month's last rate"},
		{"@eu/2026-10-02/x/JPY", "2026-10-02", "@eu", "1000 Cash", "JPY", "1234567", "0", "JPY", "1234567", "0", "cash"},
		{"@eu/2026-10-02/x/JPY", "2026-10-02", "@eu", "4000 Gift revenue", "JPY", "0", "1234567", "JPY", "0", "1234567", "cash"},
	} {
		if err := add(&l); err != nil {
			return err
		}
	}
	return nil
}

func journalText(t *testing.T, name string) []byte {
	t.Helper()
	for _, f := range Formats {
		if f.Name == name {
			var b bytes.Buffer
			w := f.New(&b, "2026-10")
			if err := errors.Join(journalFixture(w.Add), w.Close()); err != nil {
				t.Fatal(err)
			}
			return b.Bytes()
		}
	}
	t.Fatalf("no format %s", name)
	return nil
}

func TestJournalGolden(t *testing.T) {
	for _, f := range Formats {
		path := filepath.Join("testdata", "close-"+f.File)
		got := journalText(t, f.Name)
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs; look at it, then go test ./reports/journal -update", path)
		}
	}
}

// No cell is a formula, and every file is balanced in its own amounts.
func TestJournalCSVIsSafe(t *testing.T) {
	for _, name := range []string{"quickbooks", "xero", "netsuite"} {
		rows, err := csv.NewReader(bytes.NewReader(journalText(t, name))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for n, row := range rows[1:] {
			for i, cell := range row {
				if _, plain := escape.PlainCell(cell); !plain && !(name == "xero" && rows[0][i] == "*Amount") {
					t.Errorf("%s row %d %s: %q", name, n+1, rows[0][i], cell)
				}
			}
		}
	}
}

// The rules of the file: eighteen columns, days, decimal commas, entries numbered one
// after the other and balanced, nothing that would end a cell.
func TestJournalFEC(t *testing.T) {
	var b bytes.Buffer
	w := newFEC(&b, "2026-10")
	for _, l := range []Line{
		{"eu/2026-10-02/gift/EUR", "2026-10-02", "eu", "4110 Clients\tx", "EUR", "10.5", "0", "EUR", "10.5", "0", "dons\r\n=1+1"},
		{"eu/2026-10-02/gift/EUR", "2026-10-02", "eu", "7060 Prestations", "EUR", "0", "10.5", "EUR", "0", "10.5", "dons"},
		{"eu/2026-10-03/purchase/JPY", "2026-10-03", "eu", "4110 Clients", "JPY", "1000", "0", "EUR", "6.10", "0", "achats"},
		{"eu/2026-10-03/purchase/JPY", "2026-10-03", "eu", "4190 Avances", "JPY", "0", "1000", "EUR", "0", "6.10", "achats"},
		{"eu/2026-10-03/purchase/JPY", "2026-10-03", "eu", "6580 Arrondis", "JPY", "0", "0", "EUR", "0", "0", "rien"},
	} {
		if err := w.Add(&l); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\r\n"), "\r\n")
	if len(lines) != 5 || lines[0] != strings.ReplaceAll(fecColumns, "|", "\t") {
		t.Fatalf("%d lines, head %q", len(lines), lines[0])
	}
	day, amount := regexp.MustCompile(`^2026(0[1-9]|1[0-2])[0-3][0-9]$`), regexp.MustCompile(`^[0-9]+,[0-9]{2,}$`)
	for n, line := range lines[1:] {
		cells := strings.Split(line, "\t")
		if len(cells) != 18 {
			t.Fatalf("line %d has %d cells", n+1, len(cells))
		}
		for _, at := range []int{3, 9, 15} {
			if !day.MatchString(cells[at]) {
				t.Errorf("line %d: day %q", n+1, cells[at])
			}
		}
		if !amount.MatchString(cells[11]) || !amount.MatchString(cells[12]) {
			t.Errorf("line %d: amounts %q and %q", n+1, cells[11], cells[12])
		}
	}
	want := []string{
		"gift\tgift\t2026-10-00001\t20261002\t4110\tClients x\t\t\teu/2026-10-02/gift/EUR\t20261002\tdons  =1+1\t10,50\t0,00\t\t\t20261031\t\t",
		"purchase\tpurchase\t2026-10-00002\t20261003\t4190\tAvances\t\t\teu/2026-10-03/purchase/JPY\t20261003\tachats\t0,00\t6,10\t\t\t20261031\t-1000,00\tJPY",
	}
	if lines[1] != want[0] || lines[4] != want[1] {
		t.Errorf("\n%q\n%q\nwant\n%q\n%q", lines[1], lines[4], want[0], want[1])
	}
}

// A line that comes to nothing in euros has its amount in the other currency all the same: an entry adds up in both.
func TestJournalFECAddsUpInTheOtherCurrency(t *testing.T) {
	var b bytes.Buffer
	w := newFEC(&b, "2026-11")
	for _, l := range []Line{
		{"eu/2026-11-01/fee/USD", "2026-11-01", "eu", "6270 Frais", "USD", "1.02", "0", "EUR", "0.88", "0", "frais"},
		{"eu/2026-11-01/fee/USD", "2026-11-01", "eu", "5120 Banque", "USD", "0", "1.03", "EUR", "0", "0.88", "frais"},
		{"eu/2026-11-01/fee/USD", "2026-11-01", "eu", "6580 Arrondis", "USD", "0.01", "0", "EUR", "0.00", "0", "frais"},
	} {
		if err := w.Add(&l); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var amounts []string
	for _, line := range strings.Split(strings.TrimSuffix(b.String(), "\r\n"), "\r\n")[1:] {
		cells := strings.Split(line, "\t")
		amounts = append(amounts, strings.Join([]string{cells[11], cells[12], cells[16], cells[17]}, " "))
	}
	if got, want := strings.Join(amounts, "; "), "0,88 0,00 1,02 USD; 0,00 0,88 -1,03 USD; 0,00 0,00 0,01 USD"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// The real hledger takes the journal, strictly, and its balances are ours.
func TestJournalHledger(t *testing.T) {
	hledger := program(t, "hledger")
	file := filepath.Join(t.TempDir(), "journal.hledger")
	if err := os.WriteFile(file, journalText(t, "hledger"), 0o644); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		cmd := exec.Command(hledger, append([]string{"-f", file}, args...)...)
		cmd.Env = append(os.Environ(), "LANG=C.UTF-8", "LC_ALL=C.UTF-8")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("hledger %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	run("check", "--strict")
	got := run("balance", "--flat", "--no-total", "--output-format=csv")
	for _, want := range []string{
		`"main:2000 Coin contract liability","41.590000 USD"`, `"main:4000 Gift revenue","-41.590000 USD"`, `"main:2200 Creator payable","-1.001000 KWD"`,
		`"@eu:1000 Cash","1234567.000000 JPY"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("hledger does not have %s:\n%s", want, got)
		}
	}
}
