package certificate

import (
	"slices"
	"sort"
	"strings"
)

// Signer is somebody who signed or decided: by name, and by the account of the
// operating system.
type Signer struct{ User, OSUser string }

// SharedAccount is an account of the operating system under which people of
// several names acted.
type SharedAccount struct {
	OSUser string   `json:"os_user"`
	Users  []string `json:"users"`
}

// SharedAccounts finds the accounts under which several names acted, by account,
// and by name within one. Names differ when they differ in more than case; what has
// no account is left out.
func SharedAccounts(signers []Signer) (shared []SharedAccount) {
	users := map[string][]string{}
	for _, s := range signers {
		same := func(user string) bool { return strings.EqualFold(user, s.User) }
		if s.OSUser != "" && s.User != "" && !slices.ContainsFunc(users[s.OSUser], same) {
			users[s.OSUser] = append(users[s.OSUser], s.User)
		}
	}
	for account, list := range users {
		if len(list) > 1 {
			sort.Strings(list)
			shared = append(shared, SharedAccount{account, list})
		}
	}
	slices.SortFunc(shared, func(a, b SharedAccount) int { return strings.Compare(a.OSUser, b.OSUser) })
	return shared
}

// Says tells it in one sentence.
func (a SharedAccount) Says() string {
	last := len(a.Users) - 1
	return strings.Join(a.Users[:last], ", ") + " and " + a.Users[last] + " acted under one account of the operating system, " + a.OSUser +
		": nothing proves that they are different people"
}
