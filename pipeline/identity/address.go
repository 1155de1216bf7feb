package identity

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
)

// Address says where a person of the staff is written to: by a keyed hash alone, whose key
// is erased with the person.
type Address struct {
	Person, Hash string
	No           int64 // of its record
}

// AddressOf gives the hash of a person's address as the last record says it; "" for none.
func (g *Registry) AddressOf(person string) string {
	for _, one := range g.Addresses {
		if one.Person == person {
			return one.Hash
		}
	}
	return ""
}

// checkAddress judges that somebody is written to at an address, or (without one) no more.
func (g *Registry) checkAddress(r Record) error {
	hash := r.Get("address")
	sum, err := hex.DecodeString(hash)
	switch {
	case r.Get("subject") == "":
		return errors.New("it doesn't say whose address it is")
	case hash != "" && (err != nil || len(sum) != sha256.Size || hash != strings.ToLower(hash)):
		return errors.New("it doesn't say which address it is")
	case g.Has(r.Get("subject"), Creator):
		return errors.New("where a creator is written to the files say")
	}
	return g.byAdministrator(r, "says where somebody is written to")
}

func (g *Registry) address(r Record) {
	g.Addresses = slices.DeleteFunc(slices.Clone(g.Addresses), func(a Address) bool { return a.Person == r.Get("subject") })
	if hash := r.Get("address"); hash != "" {
		g.Addresses = append(g.Addresses, Address{Person: r.Get("subject"), Hash: hash, No: r.No})
	}
}
