package saft

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// cents are an amount of øre, of any size. An amount that is no decimal of two places
// is bad, and so is what it is added to.
type cents struct {
	n   *big.Int
	bad bool
}

var cent = cents{n: big.NewInt(1)}

var decimalForm = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// sum reads a decimal; "" is zero.
func sum(decimal string) cents {
	if decimal == "" {
		return cents{n: new(big.Int)}
	}
	if !decimalForm.MatchString(decimal) {
		return cents{n: new(big.Int), bad: true}
	}
	whole, part, _ := strings.Cut(decimal, ".")
	part = strings.TrimRight(part, "0")
	if len(part) > 2 {
		return cents{n: new(big.Int), bad: true}
	}
	n, ok := new(big.Int).SetString(whole+part+strings.Repeat("0", 2-len(part)), 10)
	return cents{n: n, bad: !ok}
}

func (c cents) add(d cents) cents { return cents{new(big.Int).Add(c.n, d.n), c.bad || d.bad} }
func (c cents) sub(d cents) cents { return cents{new(big.Int).Sub(c.n, d.n), c.bad || d.bad} }
func (c cents) negated() cents    { return cents{new(big.Int).Neg(c.n), c.bad} }
func (c cents) negative() bool    { return c.n.Sign() < 0 }
func (c cents) zero() bool        { return c.n.Sign() == 0 }

// text is the amount with two places.
func (c cents) text() string {
	digits := new(big.Int).Abs(c.n).String()
	if len(digits) < 3 {
		digits = strings.Repeat("0", 3-len(digits)) + digits
	}
	sign := ""
	if c.negative() {
		sign = "-"
	}
	return sign + digits[:len(digits)-2] + "." + digits[len(digits)-2:]
}

// digitsMax is how many the schema takes of an amount.
const digitsMax = 18

// takes says whether the schema takes the amount.
func (c cents) takes() bool { return !c.bad && len(new(big.Int).Abs(c.n).String()) <= digitsMax }

// Check says what is wrong with the books, as a SAF-T file: none is right.
func Check(b *Books) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if organisation(b.TaxID) == "" {
		fault("the entity's tax_id %q holds no Norwegian organisation number (nine digits, the last of which checks the others)", b.TaxID)
	}
	if strings.TrimSpace(b.Company) == "" {
		fault("the entity has no name")
	}
	accounts := map[string]cents{}
	closing := cents{n: new(big.Int)}
	for _, a := range b.Accounts {
		id, _ := number(a.Name)
		if _, again := accounts[id]; again {
			fault("two accounts have the number %s", id)
		}
		if _, _, ok := grouping(id); !ok {
			fault("account %q doesn't begin with a code of næringsspesifikasjonen: number the chart by it (accounts in carat.yaml)", a.Name)
		}
		opening, moved := sum(a.Opening), sum(a.Debit).sub(sum(a.Credit))
		if a.Debit == Unknown || a.Credit == Unknown {
			fault("account %s: an exchange rate is missing, so its movements aren't known in kroner", id)
			continue
		}
		if !opening.takes() || !moved.takes() {
			fault("account %s: an amount isn't one of kroner and øre", id)
		}
		accounts[id] = moved
		closing = closing.add(moved)
	}
	if !closing.zero() {
		fault("the accounts' movements don't balance: they leave %s", closing.text())
	}
	if len(b.Accounts) == 0 {
		fault("no account has a balance or a movement: there is nothing to tell")
	}
	checkLines(b, accounts, fault)
	for _, side := range [][]Party{b.Customers, b.Suppliers} {
		ids := map[string]bool{}
		for _, p := range side {
			id := clip(p.ID, middle1Text)
			if id == "" || ids[id] {
				fault("counterparty %q: its id is empty, or another's within %d characters", p.ID, middle1Text)
			}
			ids[id] = true
		}
	}
	return faults
}

