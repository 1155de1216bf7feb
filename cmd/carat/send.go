package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"carat/jobs/config/literal"
	"carat/jobs/mail"
	"carat/pipeline"
	"carat/sql"
)

// sendCommand is `carat send --period P`.
func sendCommand(a *app) *cobra.Command {
	var period string
	var o mail.Options
	cmd := &cobra.Command{
		Use:   "send --period 2026-10",
		Short: "mail statements of a period to creators and agencies, each once",
		Long: `Mails what lies in out/PERIOD/statements, or what the run has where files are
made on demand, by the server under mail in carat.yaml. A statement that was
sent is not sent again, unless it says something else since. The server's
password is taken from the environment variable ` + mail.PasswordVariable + `.`,
		Example: `  carat send --period 2026-10 --dry-run
  carat send --period 2026-10 --creator c371828
  carat send --period 2026-10 --agency agency-03`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			month, err := parsePeriod(cmd, period)
			if err != nil {
				return err
			}
			if o.Creator != "" && o.Agency != "" {
				return pipeline.Errorf(pipeline.KindUsage, "send", "statements", "--creator and --agency are two statements").WithHint("give one of them at a time")
			}
			p := a.progress()
			if o.Setting, err = a.setting(p); err != nil {
				return err
			}
			o.SQL = sql.Files
			o.Period, o.Password = month, o.Config.Mail.Password.Reveal()
			if o.Password == "" {
				password, err := literal.Variable(mail.PasswordVariable, a.variable)
				if err != nil {
					return pipeline.Errorf(pipeline.KindUsage, "read", "the password of mail", "%w", err)
				}
				o.Password = password.Reveal()
			}
			r, err := mail.Send(cmd.Context(), o)
			p.clear()
			if r == nil {
				return err
			}
			a.writeSent(r, o.DryRun)
			if err == nil && len(r.Failed) > 0 {
				err = pipeline.Errorf(pipeline.KindInternal, "send statements of", period, "%s", counted(len(r.Failed), "statement was not taken", "statements were not taken")).
					WithHint("the same command tries them again")
			}
			if err == nil && len(r.Unknown) > 0 {
				err = pipeline.Errorf(pipeline.KindInternal, "send statements of", period, "of %s nobody knows whether it went", counted(len(r.Unknown), "statement", "statements")).
					WithHint("ask the mail server; --again sends one once more")
			}
			return err
		},
	}
	cmd.Flags().StringVar(&period, "period", "", "the month, such as 2026-10")
	cmd.Flags().StringVar(&o.Creator, "creator", "", "only this creator's")
	cmd.Flags().StringVar(&o.Agency, "agency", "", "only this agency's")
	cmd.Flags().BoolVar(&o.Provisional, "provisional", false, "also statements of a month that is not closed")
	cmd.Flags().BoolVar(&o.NewAddress, "new-address", false, "also to an address that is another than that of the letter before")
	cmd.Flags().BoolVar(&o.Again, "again", false, "also the one named whose sending was broken off")
	cmd.Flags().BoolVar(&o.DryRun, "dry-run", false, "only say what would be sent")
	return cmd
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(int64(n)) + " " + many
}

func (a *app) writeSent(r *mail.Result, dryRun bool) {
	verb := "sent"
	if dryRun {
		verb = "would be sent"
	}
	fmt.Fprintf(a.stdout, "%s %s\n", grouped(r.Sent), verb)
	for _, line := range []struct {
		n    int64
		text string
	}{
		{r.Before, "were sent before"}, {r.NoAddress, "have no address"},
		{r.Provisional, "are provisional and stay here (--provisional sends them)"},
		{int64(len(r.Unknown)), "were being sent when a run was broken off: ask the server whether they went"},
	} {
		if line.n > 0 {
			fmt.Fprintf(a.stdout, "%s %s\n", grouped(line.n), line.text)
		}
	}
	for _, id := range r.Unknown {
		flag, name := "--creator ", id
		if agency, is := strings.CutPrefix(id, mail.AgencyPrefix); is {
			flag, name = "--agency ", agency
		}
		a.tell("send to " + id + ": ask the mail server whether it went; if it didn't, `carat send --period " + string(r.Period) + " " + flag + name + " --again` sends it")
	}
	for _, f := range r.Failed {
		a.tell("send to " + f.CreatorID + ": " + f.Reason)
	}
}

// variable gives a variable of the environment, "" when it is not set.
func (a *app) variable(name string) string {
	for _, e := range a.env {
		if value, ok := strings.CutPrefix(e, name+"="); ok {
			return value
		}
	}
	return ""
}
