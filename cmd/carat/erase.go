package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"carat/jobs/guard"
)

// eraseCommand is `carat erase --creator ID`.
func eraseCommand(a *app) *cobra.Command {
	var creator string
	cmd := &cobra.Command{
		Use:   "erase --creator ID",
		Short: "forget a person: name, address and the files that hold them",
		Long: `Removes a creator's name and address from the store of people, and every kept
file of the creators feed that names the person, and records who did so and
when. The history holds ids and terms only: it stays as it is, and still
verifies. Statements that show the name are removed, and can be written again
without it. A later file that names the person brings nothing back.`,
		Example: `  carat erase --creator c371828 --user ann`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if creator == "" {
				return usage("--creator is missing").WithHint("for example `carat erase --creator c1`")
			}
			s, err := a.setting(a.progress())
			if err != nil {
				return err
			}
			r, err := guard.Erase(cmd.Context(), guard.EraseOptions{Setting: s, Creator: creator})
			if err != nil {
				return err
			}
			if r.Before && r.SourceFiles == 0 && len(r.Statements) == 0 {
				fmt.Fprintf(a.stdout, "%s was erased before: nothing that carat keeps shows a name or an address\n", printableLine(creator))
				return nil
			}
			fmt.Fprintf(a.stdout, "%s is erased: the name, the address, and %d source files that held them\n", printableLine(creator), r.SourceFiles)
			for _, f := range r.Statements {
				a.tell("erase: removed " + f + ", which showed the name; while its month is open `carat statements` writes it again without")
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&creator, "creator", "", "whom to forget, by creator_id")
	return cmd
}
