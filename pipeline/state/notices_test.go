package state

import (
	"context"
	"reflect"
	"testing"
)

func TestNoticesAreKept(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		ctx := context.Background()
		s := open(t, dsn)
		one := Notice{Webhook: "ops", Key: "job_failed/ingest", Event: "2026-10-01T06:00", ID: "a1", Kind: "job_failed", Message: `{"text":"?"}`,
			State: NoticePending, RaisedAt: at(1), NextAt: at(2)}
		two := Notice{Webhook: "chat", Key: one.Key, Event: one.Event, ID: "a1", Kind: one.Kind, Message: one.Message, State: NoticeTold,
			Attempts: 1, RaisedAt: at(1), NextAt: at(2), ToldAt: at(3)}
		if err := s.SaveNotices(ctx, one, two); err != nil {
			t.Fatal(err)
		}
		one.State, one.Attempts, one.NextAt, one.Error = NoticeFailed, 3, at(9), "the receiver answered 500"
		if err := s.SaveNotices(ctx, one); err != nil {
			t.Fatal(err)
		}
		if got, err := open(t, dsn).Notices(ctx); err != nil || !reflect.DeepEqual(got, []Notice{two, one}) {
			t.Errorf("Notices = %+v, %v; want %+v", got, err, []Notice{two, one})
		}
	})
}
