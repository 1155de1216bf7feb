package main

import (
	"github.com/spf13/cobra"

	"carat/jobs/schedule"
	"carat/pipeline"
	"carat/reports/table"
)

// notifyCommand is `carat notify [--test]`.
func notifyCommand(a *app) *cobra.Command {
	var test bool
	cmd := &cobra.Command{
		Use:   "notify [--test]",
		Short: "tell the webhooks of carat.yaml what they have not been told yet",
		Long: `Tells the webhooks under notifications in carat.yaml of failed jobs, late
feeds, controls that newly block a month and months that are ready for
approval: each once. carat schedule does this by itself; this is for those who
run the jobs by other means. --test tells each webhook a test.`,
		Example: `  carat notify
  carat notify --test`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.setting(a.progress())
			if err != nil {
				return err
			}
			told, err := schedule.Notify(cmd.Context(), schedule.NotifyOptions{Setting: s, Test: test})
			if err != nil {
				return err
			}
			t := &table.Table{Columns: []table.Column{{Name: "webhook"}, {Name: "kind"}, {Name: "subject"}, {Name: "state"}, {Name: "error"}}}
			failed := 0
			for _, one := range told {
				t.Rows = append(t.Rows, []any{one.Webhook, one.Kind, one.Subject, one.State, absent(one.Error)})
				if one.State != schedule.NoticeTold {
					failed++
				}
			}
			if err := t.Write(a.stdout, a.format); err != nil || failed == 0 {
				return err
			}
			return pipeline.Errorf(pipeline.KindInternal, "notify", "webhooks", "%s", counted(failed, "notice was not taken", "notices were not taken")).
				WithHint("the same command tries those again that are pending")
		},
	}
	a.formatFlag(cmd)
	cmd.Flags().BoolVar(&test, "test", false, "tell each webhook a test, which is recorded nowhere")
	return cmd
}
