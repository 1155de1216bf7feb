package state

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"testing"
	"time"

	"carat/pipeline/decision"
)

func TestDecisionsAreKept(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		ctx := context.Background()
		s := open(t, dsn)
		one := decision.Decision{ExceptionID: "e1", Status: decision.Waived, Until: "2026-12-31", Owner: "ops", Note: "'=known", By: "ann", At: at(1)}
		two := decision.Decision{ExceptionID: "e2", Status: decision.Explained, By: "ann", At: at(1)}
		three := decision.Decision{ExceptionID: "e1", Status: decision.Open, By: "bob", At: at(2)}
		for _, list := range [][]decision.Decision{{one, two}, {three}} {
			if err := s.RecordDecisions(ctx, list, nil); err != nil {
				t.Fatal(err)
			}
		}
		latest, err := s.Decisions(ctx)
		if want := map[string]decision.Decision{"e1": three, "e2": two}; err != nil || !reflect.DeepEqual(latest, want) {
			t.Errorf("Decisions = %+v, %v", latest, err)
		}
		history, err := s.DecisionsOn(ctx, "e1")
		if err != nil || !reflect.DeepEqual(history, []decision.Decision{one, three}) {
			t.Errorf("DecisionsOn = %+v, %v", history, err)
		}
	})
}

func TestGrants(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		ctx := context.Background()
		s := open(t, dsn)
		ann := Grant{User: "ann", Role: "preparer", By: "root", At: at(1)}
		for _, g := range []Grant{ann, {User: "ann", Role: "preparer", By: "eve", At: at(2)}, {User: "ann", Role: "auditor", By: "root", At: at(1)}} {
			if err := s.ChangeGrants(ctx, granting(g)); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // what nobody has any more is revoked without a word
			if err := s.ChangeGrants(ctx, revoking("ann", "auditor")); err != nil {
				t.Error(err)
			}
		}
		if got, err := s.Grants(ctx); err != nil || !reflect.DeepEqual(got, []Grant{ann}) {
			t.Errorf("Grants = %+v, %v", got, err)
		}
	})
}

// granting is the change that grants roles, whoever has which.
func granting(list ...Grant) func([]Grant) ([]Grant, []Grant, error) {
	return func([]Grant) ([]Grant, []Grant, error) { return list, nil, nil }
}

func revoking(user, role string) func([]Grant) ([]Grant, []Grant, error) {
	return func([]Grant) ([]Grant, []Grant, error) { return nil, []Grant{{User: user, Role: role}}, nil }
}

// Of two changes at a time the second is asked of what the first left: two who
// each revoke the other don't leave nobody.
func TestChangesOfGrantsFollowEachOther(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		ctx, last := t.Context(), errors.New("the last one stays")
		first, second := open(t, dsn), open(t, dsn)
		for range 5 {
			if err := first.ChangeGrants(ctx, granting(Grant{User: "ann", Role: "administrator", At: at(1)}, Grant{User: "bob", Role: "administrator", At: at(1)})); err != nil {
				t.Fatal(err)
			}
			var done sync.WaitGroup
			outcome, entered := make([]error, 2), make(chan bool, 2)
			for i, who := range []string{"ann", "bob"} {
				done.Go(func() {
					outcome[i] = []*Store{first, second}[i].ChangeGrants(ctx, func(list []Grant) ([]Grant, []Grant, error) {
						entered <- true
						for began := time.Now(); len(entered) < 2 && time.Since(began) < 50*time.Millisecond; { // the other, if it may
							time.Sleep(time.Millisecond)
						}
						if len(list) == 1 {
							return nil, nil, last
						}
						return nil, []Grant{{User: who, Role: "administrator"}}, nil
					})
				})
			}
			done.Wait()
			left, err := first.Grants(ctx)
			if refused := errors.Is(outcome[0], last) != errors.Is(outcome[1], last); err != nil || len(left) != 1 || !refused {
				t.Fatalf("%v stay after %v, %v", left, outcome, err)
			}
		}
	})
}

func TestJobs(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		ctx := context.Background()
		s := open(t, dsn)
		j := Job{Job: "reconcile", Period: "2026-10", Arguments: []string{"--period", "2026-10"}, User: "ann", OSUser: "a", Build: "v1", StartedAt: at(1)}
		for want := int64(1); want <= 2; want++ {
			no, err := s.BeginJob(ctx, j)
			if err != nil || no != want {
				t.Fatalf("BeginJob = %d, %v; want %d", no, err, want)
			}
		}
		j.No, j.EndedAt, j.Result, j.Error, j.RunID, j.Inputs = 2, at(9), JobFailed, "the disk is full", "aa", []string{"b000001 g.csv"}
		if err := s.EndJob(ctx, j); err != nil {
			t.Fatal(err)
		}
		got, found, err := s.Job(ctx, 2)
		if err != nil || !found || !reflect.DeepEqual(got, j) {
			t.Errorf("Job = %+v, %v, %v; want %+v", got, found, err, j)
		}
		list, err := s.Jobs(ctx, 5)
		if err != nil || len(list) != 2 || list[0].No != 2 || list[1].Result != JobRunning || !list[1].EndedAt.IsZero() {
			t.Errorf("Jobs = %+v, %v", list, err)
		}
		if of, err := s.JobsOfRun(ctx, "aa"); err != nil || len(of) != 1 || of[0].No != 2 {
			t.Errorf("JobsOfRun = %+v, %v", of, err)
		}
		if _, found, err := s.Job(ctx, 3); found || err != nil {
			t.Errorf("an unknown job: %v, %v", found, err)
		}
	})
}
