package closepackage_test

import (
	"path/filepath"
	"testing"
	"time"

	"carat/jobs"
	"carat/jobs/books"
	"carat/jobs/closepackage"
	"carat/jobs/internal/trial"
	"carat/pipeline/certificate"
	"carat/pipeline/state"
	carat "carat/sql"
)

// The evidence says of each file that came by itself whence, when and how; of two of
// the same bytes each its own.
func TestAuditFileTellsWhereFilesCameFrom(t *testing.T) {
	s := trial.Folder(t, "feeds: {}\nfirst_period: 2026-10\nmax_reject_share: 0.5\n", trial.SmallMonth)
	if _, err := jobs.Run(t.Context(), jobs.RunOptions{Setting: s, SQL: carat.Files, Period: "2026-10"}); err != nil {
		t.Fatal(err)
	}
	const name = "coin_purchases.csv"
	text := trial.BytesBelow(t, filepath.Join(s.Config.Dir, "inbox"))[name]
	if text == "" {
		t.Fatalf("no %s", name)
	}
	fetched := state.Fetched{Source: "shop", Kind: "sftp", RemoteName: "/out/orders.csv", Version: "v1", Size: int64(len(text)), SHA256: certificate.SHA256Text([]byte(text)), File: name, Origin: "sftp.shop.example:22, ssh-ed25519", At: s.Now.Add(-time.Hour), By: "carat"}
	other := fetched
	other.File, other.RemoteName = "coin_purchases-b.csv", "/out/b.csv"
	_, err := books.Locked(t.Context(), s, books.RightIngest, "", func(p *books.Books, _ *books.Job) (n int, err error) {
		for _, f := range []state.Fetched{fetched, other} {
			if _, err := p.State.AddFetched(t.Context(), f); err != nil {
				return 0, err
			}
		}
		return 0, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	result, err := closepackage.AuditFile(t.Context(), closepackage.AuditFileOptions{Setting: s, SQL: carat.Files, Period: "2026-10"})
	if err != nil {
		t.Fatal(err)
	}
	got := cells(t, trial.BytesBelow(t, result.Path)["retrieved.csv"])
	if len(got) != 1 || got[0]["file"] != name || got[0]["source"] != "shop" || got[0]["kind"] != "sftp" || got[0]["remote_name"] != "/out/orders.csv" || got[0]["version"] != "v1" ||
		got[0]["sha256"] != fetched.SHA256 || got[0]["retrieved_by"] != "carat" || got[0]["retrieved_from"] != "sftp.shop.example:22, ssh-ed25519" || got[0]["retrieved_at"] == "" {
		t.Errorf("%v", got)
	}
}
