package yearfiles

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"carat/pipeline"
	"carat/pipeline/state"
	"carat/reports/statement"
	"carat/reports/yearfile"
)

// dac7 makes the message of an entity.
func (r *Result) dac7(o Options, run state.Run, operator yearfile.Operator, list []payee, who map[string]pipeline.Identity) error {
	if len(list) == 0 {
		return nil
	}
	if lacks := lacksPayer(operator, true); lacks != "" {
		r.except(payee{form: FormDAC7, entity: operator.Entity}, "%s: no message; payees left out: %d", lacks, len(list))
		return nil
	}
	m := yearfile.Message{Operator: operator, Year: o.Year, At: o.Now,
		Ref: fmt.Sprintf("%s%d%s-%s-%.12s", operator.Country, o.Year, operator.Country, operator.Entity, run.ID)}
	for _, one := range list {
		identity := who[one.id]
		if !r.complete(one, identity) {
			continue
		}
		if one.entityType == "individual" && !yearfile.IsDate(strings.TrimSpace(identity.BirthDate)) {
			r.except(one, "birth_date is no day like 1990-12-31")
			continue
		}
		s := yearfile.Seller{ID: one.id, Individual: one.entityType == "individual", Residence: one.residence, Currency: one.currency, Who: identity}
		below := 0
		for q, of := range one.quarters {
			s.Consideration[q], s.Activities[q], s.Fees[q], s.Taxes[q] = of.net, of.payouts, of.fee, of.withheld
			if strings.Contains(of.net+of.payouts+of.fee+of.withheld, "-") {
				below = q + 1
			}
		}
		if below > 0 {
			if o.Config.DAC7Basis == BasisCredited {
				r.except(one, "fees, tax and what was taken back in quarter %d are more than was credited in it", below)
			} else {
				r.except(one, "more came back in quarter %d than was paid in it: the return of the year in which it was paid is to be corrected", below)
			}
			continue
		}
		if err := m.Refused(s); err != nil {
			r.except(one, "the schema does not take it: %s", strings.ReplaceAll(inPlace.ReplaceAllString(err.Error(), ""), "\n", "; "))
			continue
		}
		m.Sellers = append(m.Sellers, s)
	}
	if len(m.Sellers) == 0 {
		return nil
	}
	var b bytes.Buffer
	if err := yearfile.DAC7(&b, m); err != nil {
		return err
	}
	r.Files = append(r.Files, File{Name: "dac7-" + fileName(operator.Entity) + ".xml", Form: FormDAC7, Entity: operator.Entity, Payees: int64(len(m.Sellers)), content: b.Bytes()})
	return nil
}

// inPlace is where in the message an element stands, before its name.
var inPlace = regexp.MustCompile(`(?m)^/(?:\w+/)*`)

// complete says whether all is there that the form asks for; else it lists the payee.
// Who was erased lacks what the history remembers was there.
func (r *Result) complete(one payee, identity pipeline.Identity) bool {
	switch {
	case one.missing == "payee":
		r.except(one, "nobody told who they are: the feed payees has no row")
	case one.missing != "":
		r.except(one, "nobody told %s", strings.Join(strings.Fields(one.missing), ", "))
	case identity == (pipeline.Identity{}):
		r.except(one, "the person was erased")
	case strings.TrimSpace(identity.LegalName) == "" || strings.TrimSpace(identity.Address) == "":
		r.except(one, "legal_name or address is blank")
	default:
		return true
	}
	return false
}

// us makes the 1099 or 1042-S of an entity: gross before tax and fee.
func (r *Result) us(o Options, payer yearfile.Operator, form string, list []payee, who map[string]pipeline.Identity) {
	header := []string{"form", "tax_year", "payer", "payer_name", "payer_address", "payer_tin", "recipient_id", "recipient_name", "recipient_address",
		"recipient_tin", "account", "currency"}
	name, boxes := "1042-s", []string{"recipient_country", "recipient_birth_date", "income_code", "box2_gross_income", "box7a_federal_tax_withheld"}
	if form == Form1099 {
		name = "1099-" + o.US1099
		boxes = []string{map[string]string{US1099NEC: "box1_nonemployee_compensation", US1099MISC: "box2_royalties"}[o.US1099], "box4_federal_income_tax_withheld"}
	}
	rows := [][]string{append(header, boxes...)}
	for _, one := range list {
		identity := who[one.id]
		if form == Form1099 && !one.reaches {
			r.Below++
			continue
		}
		if one.currency != currencyUS {
			r.except(one, "it was paid in %s; the form is told in dollars", one.currency)
			continue
		}
		if strings.HasPrefix(one.gross, "-") || strings.HasPrefix(one.withheld, "-") {
			r.except(one, "more came back in the year than was paid in it: the return of the year in which it was paid is to be corrected")
			continue
		}
		if !r.complete(one, identity) {
			continue
		}
		var numbers []string
		for _, id := range yearfile.TaxIDs(identity.TaxIDs, one.residence) {
			if form == Form1042S || id.Country == "US" {
				numbers = append(numbers, id.Number)
			}
		}
		row := []string{strings.ToUpper(name), strconv.Itoa(o.Year), payer.Entity, payer.Name, payer.Address, payer.TaxID, one.id, identity.LegalName,
			identity.Address, strings.Join(numbers, ";"), identity.Account, one.currency}
		if form == Form1042S {
			row = append(row, one.residence, identity.BirthDate, incomeCode, one.gross, one.withheld)
		} else {
			row = append(row, one.gross, one.withheld)
		}
		rows = append(rows, row)
	}
	if len(rows) == 1 {
		return
	}
	if lacks := lacksPayer(payer, false); lacks != "" {
		r.except(payee{form: form, entity: payer.Entity}, "%s: no file for %d payees", lacks, len(rows)-1)
		return
	}
	var b bytes.Buffer
	yearfile.CSV(&b, rows)
	r.Files = append(r.Files, File{Name: name + "-" + fileName(payer.Entity) + ".csv", Form: form, Entity: payer.Entity, Payees: int64(len(rows) - 1), content: b.Bytes()})
}

// incomeCode is 1042-S's for compensation of independent personal services.
const incomeCode = "17"

// fileName is an entity's id as a file's name may hold it.
func fileName(entity string) string {
	_, name := statement.FolderName(entity)
	return name
}
