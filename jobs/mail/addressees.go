package mail

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"carat/jobs/books"
	"carat/jobs/statements"
	"carat/pipeline"
	"carat/pipeline/feed/address"
)

// addressees know of each address whose it is, and where a creator's letters
// went before.
type addressees struct {
	holders map[string][]string                                                // creators by the hash of their address, where it is several
	keyed   func(creator, sha256 string) string                                // the hash by which a letter's address is remembered
	before  func(ctx context.Context, creator string) (hash string, err error) // of the last letter's address; "" of none
	shared  bool                                                               // several may have one
	changed bool                                                               // it may be another than before
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

func addresseesOf(ctx context.Context, p *books.Books, creators, agencies map[string]pipeline.Person, o Options) (*addressees, error) {
	a := &addressees{before: p.State.LastAddress, holders: map[string][]string{}, shared: o.Config.Mail.SharedAddresses, changed: o.NewAddress}
	hold := func(prefix string, all map[string]pipeline.Person) {
		for id, person := range all {
			if person.Email != "" {
				hash := AddressSHA256(person.Email)
				a.holders[hash] = append(a.holders[hash], prefix+id)
			}
		}
	}
	hold("", creators)
	hold(AgencyPrefix, agencies)
	for hash, creators := range a.holders {
		if len(creators) < 2 {
			delete(a.holders, hash)
		}
		slices.Sort(creators)
	}
	var err error
	if a.keyed, err = p.Lake.Mailboxes().Hashes(ctx); err != nil {
		return nil, err
	}
	return a, p.State.KeyAddresses(ctx, a.keyed)
}

// AddressSHA256 is how addresses are compared.
func AddressSHA256(text string) string {
	sum := sha256.Sum256([]byte(address.Spelled(text)))
	return hex.EncodeToString(sum[:])
}

// look finds out where letters to the same went before.
func (a *addressees) look(ctx context.Context, l *letter) (err error) {
	l.address = AddressSHA256(l.person.Email)
	l.sent.AddressHash = a.keyed(l.sent.CreatorID, l.address)
	l.before, err = a.before(ctx, l.sent.CreatorID)
	return err
}

// held says why a letter is not given to the server until a person has looked, ""
// when nothing is wrong with where it goes. The reason holds no address.
func (m *mailer) held(l *letter) string {
	if creators := m.to.holders[l.address]; len(creators) > 1 && !m.to.shared {
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
	if l.before != "" && l.before != l.sent.AddressHash && !m.to.changed {
		kind := "creator"
		if l.agency {
			kind = "agency"
		}
		return fmt.Sprintf("the address is another than that of the letter before; ask the %s, then `carat send --period %s --%s %s --new-address`",
			kind, m.options.Period, kind, l.entry.Creator)
	}
	return ""
}
