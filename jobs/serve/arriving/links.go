package arriving

import (
	"context"
	"crypto/sha256"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"carat/jobs/books"
	"carat/jobs/creators"
	"carat/jobs/serve/web"
	"carat/pipeline/identity"
)

// Where a creator asks for a link by mail, and where it leads.
const (
	pathMail = "/sign-in/mail"
	pathOpen = pathMail + "/open"
)

// ProofMail is how somebody proved who they are who signed in by a link that was mailed.
const ProofMail = "mail"

// LinkTime is how long a mailed link is good.
const LinkTime = 15 * time.Minute

// Bounds on links: whoever asks again ends their oldest.
const (
	linksMax   = 10_000
	linksOfOne = 3
	askingMax  = 20 // letters that are written at a time, those that wait included
	letterTime = 2 * time.Minute
)

// links are those that were mailed, by the hash of their secret. They live in memory, as
// sessions do.
type links struct {
	mu   sync.Mutex
	list map[[sha256.Size]byte]link
	wait sync.WaitGroup
	room chan struct{}
}

type link struct {
	creators.Addressee
	until time.Time
}

func newLinks() *links {
	return &links{list: map[[sha256.Size]byte]link{}, room: make(chan struct{}, askingMax)}
}

// make makes a link for whom a letter goes to and gives its secret.
func (l *links) make(to creators.Addressee, now time.Time) (secret string, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for hash, one := range l.list {
		if now.After(one.until) {
			delete(l.list, hash)
		}
	}
	l.bound(func(one link) bool { return one.Person == to.Person }, linksOfOne-1)
	l.bound(func(link) bool { return true }, linksMax-1)
	secret, until = web.Random(), now.Add(LinkTime)
	l.list[sha256.Sum256([]byte(secret))] = link{to, until}
	return secret, until
}

// bound ends the oldest of some links until no more than most are left.
func (l *links) bound(of func(link) bool, most int) {
	var hashes [][sha256.Size]byte
	for hash, one := range l.list {
		if of(one) {
			hashes = append(hashes, hash)
		}
	}
	if len(hashes) <= most {
		return
	}
	slices.SortFunc(hashes, func(a, b [sha256.Size]byte) int { return l.list[a].until.Compare(l.list[b].until) })
	for _, hash := range hashes[:len(hashes)-most] {
		delete(l.list, hash)
	}
}

// take gives whose a link is, and ends it with all others of theirs; nobody's for none that
// is good.
func (l *links) take(secret string, now time.Time) (of creators.Addressee) {
	l.mu.Lock()
	defer l.mu.Unlock()
	one, there := l.list[sha256.Sum256([]byte(secret))]
	if !there || now.After(one.until) {
		return of
	}
	for hash, other := range l.list {
		if other.Person == one.Person {
			delete(l.list, hash)
		}
	}
	return one.Addressee
}

// ask has a link mailed to whoever that is. The answer is the same, and comes as soon,
// whoever it is: the letter is written afterwards.
func (d *Door) ask(w http.ResponseWriter, r *http.Request) {
	now, who, network := d.Clock(), strings.ToLower(strings.TrimSpace(r.PostFormValue("who"))), "mail network "+d.Site().Network(r)
	account := "mail " + who
	if len(who) > 254 {
		account = "mail of nobody"
	}
	if d.wait(w, r, now, network) || d.wait(w, r, now, account) {
		return
	}
	d.Site().Throttle.Failed(now, network, account) // each letter counts, whoever gets it
	select {
	case d.links.room <- struct{}{}:
	default:
		d.Show(w, r, http.StatusServiceUnavailable, Shown{Wrong: "Many ask for a link just now. Ask again in a minute."})
		return
	}
	s := d.setting(r)
	d.links.wait.Go(func() {
		defer func() { <-d.links.room }()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), letterTime)
		defer cancel()
		_, err := creators.MailLink(ctx, creators.LinkOptions{Setting: s, Who: strings.TrimSpace(r.PostFormValue("who")), Server: d.Server,
			Make: func(to creators.Addressee) (string, time.Time) {
				secret, until := d.links.make(to, d.Clock())
				return strings.TrimSuffix(d.Server, "/") + pathMail + "/" + secret, until
			}})
		if err != nil {
			d.Log.Warn("a link to sign in was not mailed", "error", err)
		}
	})
	d.Show(w, r, http.StatusOK, Shown{Asked: true})
}

// Still says whether a session that a mailed link began is still of whom the letter was for;
// true of any other.
func Still(ctx context.Context, p *books.Books, registry *identity.Registry, session *web.Session) (bool, error) {
	if session.Proof != ProofMail {
		return true, nil
	}
	return creators.Addressee{Person: session.Person, Creator: session.Creator, Mailbox: session.Mailbox}.Still(ctx, p, registry)
}

// followed shows the button that uses a link: looking at it uses nothing.
func (d *Door) followed(w http.ResponseWriter, r *http.Request) {
	d.Show(w, r, http.StatusOK, Shown{Link: r.PathValue("secret")})
}

// open begins a session by a link.
func (d *Door) open(w http.ResponseWriter, r *http.Request) {
	now, network := d.Clock(), "network "+d.Site().Network(r)
	if d.wait(w, r, now, network) {
		return
	}
	of := d.links.take(r.PostFormValue("link"), now)
	if of.Person == "" {
		d.Site().Throttle.Failed(now, network)
		d.Show(w, r, http.StatusForbidden, Shown{Wrong: "That link was used, is older than 15 minutes, or is none. Ask for another."})
		return
	}
	no, sum, err := d.Head(r)
	if err != nil {
		d.refuse(w, r, "", err)
		return
	}
	d.Site().SignIn(w, r, web.Session{Person: of.Person, Proof: ProofMail, Creator: of.Creator, Mailbox: of.Mailbox, Record: no, RecordSHA256: sum})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
