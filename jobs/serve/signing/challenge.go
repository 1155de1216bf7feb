package signing

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"time"
)

// challengeForm begins what somebody signs to sign in. No record and no request for a
// key begins so: a signature of one is none of the other.
const challengeForm = "carat-sign-in/1"

// challengeTime is how long a challenge may be signed.
const challengeTime = 5 * time.Minute

// usedMax bounds the challenges that are remembered, each for challengeTime.
const usedMax = 10_000

// Challenge is what somebody signs to sign in: to whom, by whom, until when.
type Challenge struct{ Server, Lake, Person, Code, Until string }

// NewChallenge makes one that nobody has signed yet.
func NewChallenge(server, lake, person string, now time.Time) Challenge {
	return Challenge{Server: server, Lake: lake, Person: person, Code: rand.Text(), Until: now.Add(challengeTime).UTC().Format(time.RFC3339)}
}

// Text is what is signed.
func (c Challenge) Text() string {
	return fmt.Sprintf("%s\nserver: %s\nlake: %s\nperson: %s\ncode: %s\nuntil: %s\n", challengeForm, c.Server, c.Lake, c.Person, c.Code, c.Until)
}

// Seal is over a challenge that the server with this secret made for one browser.
func (c Challenge) Seal(secret []byte, browser string) string {
	h := hmac.New(sha256.New, secret)
	fmt.Fprintf(h, "%s\n%s\n%s\n%s\n", c.Person, c.Code, c.Until, browser)
	return hex.EncodeToString(h.Sum(nil))
}

// Used are the challenges that were signed: each is good once.
type Used struct {
	mu   sync.Mutex
	list map[string]time.Time // until when, by its code
}

// Take says whether a challenge is used for the first time.
func (u *Used) Take(code string, until, now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	for one, at := range u.list {
		if now.After(at) {
			delete(u.list, one)
		}
	}
	if _, known := u.list[code]; known || len(u.list) >= usedMax {
		return false
	}
	if u.list == nil {
		u.list = map[string]time.Time{}
	}
	u.list[code] = until
	return true
}