// checkLines holds the lines against each other and against the accounts.
func checkLines(b *Books, accounts map[string]cents, fault func(format string, args ...any)) {
	from, to := b.Period.Start(time.UTC).Format(time.DateOnly), b.Period.End(time.UTC).Format(time.DateOnly)
	left := map[string]cents{}
	for id, moved := range accounts {
		left[id] = moved
	}
	seen := map[string]bool{}
	entry, balance := "", cents{n: new(big.Int)}
	ends := func() {
		if entry != "" && !balance.zero() {
			fault("entry %s doesn't balance: it leaves %s", entry, balance.text())
		}
	}
	for _, l := range b.Lines {
		if l.EntryID != entry {
			ends()
			if seen[l.EntryID] {
				fault("entry %s comes in two places", l.EntryID)
			}
			seen[l.EntryID] = true
			entry, balance = l.EntryID, cents{n: new(big.Int)}
		}
		id, _ := number(l.Account)
		debit, credit := sum(l.Debit), sum(l.Credit)
		if l.Debit == Unknown || l.Credit == Unknown {
			fault("entry %s, account %s: an exchange rate is missing, so it isn't known in kroner", l.EntryID, id)
			continue
		}
		switch {
		case !debit.takes() || !credit.takes():
			fault("entry %s, account %s: %q and %q aren't amounts of kroner and øre", l.EntryID, id, l.Debit, l.Credit)
		case debit.negative() || credit.negative() || !debit.zero() && !credit.zero():
			fault("entry %s, account %s: debit %s and credit %s", l.EntryID, id, debit.text(), credit.text())
		}
		if l.Day < from || l.Day >= to {
			fault("entry %s is of %s, which isn't in %s", l.EntryID, l.Day, b.Period)
		}
		if clip(l.Memo, longText) == "" {
			fault("entry %s has no text", l.EntryID)
		}
		moved := debit.sub(credit)
		balance = balance.add(moved)
		if _, ok := left[id]; !ok {
			fault("entry %s: account %s is none of the trial balance", l.EntryID, id)
			continue
		}
		left[id] = left[id].sub(moved)
	}
	ends()
	for id, c := range left {
		if !c.zero() {
			fault("account %s: its lines and its balances differ by %s", id, c.text())
		}
	}
}

// organisation finds the organisation number in a tax id such as NO 974760673 MVA; "" if
// there is none, or its last digit doesn't check it (modulo 11).
func organisation(text string) string {
	var digits strings.Builder
	for _, r := range text {
		if r >= '0' && r <= '9' {
			digits.WriteRune(r)
		}
	}
	d := digits.String()
	if len(d) != 9 {
		return ""
	}
	total := 0
	for i, weight := range []int{3, 2, 7, 6, 5, 4, 3, 2, 1} {
		total += weight * int(d[i]-'0')
	}
	if total%11 != 0 {
		return ""
	}
	return d
}

// codes are those of four digits in næringsspesifikasjonen, which accounts are grouped by
// from 2025 on: by category, in its own words.
var codes = []struct {
	category string
	codes    string
}{
	{"balanseverdiForAnleggsmiddel", "1000 1020 1070 1080 1101 1102 1103 1104 1105 1115 1117 1120 1130 1140 1150 1160 1180 1205 1221 1225 1238 1280 " +
		"1290 1295 1296 1298 1312 1313 1320 1331 1332 1340 1350 1360 1370 1380 1390 1395"},
	{"balanseverdiForOmloepsmiddel", "1400 1401 1470 1490 1500 1501 1530 1560 1565 1570 1780 1800 1810 1830 1840 1880 1895 1900 1920 1950"},
	{"langsiktigGjeld", "2100 2120 2130 2160 2180 2185 2200 2210 2220 2250 2260 2280 2290"},
	{"kortsiktigGjeld", "2310 2320 2330 2380 2400 2460 2470 2500 2510 2600 2740 2770 2790 2800 2900 2910 2920 2949 2950 2970 2980 2981 " +
		"2990"},
	{"egenkapital", "2000 2010 2015 2020 2030 2041 2042 2043 2045 2050 2055 2080 2095 2096 2097 2098"},
	{"salgsinntekt", "3000 3001 3002 3003 3004 3005 3006 3007 3008 3100 3200 3300"},
	{"annenDriftsinntekt", "3400 3500 3600 3650 3695 3700 3710 3850 3870 3880 3885 3886 3890 3895 3900 3910"},
	{"varekostnad", "4001 4002 4003 4004 4005 4007 4008 4295 4500 4995"},
	{"loennskostnad", "5000 5300 5400 5420 5600 5900 5950"},
	{"annenDriftskostnad", "6000 6001 6002 6004 6050 6051 6052 6053 6054 6100 6110 6120 6130 6140 6200 6300 6340 6350 6395 6400 6440 6500 " +
		"6600 6695 6700 6750 6751 6752 6995 6998 7000 7020 7040 7080 7099 7155 7165 7295 7330 7350 7370 7400 7420 7440 " +
		"7490 7500 7501 7502 7503 7565 7600 7650 7651 7700 7701 7830 7860 7880 7885 7886 7890 7897 7910 7911"},
	{"finansinntekt", "8005 8030 8050 8054 8059 8060 8074 8075 8079 8080 8090 8091"},
	{"finanskostnad", "8100 8105 8115 8120 8130 8150 8154 8159 8160 8174 8175 8179"},
	{"skattekostnad", "8300 8321 8322 8323 8324"},
	{"resultatDisponeringForSAF-T", "8800"},
}

// grouping gives the code and the category of an account's number: its first four digits.
func grouping(number string) (code, category string, ok bool) {
	if len(number) < 4 {
		return "", "", false
	}
	code = number[:4]
	if _, err := strconv.ParseUint(number, 10, 64); err != nil {
		return "", "", false
	}
	for _, c := range codes {
		if slices.Contains(strings.Fields(c.codes), code) {
			return code, c.category, true
		}
	}
	return "", "", false
}
