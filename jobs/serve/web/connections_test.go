package web_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"carat/jobs/serve/web"
)

// Who opens as many connections as there may be and asks nothing on them, or asked once,
// keeps nobody out; where something is asked on all, the next one waits for the first
// that ends.
func TestConnectionsThatAskNothingGiveWay(t *testing.T) {
	const most = 8
	hold := make(chan struct{})
	var entered atomic.Int64
	let := sync.OnceFunc(func() { close(hold) })
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			entered.Add(1)
			<-hold
		}
	}))
	c := web.NewConnections(most)
	s.Listener, s.Config.ConnState = c.Listen(s.Listener), c.State
	s.Start()
	defer s.Close()
	defer let() // before the server waits for who waits
	address := s.Listener.Addr().String()
	for i := range 3 * most {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if i%2 == 0 {
			if _, err := conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")); err != nil {
				t.Fatal(err)
			}
		}
	}
	ask := func(path string) error {
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
		r, err := client.Get("http://" + address + path)
		if err == nil {
			err = r.Body.Close()
		}
		return err
	}
	for range 3 {
		if err := ask("/"); err != nil {
			t.Fatalf("others are kept out: %v", err)
		}
	}
	ended := make(chan error, most)
	for range most {
		go func() {
			err := ask("/slow")
			for range 20 { // on a busy machine one that has not asked yet may have given way: who is cut off comes again
				if err == nil {
					break
				}
				err = ask("/slow")
			}
			ended <- err
		}()
	}
	for range 1000 {
		if entered.Load() == most {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	last := make(chan error, 1)
	go func() { last <- ask("/") }()
	select {
	case err := <-last:
		t.Fatalf("more than %d at once (%v)", most, err)
	case <-time.After(300 * time.Millisecond):
	}
	let()
	for range most {
		if err := <-ended; err != nil {
			t.Errorf("a request under way was cut off: %v", err)
		}
	}
	if err := <-last; err != nil {
		t.Errorf("who waited is not served: %v", err)
	}
}
