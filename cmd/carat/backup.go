package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"carat/jobs/guard"
)

// backupCommand is `carat backup`.
func backupCommand(a *app) *cobra.Command {
	var o guard.BackupOptions
	cmd := &cobra.Command{
		Use:   "backup --out DIR",
		Short: "copy lake, state and carat.yaml into a folder, and verify it",
		Long: `Copies the lake with people/, the state (also from PostgreSQL), carat.yaml and
controls/ into a new folder inside DIR. Files that didn't change share their
bytes with the backup before. The copy is read again and verified as carat
verify does, before it counts as a backup. Broken off, it goes on where it
stopped.`,
		Example: `  carat backup --out /backups/carat --keep 30`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p := a.progress()
			var err error
			if o.Setting, err = a.setting(p); err != nil {
				return err
			}
			if o.Keep < 0 && cmd.Flags().Changed("keep") {
				return usage("--keep: %d is not a whole number, at least 0", o.Keep)
			}
			if what := ownPlace(fullPath(o.Out)); o.Out != "" && strings.HasPrefix(what, "in ") {
				return usage("--out: %s is %s", o.Out, what).WithHint("name a folder elsewhere, best on another disk")
			}
			r, err := guard.Backup(cmd.Context(), o)
			p.clear()
			if err != nil {
				return err
			}
			fmt.Fprintf(a.stdout, "backed up to %s and verified\n", r.Folder)
			fmt.Fprintf(a.stdout, "%s, %s bytes; %s (%s bytes) copied, the others are those of the backup before\n",
				counted(int(r.Files), "file", "files"), grouped(r.Bytes), grouped(r.Copied), grouped(r.CopiedBytes))
			fmt.Fprintf(a.stdout, "the history ends with batch %s, chain %s\n", cmpOr(r.Head.Batch, "none"), cmpOr(r.Head.Chain, "none"))
			for _, name := range r.Mended {
				a.tell("back up " + name + ": the copy in the backup before is damaged; it was copied anew, and that backup is not to be used")
			}
			for _, name := range r.Removed {
				fmt.Fprintf(a.stdout, "removed the older backup %s\n", name)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&o.Out, "out", "", "the folder of backups; else backup.to of carat.yaml")
	cmd.Flags().IntVar(&o.Keep, "keep", -1, "how many backups to keep, this one included; 0: all; else backup.keep of carat.yaml")
	return cmd
}

// restoreCommand is `carat restore`.
func restoreCommand(a *app) *cobra.Command {
	var o guard.RestoreOptions
	cmd := &cobra.Command{
		Use:   "restore --from DIR",
		Short: "make a lake from a backup",
		Long: `Makes the lake of carat.yaml in --dir from a backup; when there is no
carat.yaml it takes that of the backup. The hash of every file is compared and
the lake is verified before it gets its place. Where there is a lake already
nothing is done. --check reads and verifies the backup, and restores nothing.`,
		Example: `  carat restore --from /backups/carat --check
  carat restore --from /backups/carat --dir restored`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.From == "" {
				return usage("--from is missing; name the folder that `carat backup` wrote")
			}
			p := a.progress()
			o.Setting, o.Dir = a.settingOf(nil, p.tell), a.dir
			r, err := guard.Restore(cmd.Context(), o)
			p.clear()
			if err != nil {
				return err
			}
			if o.Check {
				fmt.Fprintf(a.stdout, "the backup %s verifies: %s, %s bytes\n", r.Backup, counted(int(r.Files), "file", "files"), grouped(r.Bytes))
			} else {
				fmt.Fprintf(a.stdout, "restored %s from %s, and verified\n", r.Lake, r.Backup)
			}
			fmt.Fprintf(a.stdout, "the history ends with batch %s, chain %s\n", cmpOr(r.Head.Batch, "none"), cmpOr(r.Head.Chain, "none"))
			if len(r.Differs) > 0 {
				a.tell("restore " + r.Backup + ": the backup's configuration differs from what is here, which stays, in: " + printable(strings.Join(r.Differs, ", ")) +
					"; compare them before the next run: " + r.Backup + "/config")
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&o.From, "from", "", "a folder of backups, or one backup")
	cmd.Flags().StringVar(&o.Name, "backup", "", "which one of the folder, such as 20261031T020000Z; else the newest")
	cmd.Flags().BoolVar(&o.Check, "check", false, "only read and verify the backup")
	return cmd
}
