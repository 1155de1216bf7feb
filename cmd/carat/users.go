package main

import (
	"strings"

	"github.com/spf13/cobra"

	"carat/jobs/books"
	"carat/reports/table"
)

// usersCommand is `carat users [grant|revoke USER ROLE]`.
func usersCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "users [grant USER ROLE | revoke USER ROLE]",
		Short: "who may prepare, approve and read",
		Long: `Lists the roles of users, or changes one. Roles are
` + strings.Join(books.Roles, ", ") + `.
While no role was granted everybody may do everything, but no one person both
prepares a month and approves it. Who grants the first role becomes
administrator. From then on who has no role may do nothing, and administrators
alone change roles; nobody grants one to themselves.`,
		Example: `  carat users
  carat users grant cleo administrator
  carat users grant ann preparer
  carat users revoke ann preparer`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			if len(args) != 3 || args[0] != "grant" && args[0] != "revoke" {
				return usage("carat users takes nothing, or grant or revoke with a user and a role").WithHint("for example `carat users grant ann approver`")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.setting(a.progress())
			if err != nil {
				return err
			}
			o := books.UsersOptions{Setting: s}
			if len(args) == 3 {
				o.User, o.Role, o.Revoke = args[1], args[2], args[0] == "revoke"
			}
			result, err := books.Users(cmd.Context(), o)
			if err != nil {
				return err
			}
			if result.Administrator != "" {
				a.tell("users: " + result.Administrator + " is administrator now, as whoever grants the first role; from now on who has no role may do nothing")
			}
			t := &table.Table{Columns: []table.Column{{Name: "user"}, {Name: "role"}, {Name: "granted_by"}, {Name: "granted_at", Kind: table.Time}}}
			for _, g := range result.Grants {
				t.Rows = append(t.Rows, []any{g.User, g.Role, g.By, g.At})
			}
			return t.Write(a.stdout, a.format)
		},
	}
	a.formatFlag(cmd)
	return cmd
}
