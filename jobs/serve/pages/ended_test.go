package pages_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"carat/jobs/people"
)

// A query goes on no longer than the session that asks it: the key is ended while it runs.
func TestQueryEndsWithItsSession(t *testing.T) {
	s, k := authenticated(t)
	b := served(t, s, "cleo")
	form, challenge, _ := b.challenged("ann")
	form.Set("signature", signed(t, k.of(t, "ann"), challenge))
	if r := b.send("/sign-in", form); r.StatusCode != http.StatusSeeOther || !b.isIn() {
		t.Fatalf("ann isn't signed in: %d", r.StatusCode)
	}
	token := b.token("/query").text
	revoked := make(chan error, 1)
	go func() {
		time.Sleep(2 * time.Second)
		_, err := people.Revoke(t.Context(), people.KeysOptions{Setting: k.by(t, s, "cleo"), Person: "ann", All: true})
		revoked <- err
	}()
	r := b.send("/query", url.Values{"token": {token}, "query": {"select sum(a.range * b.range) from range(10000000) a, range(10000000) b"}})
	if err := <-revoked; err != nil {
		t.Fatal(err)
	}
	if r.StatusCode == http.StatusOK || b.isIn() {
		t.Errorf("the query of a session that has ended is answered: %d", r.StatusCode)
	}
}
