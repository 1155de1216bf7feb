package bank_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
)

// readBank reads the entries of a bank's file; what it says of balances must be
// as many openings as closings.
func readBank(t testing.TB, name string, content []byte, change func(*feed.Options)) feedtest.Outcome[pipeline.BankLine] {
	t.Helper()
	return entriesOf(t, feedtest.Read[pipeline.BankLine](t, name, content, change))
}

func readBankPath(t testing.TB, path string, change func(*feed.Options)) feedtest.Outcome[pipeline.BankLine] {
	t.Helper()
	return entriesOf(t, feedtest.ReadPath[pipeline.BankLine](t, path, change))
}

func entriesOf(t testing.TB, out feedtest.Outcome[pipeline.BankLine]) feedtest.Outcome[pipeline.BankLine] {
	t.Helper()
	sides := map[string]int{}
	out.Rows = slices.DeleteFunc(out.Rows, func(r pipeline.BankLine) bool {
		if r.Kind == "" {
			return false
		}
		sides[r.Kind]++
		if r.Amount != 0 || r.Balance == nil || r.StatementID == "" {
			t.Errorf("a balance that is none: %+v", r)
		}
		return true
	})
	if sides[pipeline.BankOpening] != sides[pipeline.BankClosing] {
		t.Errorf("balances %v", sides)
	}
	return out
}

// balanceTexts gives what is said of balances.
func balanceTexts(rows []pipeline.BankLine) (all []string) {
	for _, r := range rows {
		if r.Balance != nil {
			all = append(all, strings.Join([]string{r.Kind, r.Account, time.UnixMicro(r.BookedAt).UTC().Format(time.DateOnly), pipeline.Amount(*r.Balance).String(), r.Currency, r.StatementID}, " "))
		}
	}
	return all
}

func TestBalancesAreRows(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"camt.053": {camtDoc("053.001.02", camtStmt("S1", camtBal("OPBD", "-0.5")+camtBal("CLBD", "9.5")+camtNtry("10", "CRDT", ""))), []string{
			"opening DE02120300000000202051 2026-10-01 -0.5 EUR S1 7", "closing DE02120300000000202051 2026-10-01 9.5 EUR S1 7"}},
		"balances behind the entries": {camtDoc("053.001.02", camtStmt("S1", camtNtry("10", "CRDT", "")+camtBal("PRCD", "0")+camtBal("CLBD", "10"))), []string{
			"opening DE02120300000000202051 2026-10-01 0 EUR S1 7", "closing DE02120300000000202051 2026-10-01 10 EUR S1 7"}},
		"a notification has none": {camtDoc("054.001.02", camtStmt("N1", camtNtry("10", "CRDT", "<AcctSvcrRef>B</AcctSvcrRef>"))), nil},
		"mt940":                   {":20:A\n:25:77\n:28C:12/1\n:60F:C261103EUR50,00\n:61:261104D1,5NCHGX\n:62F:D261104EUR48,50\n", nil},
	} {
		if name == "mt940" {
			c.text = strings.Replace(c.text, ":62F:D", ":62F:C", 1)
			c.want = []string{"opening 77 2026-11-04 50 EUR 12/1 60F 261103 C50,00", "closing 77 2026-11-04 48.5 EUR 12/1 60F 261103 C50,00"}
		}
		out := feedtest.Read[pipeline.BankLine](t, "b.txt", []byte(c.text), nil)
		if got := balanceTexts(out.Rows); out.Err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v\n got %q\nwant %q", name, out.Err, got, c.want)
		}
	}
}

// lake keeps what was read, as ingest does: a line whose id is there is told again.
type lake struct{ rows []pipeline.BankLine }

