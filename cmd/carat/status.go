package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"carat/jobs/books"
	"carat/jobs/ingest"
	"carat/jobs/schedule"
	"carat/reports/table"
)

// statusCommand is `carat status`: what ran, what is late, what blocks the close.
func statusCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "what ran, what is late, and what the close waits for",
		Long: `Tells where each month stands and what its close waits for, when each job last
ran and is next due, what was ingested of each feed, and what is late. With
--format json it is one object; csv gives the months alone.`,
		Example: `  carat status
  carat status --format json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.setting(a.progress())
			if err != nil {
				return err
			}
			r, err := schedule.Status(cmd.Context(), s)
			if err != nil {
				return err
			}
			return a.writeStatus(r, s.Config.Zone)
		},
	}
	a.formatFlag(cmd)
	return cmd
}

func (a *app) writeStatus(r *schedule.StatusResult, zone *time.Location) error {
	switch a.format {
	case "csv":
		return statusPeriods(r, true).Write(a.stdout, a.format)
	case "json":
		return writeStatusJSON(a.stdout, r)
	}
	w := a.stdout
	var title strings.Builder
	fmt.Fprintf(&title, "%s, months are in %s", r.At.In(zone).Format("2006-01-02 15:04 MST"), zone)
	if r.FirstPeriod != "" {
		fmt.Fprintf(&title, ", the first is %s", r.FirstPeriod)
	}
	fmt.Fprintln(w, title.String())
	if err := writeSection(w, "MONTHS", statusPeriods(r, false), "none was reconciled yet"); err != nil {
		return err
	}
	for _, p := range r.Periods {
		writeList(w, "TO CLOSE "+string(p.Period), p.Waits, "")
		writeList(w, "ONE ACCOUNT, SEVERAL PEOPLE "+string(p.Period), p.Shared, "")
		writeList(w, "SETTINGS CHANGED "+string(p.Period), p.Settings, "")
		writeList(w, "NOT COMPARED "+string(p.Period), books.GroupNotCompared(p.NotCompared), "")
	}
	writeList(w, "PEOPLE", r.People, "")
	writeList(w, "LATE", r.Late, "nothing is late")
	if len(r.Sources) > 0 {
		if err := writeSection(w, "SOURCES", statusSources(r, false), ""); err != nil {
			return err
		}
	}
	writeList(w, "REFUSED IN THE LAST 7 DAYS", r.Refused, "")
	writeList(w, "NOT AS WRITTEN", r.Changed, "")
	writeList(w, "LEFT ALONE IN THE INBOX", leftAlone(r), "")
	writeList(w, "NOT TOLD", r.Webhooks, "")
	if err := writeSection(w, "JOBS", statusJobs(r), "none ran yet"); err != nil {
		return err
	}
	return writeSection(w, "FEEDS", statusFeeds(r), "nothing was ingested yet")
}

// leftAlone gives a sentence for each file of the inbox that is no input.
func leftAlone(r *schedule.StatusResult) (lines []string) {
	for _, f := range r.LeftAlone {
		why := f.Reason
		if f.Near {
			why = "it nearly fits and was not taken: " + why
		}
		lines = append(lines, f.Name+": "+why)
	}
	return lines
}

// writeSection writes a table under a title.
func writeSection(w io.Writer, title string, t *table.Table, none string) error {
	fmt.Fprintf(w, "\n%s\n", title)
	if len(t.Rows) == 0 {
		fmt.Fprintln(w, none)
		return nil
	}
	return t.Write(w, "table")
}

// writeList writes sentences under a title; nothing when there are none and
// no sentence says so.
func writeList(w io.Writer, title string, lines []string, none string) {
	if len(lines) == 0 && none == "" {
		return
	}
	fmt.Fprintf(w, "\n%s\n", title)
	for _, l := range lines {
		fmt.Fprintln(w, "- "+printableLine(l))
	}
	if len(lines) == 0 {
		fmt.Fprintln(w, none)
	}
}

// statusPeriods is the table of months; for programs with the run's id.
func statusPeriods(r *schedule.StatusResult, programs bool) *table.Table {
	t := &table.Table{Columns: []table.Column{{Name: "period"}, {Name: "status"}}}
	if programs {
		t.Columns = append(t.Columns, table.Column{Name: "run_id"})
	}
	t.Columns = append(t.Columns, []table.Column{
		{Name: "run_at", Kind: table.Time}, {Name: "exceptions", Kind: table.Number},
		{Name: "newer_batches", Kind: table.Number}, {Name: "stage"}, {Name: "found"}, {Name: "signed"},
	}...)
	for _, p := range r.Periods {
		row := []any{string(p.Period), p.Says}
		if programs {
			row[1] = p.Status
			row = append(row, absent(p.RunID))
		}
		t.Rows = append(t.Rows, append(row, p.RunAt.Truncate(time.Second), p.Exceptions, p.NewerBatches, p.Stage, p.Counts, absent(p.Signed)))
	}
	return t
}

func statusJobs(r *schedule.StatusResult) *table.Table {
	t := &table.Table{Columns: []table.Column{
		{Name: "job"}, {Name: "last"}, {Name: "period"}, {Name: "at", Kind: table.Time}, {Name: "by"}, {Name: "next", Kind: table.Time}, {Name: "detail"},
	}}
	for _, j := range r.Jobs {
		t.Rows = append(t.Rows, []any{j.Job, cmpOr(j.Last, "never"), absent(string(j.Period)), instant(j.At), absent(j.By), instant(j.Next), absent(j.Detail)})
	}
	return t
}

func cmpOr(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// instant makes a zero time an absent cell.
func instant(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at.Truncate(time.Second)
}

func statusFeeds(r *schedule.StatusResult) *table.Table {
	t := &table.Table{Columns: []table.Column{
		{Name: "feed"}, {Name: "batches", Kind: table.Number}, {Name: "rows", Kind: table.Number}, {Name: "rejected", Kind: table.Number},
		{Name: "last_ingest", Kind: table.Time},
	}}
	for _, f := range r.Feeds {
		t.Rows = append(t.Rows, []any{f.Feed, f.Batches, f.Rows, f.Rejected, f.LastIngest.Truncate(time.Second)})
	}
	return t
}

// statusSources is the table of sources: how each stands, what was last taken, and when
// it is asked next; for programs with everything by itself.
func statusSources(r *schedule.StatusResult, programs bool) *table.Table {
	next := time.Time{}
	for _, j := range r.Jobs {
		if j.Job == "fetch" {
			next = j.Next
		}
	}
	t := &table.Table{Columns: []table.Column{{Name: "source"}, {Name: "kind"}, {Name: "stands"}, {Name: "files", Kind: table.Number}, {Name: "last_file"}, {Name: "last_at", Kind: table.Time}}}
	if programs {
		t.Columns = append(t.Columns, []table.Column{{Name: "tried_at", Kind: table.Time}, {Name: "reached_at", Kind: table.Time}, {Name: "waiting", Kind: table.Number}, {Name: "late"},
			{Name: "changed"}, {Name: "changed_file"}, {Name: "error"}, {Name: "next_at", Kind: table.Time}}...)
	} else {
		t.Columns = append(t.Columns, table.Column{Name: "next_at", Kind: table.Time}, table.Column{Name: "detail"})
	}
	for _, s := range r.Sources {
		row := []any{s.Source, s.Kind, s.Stands(), s.Files, absent(s.LastFile), instant(s.LastAt)}
		if programs {
			row = append(row, instant(s.TriedAt), instant(s.ReachedAt), s.Waiting, absent(s.Late), absent(s.Changed), absent(s.ChangedFile), absent(s.Error), instant(next))
		} else {
			row = append(row, instant(next), absent(s.Detail()))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// writeStatusJSON writes everything as one object, tables as arrays.
func writeStatusJSON(w io.Writer, r *schedule.StatusResult) error {
	object := struct {
		At          time.Time           `json:"at"`
		Lake        string              `json:"lake"`
		FirstPeriod string              `json:"first_period"`
		Periods     json.RawMessage     `json:"periods"`
		Waits       map[string][]string `json:"to_close"`
		NotCompared map[string][]string `json:"not_compared"`
		Shared      map[string][]string `json:"shared_accounts"`
		Settings    map[string][]string `json:"settings_changed"`
		Jobs        json.RawMessage     `json:"jobs"`
		Feeds       json.RawMessage     `json:"feeds"`
		Sources     json.RawMessage     `json:"sources"`
		Late        []string            `json:"late"`
		Webhooks    []string            `json:"not_told"`
		Refused     []string            `json:"refused"`
		Changed     []string            `json:"not_as_written"`
		People      []string            `json:"people"`

		LeftAlone []ingest.IgnoredFile `json:"left_alone"`
	}{At: r.At.UTC().Truncate(time.Second), Lake: r.Lake, FirstPeriod: string(r.FirstPeriod), Waits: map[string][]string{}, NotCompared: map[string][]string{}, Shared: map[string][]string{}, Settings: map[string][]string{}, Late: orEmpty(r.Late), Webhooks: orEmpty(r.Webhooks), Refused: orEmpty(r.Refused), Changed: orEmpty(r.Changed), People: orEmpty(r.People),
		LeftAlone: append([]ingest.IgnoredFile{}, r.LeftAlone...)}
	for _, p := range r.Periods {
		if len(p.Waits) > 0 {
			object.Waits[string(p.Period)] = p.Waits
		}
		if len(p.Shared) > 0 {
			object.Shared[string(p.Period)] = p.Shared
		}
		if len(p.Settings) > 0 {
			object.Settings[string(p.Period)] = p.Settings
		}
		if len(p.NotCompared) > 0 {
			object.NotCompared[string(p.Period)] = p.NotCompared
		}
	}
	for _, one := range []struct {
		into  *json.RawMessage
		table *table.Table
	}{{&object.Periods, statusPeriods(r, true)}, {&object.Jobs, statusJobs(r)}, {&object.Feeds, statusFeeds(r)}, {&object.Sources, statusSources(r, true)}} {
		var b strings.Builder
		if err := one.table.Write(&b, "json"); err != nil {
			return err
		}
		*one.into = json.RawMessage(b.String())
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(object)
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
