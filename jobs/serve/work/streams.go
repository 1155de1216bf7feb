package work

import "sync"

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
