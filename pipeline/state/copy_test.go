package state

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"carat/pipeline"
)

// TestCopyTo: from either database, by way of a SQLite file, back into it: what
// is read is the same, nothing is mixed into a database that holds something.
func TestCopyTo(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		ctx := context.Background()
		s := open(t, dsn)
		recordRun(t, s, run("aa", 1))
		notice := Notice{Webhook: "ops", Key: "k", Event: "'?", State: NoticeTold, RaisedAt: at(1), NextAt: at(2), ToldAt: at(3)}
		if err := s.SaveNotices(ctx, notice); err != nil {
			t.Fatal(err)
		}
		if err := s.TellSlots(ctx, "ingest", []Slot{{Job: "ingest", Key: "1", At: at(1)}}, at(2)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.db.ExecContext(ctx, "create table iceberg_other (name varchar(9) primary key, value text)"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.db.ExecContext(ctx, "insert into iceberg_other values ('a', null)"); err != nil {
			t.Fatal(err)
		}
		other := open(t, filepath.Join(t.TempDir(), "copy.sqlite"))
		if _, err := other.db.ExecContext(ctx, "create table iceberg_other (name text primary key, value text)"); err != nil {
			t.Fatal(err)
		}
		failed := errors.New("no")
		if err := s.CopyTo(ctx, other, []string{"iceberg_other"}, func(*sql.Tx) error { return failed }); !errors.Is(err, failed) {
			t.Fatal(err)
		}
		if runs, err := other.Runs(ctx, 9); len(runs) != 0 || err != nil {
			t.Errorf("after a copy that failed: %v, %v", runs, err)
		}
		if err := s.CopyTo(ctx, other, []string{"iceberg_other"}, nil); err != nil {
			t.Fatal(err)
		}
		for name, read := range map[string]func(*Store) (any, error){
			"runs":    func(s *Store) (any, error) { return s.Runs(ctx, 9) },
			"periods": func(s *Store) (any, error) { return s.Periods(ctx) },
			"notices": func(s *Store) (any, error) { return s.Notices(ctx) },
			"slots":   func(s *Store) (any, error) { return s.Slots(ctx, "ingest") },
		} {
			got, err := read(other)
			want, wantErr := read(s)
			if err != nil || wantErr != nil || !reflect.DeepEqual(got, want) || reflect.ValueOf(want).Len() == 0 {
				t.Errorf("%s: %+v, %v; want %+v, %v", name, got, err, want, wantErr)
			}
		}
		err := s.CopyTo(ctx, other, nil, nil)
		if pipeline.KindOf(err) != pipeline.KindUsage || !strings.HasPrefix(err.Error(), "copy the state into database: it holds the state of a lake already; ") {
			t.Errorf("into a database that is not empty: %v", err)
		}
	})
}
