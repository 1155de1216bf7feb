package written_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"carat/fixtures"
	"carat/jobs"
	"carat/jobs/books"
	"carat/jobs/closepackage"
	"carat/jobs/guard"
	"carat/jobs/internal/trial"
	"carat/jobs/month"
	"carat/jobs/schedule"
	"carat/jobs/written"
	"carat/pipeline"
	"carat/sql"
)

const october = pipeline.Period("2026-10")

// generated makes and runs a month, and gives the settings of two people.
func generated(t *testing.T) (ann, bob books.Setting) {
	t.Helper()
	ann, _ = trial.Made(t, fixtures.Options{Period: october, Gifts: 200, Viewers: 100, Creators: 20, Seed: 5, Files: fixtures.FilesMonth}, "none")
	bob = ann
	ann.By, bob.By = books.Actor{User: "ann", OSUser: "ann"}, books.Actor{User: "bob", OSUser: "bob"}
	if _, err := jobs.Run(t.Context(), jobs.RunOptions{Setting: ann, SQL: sql.Files, Period: october}); err != nil {
		t.Fatal(err)
	}
	return ann, bob
}

func overwrite(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// What somebody wrote over the close package before it was signed is not signed, stays as
// it is until carat is asked to write anew, and is told then.
func TestWhatIsSignedIsWhatWasWritten(t *testing.T) {
	ann, bob := generated(t)
	page := filepath.Join(ann.Config.OutFolder(october), "package", "close-2026-10.html")
	refused := func(action string, err error) {
		t.Helper()
		if pipeline.KindOf(err) != pipeline.KindBlocked || err == nil || !strings.Contains(err.Error(), "package/close-2026-10.html was changed or taken away since carat wrote it") {
			t.Errorf("%s: %v", action, err)
		}
		if text, err := os.ReadFile(page); err != nil || string(text) != "forged" {
			t.Errorf("%s: what was read is gone: %q %v", action, text, err)
		}
	}
	overwrite(t, page, "forged")
	_, err := month.Close(t.Context(), month.CloseOptions{Setting: ann, SQL: sql.Files, Period: october})
	refused("close", err)
	var told []string
	ann.Progress = func(e books.Event) { told = append(told, e.Note) }
	if _, err := jobs.Run(t.Context(), jobs.RunOptions{Setting: ann, SQL: sql.Files, Period: october}); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(told, "package/close-2026-10.html was changed or taken away since carat wrote it; it is written anew") {
		t.Errorf("told %q", told)
	}
	if _, err := month.Close(t.Context(), month.CloseOptions{Setting: ann, SQL: sql.Files, Period: october}); err != nil {
		t.Fatal(err)
	}
	overwrite(t, page, "forged")
	if looked, err := month.Look(t.Context(), month.LookOptions{Setting: bob, SQL: sql.Files, Period: october}); err != nil || len(looked.Approve) != 1 {
		t.Errorf("%+v %v", looked, err)
	}
	_, err = month.Approve(t.Context(), month.ApproveOptions{Setting: bob, SQL: sql.Files, Period: october})
	refused("approve", err)
	if v, err := guard.Verify(t.Context(), guard.VerifyOptions{Setting: bob}); err != nil || !slices.Contains(v.Notes, "out/2026-10/package/close-2026-10.html was changed or taken away since carat wrote it") {
		t.Errorf("%+v %v", v, err)
	}
	if _, err := closepackage.Write(t.Context(), closepackage.Options{Setting: ann, SQL: sql.Files, Period: october}); err != nil {
		t.Fatal(err)
	}
	if _, err := month.Approve(t.Context(), month.ApproveOptions{Setting: bob, SQL: sql.Files, Period: october}); err != nil {
		t.Fatal(err)
	}
}

// Every file that carat wrote into a closed month's folder is compared by verify and by
// status; what carat writes anew is in order.
func TestFilesOfAClosedMonthAreCompared(t *testing.T) {
	ann, bob := generated(t)
	if _, err := month.Close(t.Context(), month.CloseOptions{Setting: ann, SQL: sql.Files, Period: october}); err != nil {
		t.Fatal(err)
	}
	if _, err := month.Approve(t.Context(), month.ApproveOptions{Setting: bob, SQL: sql.Files, Period: october}); err != nil {
		t.Fatal(err)
	}
	out := ann.Config.OutFolder(october)
	compare := func() (differences, notes []string) {
		t.Helper()
		p, err := books.OpenExisting(t.Context(), ann, books.RightVerify)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = p.Close() }()
		differences, notes, err = written.Verify(t.Context(), p, ann.Config)
		if err != nil {
			t.Fatal(err)
		}
		return differences, notes
	}
	if differences, notes := compare(); len(differences)+len(notes) > 0 {
		t.Fatalf("%q %q", differences, notes)
	}
	compared := 0
	for _, folder := range written.Folders {
		files, err := filepath.Glob(filepath.Join(out, folder, "[^.]*"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v %v", folder, files, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want := "out/2026-10/" + folder + "/" + filepath.Base(file) + " was changed or taken away since carat wrote it"
			overwrite(t, file, string(text)+"\n; changed")
			if differences, _ := compare(); !slices.Equal(differences, []string{want}) {
				t.Errorf("%q, not %q", differences, want)
			}
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			if differences, _ := compare(); !slices.Equal(differences, []string{want}) {
				t.Errorf("%q, not %q", differences, want)
			}
			overwrite(t, file, string(text))
			compared++
		}
	}
	if compared < 8 {
		t.Errorf("only %d files were compared", compared)
	}
	beside := filepath.Join(out, "journal", "xero-corrected.csv")
	overwrite(t, beside, "x")
	if differences, notes := compare(); len(differences) > 0 || !slices.Equal(notes, []string{"out/2026-10/journal/xero-corrected.csv lies among what carat wrote, and carat didn't write it"}) {
		t.Errorf("%q %q", differences, notes)
	}
	if err := os.Remove(beside); err != nil {
		t.Fatal(err)
	}
	overwrite(t, filepath.Join(out, "journal", "xero.csv"), "forged")
	v, err := guard.Verify(t.Context(), guard.VerifyOptions{Setting: ann})
	if pipeline.KindOf(err) != pipeline.KindVerification || len(v.Differences) != 1 {
		t.Errorf("%+v %v", v, err)
	}
	if s, err := schedule.Status(t.Context(), ann); err != nil || len(s.Changed) != 1 {
		t.Errorf("%+v %v", s, err)
	}
	if _, err := closepackage.Write(t.Context(), closepackage.Options{Setting: ann, SQL: sql.Files, Period: october, Formats: []string{"html"}}); err != nil {
		t.Fatal(err)
	}
	if v, err := guard.Verify(t.Context(), guard.VerifyOptions{Setting: ann}); err != nil || len(v.Notes) > 0 {
		t.Errorf("%+v %v", v, err)
	}
	// What was begun and not ended is told apart, and nothing is signed of it.
	p, err := books.OpenExisting(t.Context(), ann, books.RightPackage)
	if err != nil {
		t.Fatal(err)
	}
	if err := written.Begin(t.Context(), p, ann, october); err != nil {
		t.Fatal(err)
	}
	if err := written.AsWritten(t.Context(), p, ann.Config, "approve", october); err == nil {
		t.Error("half written is signed")
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if differences, notes := compare(); len(differences) > 0 || len(notes) != 1 || !strings.Contains(notes[0], "when carat was stopped") {
		t.Errorf("%q %q", differences, notes)
	}
	// Of what an older carat wrote it is said that nothing is compared.
	if p, err = books.OpenExisting(t.Context(), ann, books.RightPackage); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(p.State.KeepNote(t.Context(), "written 2026-10", ""), p.Close()); err != nil {
		t.Fatal(err)
	}
	if differences, notes := compare(); len(differences) > 0 || len(notes) != 1 || !strings.Contains(notes[0], "an older carat wrote them") {
		t.Errorf("%q %q", differences, notes)
	}
}
