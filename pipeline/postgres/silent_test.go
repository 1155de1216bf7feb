package postgres

import (
	"context"
	"database/sql"
	"net"
	"testing"
	"time"
)

// A server that takes a connection and says nothing (stopped, or no PostgreSQL) is not waited for without end.
func TestSilentServerIsNotWaitedFor(t *testing.T) {
	for dsn, want := range map[string]time.Duration{
		"postgres://carat@h/x":                   silent,
		"postgres://carat@h/x?connect_timeout=7": 7 * time.Second,
		"postgres://carat@h/x?lock_timeout=1min": silent,
	} {
		c, err := configOf(dsn)
		if err != nil || c.ConnectTimeout != want {
			t.Errorf("%s: %v, %v", dsn, c.ConnectTimeout, err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			if _, err := l.Accept(); err != nil {
				return
			}
		}
	}()
	db, err := sql.Open(Driver, "postgres://carat@"+l.Addr().String()+"/x?connect_timeout=1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := db.PingContext(ctx); err == nil || ctx.Err() != nil {
		t.Errorf("%v, %v", err, ctx.Err())
	}
}
