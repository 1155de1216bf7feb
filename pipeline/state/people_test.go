package state

import (
	"context"
	"reflect"
	"testing"

	"carat/pipeline"
)

func TestDecisionsAreKept(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		ctx := context.Background()
		s := open(t, dsn)
		one := pipeline.Decision{ExceptionID: "e1", Status: pipeline.DecisionWaived, Until: "2026-12-31", Owner: "ops", Note: "'=known", By: "ann", At: at(1)}
		two := pipeline.Decision{ExceptionID: "e2", Status: pipeline.DecisionExplained, By: "ann", At: at(1)}
		three := pipeline.Decision{ExceptionID: "e1", Status: pipeline.DecisionOpen, By: "bob", At: at(2)}
		for _, list := range [][]pipeline.Decision{{one, two}, {three}} {
			if err := s.RecordDecisions(ctx, list); err != nil {
				t.Fatal(err)
			}
		}
		latest, err := s.Decisions(ctx)
		if want := map[string]pipeline.Decision{"e1": three, "e2": two}; err != nil || !reflect.DeepEqual(latest, want) {
			t.Errorf("Decisions = %+v, %v", latest, err)
		}
		history, err := s.DecisionsOn(ctx, "e1")
		if err != nil || !reflect.DeepEqual(history, []pipeline.Decision{one, three}) {
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
			if err := s.Grant(ctx, g); err != nil {
				t.Fatal(err)
			}
		}
		for _, want := range []bool{true, false} {
			if had, err := s.Revoke(ctx, "ann", "auditor"); had != want || err != nil {
				t.Errorf("Revoke = %v, %v; want %v", had, err, want)
			}
		}
		if got, err := s.Grants(ctx); err != nil || !reflect.DeepEqual(got, []Grant{ann}) {
			t.Errorf("Grants = %+v, %v", got, err)
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
