package work

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// How long a live stream lasts.
const (
	streamTime = 10 * time.Minute // then the browser asks again
	streamTick = 15 * time.Second // a sign of life, and whether the session still holds
)

// streamsMax bounds the live streams of all sessions.
const streamsMax = 200

// Streams are the live streams of sessions, one of each.
type Streams struct {
	mu   sync.Mutex
	list map[string]chan struct{} // by session; closed when a newer one takes its place
}

// Begin takes the place of the session's stream; nil: there are too many.
func (s *Streams) Begin(session string) chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, ok := s.list[session]
	switch {
	case ok:
		close(before)
	case len(s.list) >= streamsMax:
		return nil
	case s.list == nil:
		s.list = map[string]chan struct{}{}
	}
	replaced := make(chan struct{})
	s.list[session] = replaced
	return replaced
}

// End gives the place of a stream back, unless a newer one has it.
func (s *Streams) End(session string, own chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.list[session] == own {
		delete(s.list, session)
	}
}

// Says says how far a piece is, in words.
func (p Piece) Says() string {
	e := p.At
	switch {
	case p.State == Waiting && p.Before > 0:
		return fmt.Sprintf("It waits; %d before it.", p.Before)
	case p.State == Waiting:
		return "It waits."
	case p.Over() || e.Step == "":
		return ""
	}
	text := strings.TrimSpace(e.Step + " " + e.Object)
	switch {
	case e.Total > 0:
		text += fmt.Sprintf(": %s of %s %s", fmt.Sprint(e.Done), fmt.Sprint(e.Total), e.Unit)
	case e.Done > 0:
		text += fmt.Sprintf(": %s %s", fmt.Sprint(e.Done), e.Unit)
	}
	return text
}

// Percent is how much of a step is done whose end is known; -1: of none such.
func (p Piece) Percent() int {
	if p.At.Total <= 0 || p.Over() {
		return -1
	}
	return int(min(max(p.At.Done*100/p.At.Total, 0), 100))
}

// Serve tells of each change of a piece as it happens, until it is over, as server-sent
// events. look gives the piece as it stands, with an error when the one who watches may
// not any more; ending is closed when the server ends. A session has one stream.
func (s *Streams) Serve(w http.ResponseWriter, r *http.Request, session string, ending <-chan struct{}, look func() (Piece, <-chan struct{}, error)) {
	replaced := s.Begin(session)
	if replaced == nil {
		w.Header().Set("Retry-After", "30")
		http.Error(w, "too many watch at once", http.StatusServiceUnavailable)
		return
	}
	defer s.End(session, replaced)
	out := http.NewResponseController(w)
	_ = out.SetReadDeadline(time.Time{}) // it lasts longer than a page
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // or a proxy would keep it back
	tick := time.NewTicker(streamTick)
	defer tick.Stop()
	last := time.After(streamTime)
	for {
		piece, changed, err := look()
		if err != nil {
			return
		}
		text, _ := json.Marshal(map[string]any{"state": piece.State, "says": piece.Says(), "percent": piece.Percent(), "over": piece.Over()})
		_ = out.SetWriteDeadline(time.Time{})
		late := time.AfterFunc(streamTick, func() { _ = out.SetWriteDeadline(time.Unix(1, 0)) }) // who doesn't read is let go
		_, err = fmt.Fprintf(w, "data: %s\n\n", text)
		err = errors.Join(err, out.Flush())
		late.Stop()
		if err != nil || piece.Over() {
			return
		}
		select {
		case <-changed:
			select { // no more than a few times a second
			case <-time.After(250 * time.Millisecond):
			case <-r.Context().Done():
				return
			}
		case <-tick.C:
		case <-replaced:
			return
		case <-last:
			return
		case <-r.Context().Done():
			return
		case <-ending:
			return
		}
	}
}
