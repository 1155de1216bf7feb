package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/rogpeppe/go-internal/testscript"
)

// webhook FOLDER starts a receiver of notices that keeps what it is given in a
// folder, a file for each, and sets WEBHOOK to its address. Below /away it
// answers 503, below /gone 404.
func webhook(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: webhook FOLDER")
	}
	folder := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(folder, 0o755))
	var count atomic.Int64
	keep := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			head := fmt.Sprintf("%s %s\n%s\n", r.Header.Get("Authorization"), r.Header.Get("X-Carat-Signature"), r.Header.Get("Content-Type"))
			err = os.WriteFile(filepath.Join(folder, fmt.Sprintf("%03d", count.Add(1))), append([]byte(head), body...), 0o600)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /", keep)
	mux.HandleFunc("POST /away/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	mux.HandleFunc("POST /gone/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	server := httptest.NewServer(mux)
	ts.Defer(server.Close)
	ts.Setenv("WEBHOOK", server.URL)
}
