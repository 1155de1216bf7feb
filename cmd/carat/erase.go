package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"carat/jobs/guard"
	"carat/jobs/talk"
	"carat/pipeline/spelling"
)

// eraseCommand is `carat erase --creator ID`.
func eraseCommand(a *app) *cobra.Command {
	var creator string
	var attachment int64
	cmd := &cobra.Command{
		Use:   "erase --creator ID | --attachment NO",
		Short: "forget a person: name, address and the files that hold them",
		Long: `Removes a creator's name and address from the store of people, and every kept
file of the creators feed that names the person, and records who did so and
when. The history holds ids and terms only: it stays as it is, and still
verifies. Statements that show the name are removed, and can be written again
without it. A later file that names the person brings nothing back. Backups,
files of the inbox and evidence that still name the person are listed, each with
what to do. What lies attached to exceptions about the person goes too; other
files that are attached are listed where they show the person or can't be
searched, and --attachment removes one of them by its number.`,
		Example: `  carat erase --creator c371828 --user ann
  carat erase --attachment 12 --user ann`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if (creator == "") == (attachment == 0) {
				return usage("either --creator or --attachment is wanted").WithHint("for example `carat erase --creator c1`")
			}
			s, err := a.setting(a.progress())
			if err != nil {
				return err
			}
			if creator == "" {
				if err := talk.EraseAttachment(cmd.Context(), s, attachment); err != nil {
					return err
				}
				fmt.Fprintf(a.stdout, "attachment %d is erased: that there was one stays\n", attachment)
				a.tell("erase: backups that were made before hold it still: `carat backup --keep 1` makes one that doesn't, and removes them")
				return nil
			}
			r, err := guard.Erase(cmd.Context(), guard.EraseOptions{Setting: s, Creator: creator})
			if err != nil {
				return err
			}
			defer a.tellLeft(r)
			if r.Before && r.SourceFiles == 0 && len(r.Statements) == 0 && len(r.Published) == 0 {
				fmt.Fprintf(a.stdout, "%s was erased before: nothing that carat keeps shows a name or an address\n", printableLine(creator))
				return nil
			}
			fmt.Fprintf(a.stdout, "%s is erased: the name, the address, and %d source files that held them\n", printableLine(creator), r.SourceFiles)
			for _, id := range r.Alike {
				a.tell(fmt.Sprintf("erase: %s, which looks like it, had the same name, address or account: it is erased too", spelling.Spell(strconv.Quote(id))))
			}
			for _, f := range r.Statements {
				a.tell("erase: removed " + f + ", which showed the name; while its month is open `carat statements` writes it again without")
			}
			for _, f := range r.Published {
				a.tell("erase: removed " + f + ", which showed the name; `carat publish` writes it again without")
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&creator, "creator", "", "whom to forget, by creator_id")
	cmd.Flags().Int64Var(&attachment, "attachment", 0, "which attached file to forget, by its number")
	return cmd
}

// tellLeft lists where the name still is, and what to do about each place.
func (a *app) tellLeft(r *guard.EraseResult) {
	if len(r.Left) == 0 {
		return
	}
	fmt.Fprintf(a.stdout, "%s outside the lake still %s the person, for you to see to:\n", counted(len(r.Left), "place", "places"), map[bool]string{true: "names", false: "name"}[len(r.Left) == 1])
	for _, one := range r.Left {
		fmt.Fprintf(a.stdout, "- %s\n  %s\n", printableLine(one.Where), printableLine(one.Next))
	}
}
