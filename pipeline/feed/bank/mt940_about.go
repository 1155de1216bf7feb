package bank

import (
	"regexp"
	"strings"

	"carat/pipeline/feed/published"
)

// What banks say of an entry, in field 86 of MT940 and in the texts of others:
// German banks part it by ?20 or another sign, Dutch ones by /REMI/ and other
// codes, some not at all.

// mt940Sub begins a part of a structured field 86, by the sign that parts it:
// 20 to 29 and 60 to 63 are the remittance, 32 and 33 the other's name.
var mt940Sub = map[byte]*regexp.Regexp{
	'?': regexp.MustCompile(`\?([0-9]{2})`), '~': regexp.MustCompile(`~([0-9]{2})`), '^': regexp.MustCompile(`\^([0-9]{2})`),
	'<': regexp.MustCompile(`<([0-9]{2})`), '>': regexp.MustCompile(`>([0-9]{2})`),
}

// mt940EndToEnd is the payer's own reference inside the remittance.
var mt940EndToEnd = regexp.MustCompile(`EREF\+(.*?)(?:[A-Z]{4}\+|$)`)

// mt940Marked says that a text without parts is marked as a German remittance is.
var mt940Marked = regexp.MustCompile(`^[A-Z]{4}\+`)

// mt940About reads field 86: the payer's reference where it is marked, else
// the remittance, and the other's name.
func mt940About(lines []string) (sepa, reference, counterparty string) {
	text := strings.Join(lines, "")
	if coded, ok := codedText(text); ok {
		return coded.endToEnd, published.FirstOf(coded.remittance, words(strings.Join(lines, " "))), coded.name
	}
	at := mt940Parts(text)
	if len(at) == 0 {
		if mt940Marked.MatchString(text) {
			sepa = mt940Payer(text)
		}
		return sepa, words(strings.Join(lines, " ")), ""
	}
	var remittance []string
	var name strings.Builder
	for i, from := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		switch sub, body := text[from[2]:from[3]], text[from[1]:end]; {
		case sub >= "20" && sub <= "29", sub >= "60" && sub <= "63":
			remittance = append(remittance, body)
		case sub == "32", sub == "33":
			name.WriteString(body + " ")
		}
	}
	// A reference may be cut by the end of a part.
	return mt940Payer(strings.Join(remittance, "")), words(strings.Join(remittance, " ")), words(name.String())
}

// mt940Parts finds where the parts of a field 86 begin; none where its first
// four characters hold no sign that parts it.
func mt940Parts(text string) [][]int {
	for i := range min(len(text), 4) {
		if sub, ok := mt940Sub[text[i]]; ok {
			if at := sub.FindAllStringSubmatchIndex(text, -1); len(at) > 0 && at[0][0] == i {
				return at
			}
			return nil
		}
	}
	return nil
}

// mt940Payer gives the payer's own reference that a remittance marks.
func mt940Payer(remittance string) string {
	if marked := mt940EndToEnd.FindStringSubmatch(remittance); marked != nil {
		return givenRef(strings.TrimSpace(marked[1]))
	}
	return ""
}

// mt940Own gives our reference of field 61; "" where it says that there is none,
// or only by which code field 86 has one.
func mt940Own(text string) string {
	switch text = givenRef(strings.TrimSpace(text)); text {
	case "EREF", "PREF", "MARF", "KREF":
		return ""
	}
	return text
}

// mt940Note is a line of field NS, which some banks have in place of 86: 01 to 14
// are the remittance.
var mt940Note = regexp.MustCompile(`^(0[1-9]|1[0-4])(.*)$`)

// mt940Notes gives the remittance of a field NS.
func mt940Notes(lines []string) string {
	var remittance []string
	for _, line := range lines {
		if part := mt940Note.FindStringSubmatch(line); part != nil {
			remittance = append(remittance, part[2])
		}
	}
	return words(strings.Join(remittance, " "))
}

// textCodes begin the parts of a text as Dutch banks write it: /NAME/STRIPE/REMI/….
// The code of a part that is not used ends the one before it.
var textCodes = regexp.MustCompile(`/(TRTP|RTYP|IBAN|BIC|NAME|REMI|EREF|PREF|IREF|KREF|CREF|MARF|CSID|ORDP|BENM|CNTP|RTRN|RREF|ISDT|ID|ADDR|PURP|TRCD|ULTD|ULTC|ULTB|SWOD|SWOC|INIT|CRED|DEBT|SVCL|STRD|USTD|OCMT|CHGS|EXCH|ACCW|BO|SCOR)/`)

// codes is what a text says under its codes.
type codes struct{ endToEnd, remittance, name string }

// codedText reads a text whose parts are named by codes; false for any other.
func codedText(text string) (codes, bool) {
	at := textCodes.FindStringSubmatchIndex(text)
	if at == nil || at[0] != 0 {
		return codes{}, false
	}
	said := map[string]string{}
	other := false // the name that follows is of somebody behind the payer or payee
	for rest := text; at != nil; {
		code := rest[at[2]:at[3]]
		// Codes share their slashes: /REMI/USTD//thanks.
		rest = rest[at[1]-1:]
		body := rest
		if at = textCodes.FindStringSubmatchIndex(rest); at != nil {
			body = rest[:at[0]]
		}
		body = strings.Trim(words(body), "/ ")
		switch code {
		case "ULTD", "ULTC", "ULTB", "INIT":
			other = true
		case "ORDP", "BENM", "CNTP":
			other = false
			if parts := strings.Split(body, "/"); code == "CNTP" && len(parts) > 2 { // account, bank, name, town
				body = strings.TrimSpace(parts[2])
			}
		}
		if said[code] == "" && !(code == "NAME" && other) {
			said[code] = body
		}
	}
	structured := said["STRD"]
	for _, kind := range []string{"CUR/", "ISO/", "SCOR/"} {
		structured = strings.TrimPrefix(structured, kind)
	}
	return codes{
		endToEnd:   givenRef(said["EREF"]),
		remittance: published.FirstOf(structured, said["USTD"], said["REMI"], givenRef(said["PREF"])),
		name:       published.FirstOf(said["NAME"], said["CNTP"]),
	}, true
}
