package published

import (
	"slices"
	"strings"

	"carat/pipeline/feed/lex"
)

// CheckAccount refuses a report of an account that is not ours. account is
// what the report calls it; "" if it doesn't.
func (r *Report) CheckAccount(line int64, account string) error {
	if account == "" || len(r.Settings.Accounts) == 0 || slices.Contains(r.Settings.Accounts, account) {
		return nil
	}
	return r.Refuse(line, "a report of the account %q, and carat.yaml takes those of %s", lex.ColumnName([]byte(account)), strings.Join(r.Settings.Accounts, ", ")).
		WithHint("is this the right file? else add it to feeds: %s: accounts", r.Feed)
}

// AccountText is an account's number without the blanks that people write.
func AccountText(text string) string { return strings.Join(strings.Fields(text), "") }

// OwnAccount refuses a report of an account that is not one of ours, if the
// configuration names ours.
func (r *Report) OwnAccount(account string, line int64) error {
	if len(r.Settings.Accounts) == 0 {
		return nil
	}
	for _, own := range r.Settings.Accounts {
		if strings.EqualFold(AccountText(own), AccountText(account)) {
			return nil
		}
	}
	return r.Refuse(line, "account %s is none of ours", lex.Shown(account)).
		WithHint("carat.yaml names them: feeds: %s: accounts: [%s]", r.Feed, strings.Join(r.Settings.Accounts, ", "))
}
