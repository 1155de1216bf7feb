package web

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync"
)

// Connections bounds how many connections are open at once. Where there are as many as
// there may be, whoever comes gets the place of one on which nothing is asked: of the
// address that has most, the one that waits longest. So nobody keeps others out by
// opening connections and asking nothing; requests that are under way end by their own
// times, and are waited for. The zero value is not ready: see NewConnections. Safe for
// concurrent use.
type Connections struct {
	most  int
	mu    sync.Mutex
	freed *sync.Cond
	turn  int64 // rises with each connection that begins to wait or to be asked
	all   map[*connection]bool
	ended bool // the listener is closed
}

type connection struct {
	net.Conn
	of    *Connections
	from  string // the address without the port
	idle  bool
	since int64 // the turn at which it became so
}

// NewConnections bounds connections to most at once.
func NewConnections(most int) *Connections {
	c := &Connections{most: most, all: map[*connection]bool{}}
	c.freed = sync.NewCond(&c.mu)
	return c
}

// Listen gives a listener whose connections are bounded. State must be the server's
// ConnState.
func (c *Connections) Listen(l net.Listener) net.Listener { return &bounded{l, c} }

type bounded struct {
	net.Listener
	c *Connections
}

// Accept gives who comes, once there is a place.
func (b *bounded) Accept() (net.Conn, error) {
	accepted, err := b.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return b.c.add(accepted)
}

// Close ends also who waits for a place.
func (b *bounded) Close() error {
	b.c.mu.Lock()
	b.c.ended = true
	b.c.freed.Broadcast()
	b.c.mu.Unlock()
	return b.Listener.Close()
}

func (c *Connections) add(accepted net.Conn) (net.Conn, error) {
	from, _, err := net.SplitHostPort(accepted.RemoteAddr().String())
	if err != nil {
		from = accepted.RemoteAddr().String()
	}
	one := &connection{Conn: accepted, of: c, from: from, idle: true}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn++
	one.since = c.turn
	for len(c.all) >= c.most && !c.ended {
		gives := c.idlest()
		if gives == nil {
			c.freed.Wait()
			continue
		}
		delete(c.all, gives)
		_ = gives.Conn.Close() // nothing was asked on it, so nobody waits for it
	}
	if c.ended {
		return nil, errors.Join(net.ErrClosed, accepted.Close())
	}
	c.all[one] = true
	return one, nil
}

// idlest gives the connection that gives way, nil where something is asked on all.
func (c *Connections) idlest() (found *connection) {
	has := map[string]int{}
	for one := range c.all {
		has[one.from]++
	}
	for one := range c.all {
		if one.idle && (found == nil || has[one.from] > has[found.from] || has[one.from] == has[found.from] && one.since < found.since) {
			found = one
		}
	}
	return found
}

// State is http.Server's ConnState: it says on which connections something is asked.
func (c *Connections) State(conn net.Conn, state http.ConnState) {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	one, ok := conn.(*connection)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn++
	one.idle, one.since = state == http.StateIdle || state == http.StateNew, c.turn
	if one.idle {
		c.freed.Signal()
	}
}

// Close gives the place back.
func (o *connection) Close() error {
	o.of.mu.Lock()
	delete(o.of.all, o)
	o.of.freed.Signal()
	o.of.mu.Unlock()
	return o.Conn.Close()
}
