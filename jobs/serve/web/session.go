package web

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"slices"
	"sync"
	"time"
)

// How long a session lasts: IdleMax after it was last used, SessionMax at most.
const (
	IdleMax    = 30 * time.Minute
	SessionMax = 12 * time.Hour
)

// Bounds on sessions: whoever signs in again and again ends their oldest.
const (
	sessionsMax   = 10_000
	sessionsOfOne = 20
)

// Session is somebody who has signed in.
type Session struct {
	Person     string
	Proof      string // how it was proved who it is: key, link
	Credential string // the key's fingerprint; "" without one
	// Creator and Mailbox are of one by mail: whose rows the letter was about, and the
	// SHA-256 of where it went.
	Creator, Mailbox string
	// Record is the place in the chain of records at sign-in, and RecordSHA256 what
	// stood there: a history that was brought back from a backup has another there.
	Record       int64
	RecordSHA256 string
	Began        time.Time
	used         time.Time
}

// Sessions are those that last, by the hash of their cookie. They live in memory: a
// server that starts again has none, and everybody signs in again.
type Sessions struct {
	mu   sync.Mutex
	list map[[sha256.Size]byte]*Session
}

// NewSessions makes a list without any.
func NewSessions() *Sessions { return &Sessions{list: map[[sha256.Size]byte]*Session{}} }

// random gives 256 random bits as text.
func random() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // which never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// Random gives a text that nobody guesses, of 256 bits.
func Random() string { return random() }

// begin begins a session and gives its cookie's value.
func (l *Sessions) begin(one Session, now time.Time) (secret string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep(now)
	one.Began, one.used = now, now
	l.bound(func(s *Session) bool { return s.Person == one.Person }, sessionsOfOne-1)
	l.bound(func(*Session) bool { return true }, sessionsMax-1)
	secret = random()
	l.list[sha256.Sum256([]byte(secret))] = &one
	return secret
}

// sweep forgets the sessions that are over.
func (l *Sessions) sweep(now time.Time) {
	for hash, s := range l.list {
		if s.over(now) {
			delete(l.list, hash)
		}
	}
}

// bound ends the oldest of some sessions until no more than most are left.
func (l *Sessions) bound(of func(*Session) bool, most int) {
	var hashes [][sha256.Size]byte
	for hash, s := range l.list {
		if of(s) {
			hashes = append(hashes, hash)
		}
	}
	if len(hashes) <= most {
		return
	}
	slices.SortFunc(hashes, func(a, b [sha256.Size]byte) int { return l.list[a].used.Compare(l.list[b].used) })
	for _, hash := range hashes[:len(hashes)-most] {
		delete(l.list, hash)
	}
}

func (s *Session) over(now time.Time) bool {
	return now.Sub(s.used) >= IdleMax || now.Sub(s.Began) >= SessionMax || now.Before(s.Began)
}

// find gives the session of a cookie and counts it as used; nil: there is none, or it
// is over.
func (l *Sessions) find(secret string, now time.Time) *Session {
	l.mu.Lock()
	defer l.mu.Unlock()
	hash := sha256.Sum256([]byte(secret))
	s := l.list[hash]
	if s == nil {
		return nil
	}
	if s.over(now) {
		delete(l.list, hash)
		return nil
	}
	s.used = now
	copied := *s
	return &copied
}

// end ends the session of a cookie.
func (l *Sessions) end(secret string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.list, sha256.Sum256([]byte(secret)))
}

// EndOf ends the sessions of a person.
func (l *Sessions) EndOf(person string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for hash, s := range l.list {
		if s.Person == person {
			delete(l.list, hash)
		}
	}
}

// withSession finds who asks, and refuses what was posted without the token of their
// own page.
func (s *Site) withSession(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{}
		if c, err := r.Cookie(s.cookie); err == nil && len(c.Value) <= 64 {
			v.secret = c.Value
			v.session = s.Sessions.find(c.Value, s.Clock())
		}
		if v.secret == "" && r.Method != http.MethodPost {
			v.secret = random() // of nobody: it holds the forms of this browser together
			s.setCookie(w, v.secret)
		}
		r = r.WithContext(context.WithValue(r.Context(), sessionKey{}, v))
		if s.brings(r) > 0 {
			with, late, err := s.withParts(w, r)
			if err != nil {
				Refuse(w, http.StatusForbidden, err.Error())
				return
			}
			defer late()
			r = with
		} else if r.Method == http.MethodPost {
			status, err := ReadForm(r)
			if err == nil && !s.tokenIsGood(r) {
				status, err = http.StatusForbidden, errToken
			}
			if err != nil {
				Refuse(w, status, err.Error())
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

type sentence string

func (e sentence) Error() string { return string(e) }

const errToken = sentence("the form is not one of this browser's pages, or its session has ended: load the page again")

// TokenField is the field of a form that holds its token.
const TokenField = "token"

// Token gives the token of forms for the one who asks: it goes with their cookie and
// no other, so that no other site's form is taken for one of carat's.
func Token(ctx context.Context) string {
	v, _ := ctx.Value(sessionKey{}).(*visit)
	if v == nil || v.secret == "" {
		return ""
	}
	return tokenOf(v.secret)
}

func tokenOf(secret string) string {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte("carat form"))
	return hex.EncodeToString(h.Sum(nil))
}

func (s *Site) tokenIsGood(r *http.Request) bool {
	want := Token(r.Context())
	return want != "" && subtle.ConstantTimeCompare([]byte(want), []byte(r.PostFormValue(TokenField))) == 1
}

// SignIn begins a session with a new cookie: one that was known before is no one's.
func (s *Site) SignIn(w http.ResponseWriter, r *http.Request, one Session) {
	if v, _ := r.Context().Value(sessionKey{}).(*visit); v != nil {
		s.Sessions.end(v.secret)
	}
	s.setCookie(w, s.Sessions.begin(one, s.Clock()))
}

// SignOut ends the session of the one who asks.
func (s *Site) SignOut(w http.ResponseWriter, r *http.Request) {
	if v, _ := r.Context().Value(sessionKey{}).(*visit); v != nil {
		s.Sessions.end(v.secret)
	}
	c := s.cookieOf("")
	c.MaxAge = -1
	http.SetCookie(w, c)
}

func (s *Site) setCookie(w http.ResponseWriter, value string) { http.SetCookie(w, s.cookieOf(value)) }

func (s *Site) cookieOf(value string) *http.Cookie {
	return &http.Cookie{Name: s.cookie, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.TLS}
}
