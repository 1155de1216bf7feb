package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"carat/jobs/month"
	"carat/jobs/statements"
	"carat/pipeline/certificate"
	"carat/sql"
)

// closeCommand is `carat close --period P`: prepare the period for approval.
func closeCommand(a *app) *cobra.Command {
	var period string
	cmd := &cobra.Command{
		Use:   "close --period 2026-10",
		Short: "prepare a period for approval",
		Long: `Reconciles the period over what the history now holds and signs its numbers for
you. Somebody else then locks it with carat approve. The months are closed in
order; blocking exceptions need a waiver first. The sign-off falls away when
any number moves.`,
		Example: `  carat close --period 2026-10 --user ann`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			period, err := parsePeriod(cmd, period)
			if err != nil {
				return err
			}
			p := a.progress()
			s, err := a.setting(p)
			if err != nil {
				return err
			}
			r, err := month.Close(cmd.Context(), month.CloseOptions{Setting: s, SQL: sql.Files, Period: period})
			p.clear()
			if err != nil {
				return err
			}
			if r.Early {
				a.tell(fmt.Sprintf("close %s: the month isn't over yet; rows of it that come after the approval count in %s", period, period.Next()))
			}
			if r.Draft {
				fmt.Fprintf(a.stdout, "%s can be prepared (version %d, run %s); a program signs nothing\n%s, %s\n", r.Period, r.Version, r.RunID, r.Verdict.Words(), r.Verdict.Counts())
			} else {
				fmt.Fprintf(a.stdout, "%s is prepared by %s (version %d, run %s)\n%s, %s\n", r.Period, r.PreparedBy, r.Version, r.RunID, r.Verdict.Words(), r.Verdict.Counts())
			}
			fmt.Fprint(a.stdout, r.Verdict.LeftOut())
			for _, one := range r.Changed {
				fmt.Fprintln(a.stdout, "setting changed: "+printableLine(one))
			}
			if err := a.writeMoved(r.Version, r.Moved); err != nil {
				return err
			}
			if len(r.Unnamed) > 0 {
				fmt.Fprintf(a.stdout, "before it can be approved, say in carat.yaml who pays: `%s`\n", statements.HowToName(s.Config, r.Unnamed))
			}
			if len(r.Verdict.Undecided) > 0 {
				fmt.Fprintf(a.stdout, "before it can be approved, decide the exceptions that need a review: `carat exceptions --period %s`\n", period)
				return nil
			}
			if r.Draft {
				fmt.Fprintf(a.stdout, "a preparer signs it: `carat close --period %s`\n", period)
				return nil
			}
			fmt.Fprintf(a.stdout, "somebody else approves it: `carat approve --period %s`\n", period)
			return nil
		},
	}
	cmd.Flags().StringVar(&period, "period", "", "the month to prepare, such as 2026-10")
	return cmd
}

// writeMoved prints what differs from the version before.
func (a *app) writeMoved(version int64, moved []certificate.MovedTable) error {
	if version == 1 {
		return nil
	}
	if len(moved) == 0 {
		fmt.Fprintf(a.stdout, "nothing moved against version %d\n", version-1)
		return nil
	}
	fmt.Fprintf(a.stdout, "moved against version %d:\n", version-1)
	return month.MovedTable(moved).Write(a.stdout, "table")
}

// approveCommand is `carat approve --period P`: lock it.
func approveCommand(a *app) *cobra.Command {
	var period string
	cmd := &cobra.Command{
		Use:   "approve --period 2026-10",
		Short: "lock a prepared period",
		Long: `Locks a period that somebody else has prepared: writes the final statements and
a certificate with the hash of every number, and from then on no job changes
the month. You can be neither the one who prepared it nor one who decided about
an exception in it. Rows that come later count in the next month.`,
		Example: `  carat approve --period 2026-10 --user cleo`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			period, err := parsePeriod(cmd, period)
			if err != nil {
				return err
			}
			p := a.progress()
			s, err := a.setting(p)
			if err != nil {
				return err
			}
			r, err := month.Approve(cmd.Context(), month.ApproveOptions{Setting: s, SQL: sql.Files, Period: period})
			p.clear()
			if err != nil {
				return err
			}
			fmt.Fprintf(a.stdout, "%s is %s\nrun %s, %s\nprepared by %s, approved by %s\n",
				r.Period, r.Standing.Words(), r.RunID, r.Standing.Counts(), r.PreparedBy, r.ApprovedBy)
			for _, shared := range r.Shared {
				a.tell("approve " + string(r.Period) + ": " + shared.Says())
			}
			if err := a.writeMoved(r.Version, r.Moved); err != nil {
				return err
			}
			fmt.Fprintf(a.stdout, "%s in %s\nclose package in %s\ncertificate %s\nits SHA-256 %s (keep it elsewhere too)\n",
				numbered(r.Statements, "final statements"), r.Folder, filepath.Dir(r.Package[0]), r.Certificate, r.SHA256)
			return a.stampApproved(cmd.Context(), s, r.Period)
		},
	}
	cmd.Flags().StringVar(&period, "period", "", "the month to lock, such as 2026-10")
	return cmd
}

// reopenCommand is `carat reopen --period P --reason T`.
func reopenCommand(a *app) *cobra.Command {
	var period, reason string
	cmd := &cobra.Command{
		Use:   "reopen --period 2026-10 --reason TEXT",
		Short: "open the last closed period again",
		Long: `Opens the last closed period again. Its statements are kept; the next ones are
a version more, with a list of what moved, and both people must sign anew.`,
		Example: `  carat reopen --period 2026-10 --user ann --reason "late bank statement"`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			period, err := parsePeriod(cmd, period)
			if err != nil {
				return err
			}
			s, err := a.setting(a.progress())
			if err != nil {
				return err
			}
			r, err := month.Reopen(cmd.Context(), month.ReopenOptions{Setting: s, Period: period, Reason: reason})
			if err != nil {
				return err
			}
			fmt.Fprintf(a.stdout, "%s is open again; its version %d is kept\n", r.Period, r.Version)
			if r.Kept != "" {
				fmt.Fprintf(a.stdout, "its statements are in %s\n", r.Kept)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&period, "period", "", "the month to open, such as 2026-10")
	cmd.Flags().StringVar(&reason, "reason", "", "why: it stands in the next certificate")
	return cmd
}
