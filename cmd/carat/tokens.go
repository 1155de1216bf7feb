package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"carat/jobs/books"
	"carat/jobs/people"
	"carat/reports/table"
)

// makeToken prints a new token, once: on stdout alone, so that it can go where it belongs.
func (a *app) makeToken(cmd *cobra.Command, s books.Setting, role string, f usersFlags) error {
	token, t, err := people.MakeToken(cmd.Context(), people.TokenOptions{Setting: s, Role: role, Name: f.name, Days: f.days})
	if err != nil {
		return err
	}
	a.tell(fmt.Sprintf("users: %s reads as %s %s until %s (record %d); it is printed once, keep it as a password", t.ID(), t.Person, t.Role, shownTime(t.Until), t.No))
	fmt.Fprintln(a.stdout, token)
	return nil
}

// tokens lists every token that there ever was.
func (a *app) tokens(cmd *cobra.Command, s books.Setting) error {
	list, err := people.Tokens(cmd.Context(), s)
	if err != nil {
		return err
	}
	t := &table.Table{Columns: []table.Column{{Name: "user"}, {Name: "token"}, {Name: "role"}, {Name: "until", Kind: table.Time}, {Name: "record", Kind: table.Number}, {Name: "name"}, {Name: "revoked", Kind: table.Number}, {Name: "ended"}}}
	for _, one := range list {
		row := []any{one.Person, one.ID(), one.Role, one.Until, one.No, nil, nil, nil}
		if one.Name != "" {
			row[5] = one.Name
		}
		if one.Revoked > 0 {
			row[6] = one.Revoked
		}
		if one.Ended != "" {
			row[7] = one.Ended
		}
		t.Rows = append(t.Rows, row)
	}
	return shortened(t).Write(a.stdout, a.format)
}

func (a *app) revokeToken(cmd *cobra.Command, s books.Setting, person, id string, f usersFlags) error {
	record, err := people.RevokeToken(cmd.Context(), people.TokenOptions{Setting: s, Person: person, ID: id, Reason: f.reason})
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "record %d ends %s of %s\n", record, id, person)
	return nil
}
