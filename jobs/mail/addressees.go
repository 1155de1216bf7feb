package mail

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/jobs/statements"
	"carat/pipeline"
	"carat/pipeline/feed/address"
	"carat/pipeline/state"
)

// rememberedFor is how long the address of an earlier letter is compared with.
const rememberedFor = 400 * 24 * time.Hour

// addressees know of each address whose it is, and where a creator's letters
// went before.
type addressees struct {
	holders map[string][]string // creators by the hash of their address, where it is several
	before  map[string]string   // the hash of the last letter's address, by creator
	shared  bool                // several may have one
	changed bool                // it may be another than before
}

// agenciesOf gives, by id, the names and addresses of agencies that have a statement,
// as payees give them. They are in no other feed: who an agency is can be erased.
func agenciesOf(ctx context.Context, p *books.Books, folder string) (map[string]pipeline.Person, error) {
	payees, err := p.Lake.Payees(ctx)
	if err != nil {
		return nil, err
	}
	agencies := map[string]pipeline.Person{}
	return agencies, statements.EachAgencyEntry(folder, func(e *statements.Entry) error {
		payee := payees[e.Creator]
		agencies[e.Creator] = pipeline.Person{CreatorID: e.Creator, DisplayName: payee.LegalName, Email: payee.Email}
		return nil
	})
}

func addresseesOf(ctx context.Context, store *state.Store, people, agencies map[string]pipeline.Person, o Options) (*addressees, error) {
	a := &addressees{holders: map[string][]string{}, shared: o.Config.Mail.SharedAddresses, changed: o.NewAddress}
	hold := func(prefix string, all map[string]pipeline.Person) {
		for id, person := range all {
			if person.Email != "" {
				hash := addressSHA256(person.Email)
				a.holders[hash] = append(a.holders[hash], prefix+id)
			}
		}
	}
	hold("", people)
	hold(AgencyPrefix, agencies)
	for hash, creators := range a.holders {
		if len(creators) < 2 {
			delete(a.holders, hash)
		}
		slices.Sort(creators)
	}
	var err error
	a.before, err = store.LastAddresses(ctx, o.Now.Add(-rememberedFor))
	return a, err
}

// addressSHA256 is how an address is remembered. Mail servers tell the case of no
// mailbox that people have.
func addressSHA256(text string) string {
	plain, err := address.ASCII(text)
	if err != nil {
		plain = text
	}
	sum := sha256.Sum256([]byte(strings.ToLower(plain)))
	return hex.EncodeToString(sum[:])
}

// held says why a letter is not given to the server until a person has looked, ""
// when nothing is wrong with where it goes. The reason holds no address.
func (m *mailer) held(l *letter) string {
	if creators := m.to.holders[l.sent.AddressSHA256]; len(creators) > 1 && !m.to.shared {
		other := creators[0]
		if other == l.sent.CreatorID {
			other = creators[1]
		}
		text := fmt.Sprintf("%s has the same address", other)
		if len(creators) > 2 {
			text = fmt.Sprintf("%s and %d more have the same address", other, len(creators)-2)
		}
		return text + "; is it an agency's? Then `mail: {shared_addresses: true}` in carat.yaml sends to it"
	}
	if before := cmp.Or(m.to.before[l.sent.CreatorID], l.sent.AddressSHA256); before != l.sent.AddressSHA256 && !m.to.changed {
		kind := "creator"
		if l.agency {
			kind = "agency"
		}
		return fmt.Sprintf("the address is another than that of the letter before; ask the %s, then `carat send --period %s --%s %s --new-address`",
			kind, m.options.Period, kind, l.entry.Creator)
	}
	return ""
}
