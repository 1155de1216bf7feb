package storetest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
)

// Network stands before a server, and does to its next requests what networks do.
type Network struct {
	server http.Handler
	mu     sync.Mutex
	faults []Fault
	asked  []string // METHOD PATH of every request
}

// Fault answers a request in place of the server, or after it. False: it is not for this
// request, and waits for the next.
type Fault func(w http.ResponseWriter, r *http.Request, server http.Handler) bool

// NewNetwork puts a network before a server.
func NewNetwork(server http.Handler) *Network { return &Network{server: server} }

// Then adds faults; each strikes once, in this order.
func (n *Network) Then(faults ...Fault) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults = append(n.faults, faults...)
}

// Left is how many faults have not struck.
func (n *Network) Left() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.faults)
}

// Clear takes away the faults that have not struck.
func (n *Network) Clear() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults = nil
}

// Asked gives the requests since the last call, as METHOD PATH.
func (n *Network) Asked() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	asked := n.asked
	n.asked = nil
	return asked
}

// ServeHTTP answers, or fails to.
func (n *Network) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	n.asked = append(n.asked, r.Method+" "+r.URL.Path)
	var next Fault
	if len(n.faults) > 0 {
		next = n.faults[0]
		n.faults = n.faults[1:]
	}
	n.mu.Unlock()
	if next == nil {
		n.server.ServeHTTP(w, r)
		return
	}
	if !next(w, r, n.server) {
		n.mu.Lock()
		n.faults = append([]Fault{next}, n.faults...)
		n.mu.Unlock()
		n.server.ServeHTTP(w, r)
	}
}

// On makes a fault wait for a request of a method.
func On(method string, f Fault) Fault {
	return func(w http.ResponseWriter, r *http.Request, server http.Handler) bool {
		return r.Method == method && f(w, r, server)
	}
}

// Below makes a fault wait for a request whose path holds a text.
func Below(text string, f Fault) Fault {
	return func(w http.ResponseWriter, r *http.Request, server http.Handler) bool {
		return strings.Contains(r.URL.Path, text) && f(w, r, server)
	}
}

// Refuse breaks the connection before the server hears of the request.
func Refuse(http.ResponseWriter, *http.Request, http.Handler) bool { panic(http.ErrAbortHandler) }

// Lose lets the server do what it was asked, and breaks the connection instead of the answer.
func Lose(_ http.ResponseWriter, r *http.Request, server http.Handler) bool {
	server.ServeHTTP(httptest.NewRecorder(), r)
	panic(http.ErrAbortHandler)
}

// Hang answers nothing until the client has given up.
func Hang(_ http.ResponseWriter, r *http.Request, _ http.Handler) bool {
	_, _ = io.Copy(io.Discard, r.Body) // only then is it seen that the client went
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}

// HangAfter lets the server do what it was asked, and then answers nothing.
func HangAfter(w http.ResponseWriter, r *http.Request, server http.Handler) bool {
	server.ServeHTTP(httptest.NewRecorder(), r)
	return Hang(w, r, server)
}

// Answer answers with a status and a code of S3's, and asks nobody.
func Answer(status int, code string) Fault {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		if r.Method != http.MethodHead {
			_, _ = w.Write([]byte("<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>" + code + "</Message></Error>"))
		}
		return true
	}
}

// Truncate gives the first half of what the server answers to a request for bytes.
func Truncate(w http.ResponseWriter, r *http.Request, server http.Handler) bool {
	return half(w, r, server, func() { panic(http.ErrAbortHandler) })
}

// Stall is Truncate, but the connection stays and nothing more comes.
func Stall(w http.ResponseWriter, r *http.Request, server http.Handler) bool {
	return half(w, r, server, func() { Hang(w, r, server) })
}

func half(w http.ResponseWriter, r *http.Request, server http.Handler, then func()) bool {
	if r.Method != http.MethodGet {
		return false
	}
	whole := httptest.NewRecorder()
	server.ServeHTTP(whole, r)
	for name, values := range whole.Header() {
		w.Header()[name] = values
	}
	body := whole.Body.Bytes()
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(whole.Code)
	_, _ = w.Write(body[:len(body)/2])
	_ = http.NewResponseController(w).Flush()
	then()
	return true
}

// Unconditional takes the condition from a request, as a server does that knows none.
func Unconditional(w http.ResponseWriter, r *http.Request, server http.Handler) bool {
	r.Header.Del("If-None-Match")
	server.ServeHTTP(w, r)
	return true
}