func (l *lake) held(account, currency, _ string) (lines []pipeline.HeldLine, err error) {
	for _, r := range l.rows {
		if r.Account != account || r.Currency != currency {
			continue
		}
		line := pipeline.HeldLine{ID: r.LineID, Statement: r.StatementID, Kind: r.Kind, Day: time.UnixMicro(r.BookedAt).UTC().Format(time.DateOnly), Amount: pipeline.Amount(r.Amount)}
		if r.Balance != nil {
			line.Balance = pipeline.Amount(*r.Balance)
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// take reads a file and gives how many entries were new.
func (l *lake) take(t *testing.T, text string) (entries int) {
	t.Helper()
	out := feedtest.Read[pipeline.BankLine](t, "b.txt", []byte(text), func(o *feed.Options) { o.Held = l.held })
	if out.Err != nil {
		t.Fatal(out.Err)
	}
	for _, r := range out.Rows {
		if slices.ContainsFunc(l.rows, func(h pipeline.BankLine) bool { return h.LineID == r.LineID }) {
			continue
		}
		l.rows = append(l.rows, r)
		if r.Kind == "" {
			entries++
		}
	}
	return entries
}

// One reference on bookings of several files: statements that go on where
// another ended have others, whichever came first; what is told again, or
// overlaps, has the same.
func TestStatementsOfSeveralFiles(t *testing.T) {
	fee := camtNtry("1", "DBIT", "<AcctSvcrRef>R</AcctSvcrRef>")
	camt := func(id, opening, closing string, n int) string {
		return camtDoc("053.001.02", camtStmt(id, camtBal("OPBD", opening)+camtBal("CLBD", closing)+strings.Repeat(fee, n)))
	}
	notified := camtDoc("054.001.02", camtStmt("N", fee))
	a, b, c := camt("A", "100", "97", 3), camt("B", "97", "96", 1), camt("C", "96", "94", 2)
	day := camt("day", "100", "94", 6)
	for name, steps := range map[string][]struct {
		text string
		want int
	}{
		"one after the other":           {{a, 3}, {b, 1}, {c, 2}, {day, 0}},
		"the last first":                {{c, 2}, {b, 1}, {a, 3}, {day, 0}},
		"the middle last":               {{a, 3}, {c, 0}, {b, 1}},
		"told again":                    {{a, 3}, {b, 1}, {strings.ReplaceAll(b, "\n", " "), 0}, {strings.ReplaceAll(a, "M1", "M2"), 0}},
		"the whole day first":           {{day, 6}, {a, 0}, {b, 0}, {c, 0}},
		"a part that overlaps":          {{a, 3}, {camt("part", "98", "96", 2), 0}},
		"the day so far":                {{a, 3}, {camt("so far", "100", "96", 4), 1}},
		"both in one file":              {{camtDoc("053.001.02", camtStmt("A", camtBal("OPBD", "100")+camtBal("CLBD", "97")+strings.Repeat(fee, 3))+camtStmt("B", camtBal("OPBD", "97")+camtBal("CLBD", "96")+fee)), 4}, {a, 0}, {b, 0}, {c, 2}},
		"notified before":               {{notified, 1}, {a, 2}, {b, 1}},
		"notified behind":               {{a, 3}, {b, 1}, {notified, 0}},
		"the same sequence, other name": {{a, 3}, {camt("A again", "100", "97", 3), 0}},
	} {
		t.Run(name, func(t *testing.T) {
			var l lake
			for i, step := range steps {
				if got := l.take(t, step.text); got != step.want {
					t.Errorf("file %d: %d entries are new, want %d", i+1, got, step.want)
				}
			}
		})
	}
}

// Banks that give no references: what two statements of the same days both tell counts
// twice, and that is said when the second comes; what follows from it is not suspected.
func TestOverlappingStatementsAreTold(t *testing.T) {
	a := ":20:A\n:25:77\n:28C:1/1\n:60F:C261001EUR100,00\n:61:2610021002D1,50NCHGX\n:61:2610031003C20,NTRFX\n:62F:C261003EUR118,50\n"
	next := ":20:B\n:25:77\n:28C:2/1\n:60F:C261003EUR118,50\n:61:2610031003C20,NTRFX\n:62F:C261003EUR138,50\n"
	week := ":20:C\n:25:77\n:28C:9/1\n:60F:C261002EUR98,50\n:61:2610031003C20,NTRFX\n:61:2610041004D5,NCHGX\n:62F:C261004EUR113,50\n"
	note := "1 entries of statement 9/1 of account 77, the first in line 5, have the day and amount of lines that are here of statement 1/1 60F 261001 C100,00: " +
		"if both statements tell the same bookings, they count twice; then take the one batch out (carat undo)"
	var l lake
	for i, step := range []struct{ text, note string }{{a, ""}, {next, ""}, {a, ""}, {week, note}} {
		out := feedtest.Read[pipeline.BankLine](t, "b.txt", []byte(step.text), func(o *feed.Options) { o.Held = l.held })
		if got := strings.Join(out.Report.Notes, "\n"); out.Err != nil || got != step.note {
			t.Errorf("file %d: %v, told %q, want %q", i+1, out.Err, got, step.note)
		}
		if i < 2 {
			l.rows = append(l.rows, out.Rows...)
		}
	}
}

// A balance that leaves out its currency or its day has those of the statement.
func TestMT940BalancesThatLeaveOut(t *testing.T) {
	const text = ":20:S\n:25:77\n:28C:1/1\n:60F:C261001EUR100,00\n:61:2610021002D1,50NCHGX\n:62F:C261002EUR98,50\n"
	for name, c := range map[string]struct{ old, new, want string }{
		"the opening currency":  {"C261001EUR100", "C261001100", "2026-10-02 -1.5 EUR"},
		"the opening day":       {"C261001EUR100", "C      EUR100", "2026-10-02 -1.5 EUR"},
		"both currencies":       {"EUR", "", ""},
		"another one's closing": {":60F:C261001EUR100,00\n:61:2610021002D1,50NCHGX\n", ":60F:C261001100,00\n:61:2610021002D1,50NCHGX\n:20:T\n:25:77\n:60F:C261001EUR1,00\n", ""},
	} {
		out := feedtest.Read[pipeline.BankLine](t, "b.sta", []byte(strings.ReplaceAll(text, c.old, c.new)), nil)
		got := ""
		for _, r := range out.Rows {
			if r.Kind == "" {
				got = time.UnixMicro(r.BookedAt).UTC().Format(time.DateOnly) + " " + pipeline.Amount(r.Amount).String() + " " + r.Currency
			}
		}
		if got != c.want || (out.Err != nil) != (c.want == "") {
			t.Errorf("%s: %v %q, want %q", name, out.Err, got, c.want)
		}
	}
}
