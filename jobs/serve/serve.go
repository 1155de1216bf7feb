package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/jobs/serve/flight"
	"carat/jobs/serve/pages"
	"carat/jobs/serve/web"
	"carat/pipeline"
	"carat/pipeline/identity"
)

// Options say where pages are served.
type Options struct {
	books.Setting
	SQL    fs.FS // the models
	Clock  func() time.Time
	Log    *slog.Logger
	Listen string // an address and a port; 0 is any that is free
	URL    string // where people reach it; "": at Listen
	// CertFile and KeyFile are those of TLS; "": there is none.
	CertFile, KeyFile string
	// Proxies are the networks of proxies that speak TLS for this server, as CIDR.
	Proxies []string
	// Flight is the address at which tools ask by Arrow Flight SQL; "": none is served.
	Flight string
	// Ready is told where the pages are: with the key in it where nobody is
	// authenticated, and where Flight SQL is, "" for nowhere. It is told once.
	Ready func(link, flight string)
	// Grace is how long requests may take to end after ctx is done.
	Grace time.Duration
}

// Run serves the pages until ctx is done. An address that isn't safe to listen on, and
// one that is taken, are usage errors; so is who may not start it.
func Run(ctx context.Context, o Options) (err error) {
	authenticated, err := o.authenticated(ctx)
	if err != nil {
		return err
	}
	where, err := o.where(authenticated)
	if err != nil {
		return err
	}
	if authenticated && o.Config.Auth.OIDC.Issuer != "" {
		if err := o.vouches(ctx); err != nil {
			return err
		}
	}
	l, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return pipeline.Errorf(pipeline.KindUsage, "listen on", o.Listen, "%w", err).WithHint("give a free address with --listen")
	}
	where.Listen = netip.MustParseAddrPort(l.Addr().String())
	key := ""
	if !authenticated {
		key = web.Random()
	}
	site, end := pages.New(pages.Options{Setting: o.Setting, SQL: o.SQL, Clock: o.Clock, Key: key, Log: o.Log}, where)
	defer func() { err = errors.Join(err, end()) }()
	server := site.Server()
	connections := web.NewConnections(web.ConnectionsMax)
	l, server.ConnState = connections.Listen(l), connections.State
	scheme := "http"
	if o.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
		if err != nil {
			return errors.Join(pipeline.Errorf(pipeline.KindUsage, "read", o.CertFile, "%w", err).WithHint("give a certificate and its key, as PEM"), l.Close())
		}
		l, scheme = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}), "https"
	}
	link := scheme + "://" + where.Listen.String() + "/"
	if where.URL != nil {
		link = strings.TrimSuffix(where.URL.String(), "/") + "/"
	}
	if key != "" {
		link += "open/" + key
	}
	tools, at, err := o.tools()
	if err != nil {
		return errors.Join(err, l.Close())
	}
	failed := make(chan error, 2) // one for each that serves
	go func() { failed <- server.Serve(l) }()
	if tools != nil {
		go func() { failed <- tools.Serve() }()
	}
	o.Ready(link, at)
	select {
	case err := <-failed:
		return pipeline.Errorf(pipeline.KindInternal, "serve", o.Listen, "%w", err)
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.Grace)
	defer cancel()
	if tools != nil {
		tools.Stop(ending)
	}
	if err := server.Shutdown(ending); err != nil {
		err = server.Close() // what took longer is cut off
		if err != nil && !errors.Is(err, http.ErrServerClosed) {
			return pipeline.Errorf(pipeline.KindInternal, "end", "the server", "%w", err)
		}
	}
	return nil
}

// tools listens for Flight SQL, if it is asked for.
func (o Options) tools() (s *flight.Server, at string, err error) {
	if o.Flight == "" {
		return nil, "", nil
	}
	s, err = flight.Listen(flight.Options{Setting: o.Setting, SQL: o.SQL, Clock: o.Clock, Log: o.Log, Listen: o.Flight, CertFile: o.CertFile, KeyFile: o.KeyFile, Throttle: web.NewThrottle()})
	if err != nil {
		return nil, "", err
	}
	return s, s.Address(), nil
}

// authenticated says whether people prove who they are, and judges who starts the
// server. Of a lake that isn't there yet nobody needs a right.
func (o Options) authenticated(ctx context.Context) (on bool, err error) {
	if books.WantLake(o.Setting) != nil {
		return o.Config.Auth.On, nil
	}
	p, err := books.OpenExisting(ctx, o.Setting, books.RightServe)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	people, err := p.People(ctx)
	if err != nil {
		return false, err
	}
	return people.On, nil
}

// vouches is a usage error where people sign in by a provider and the server has no key by
// which it may say who did.
func (o Options) vouches(ctx context.Context) (err error) {
	if books.WantLake(o.Setting) != nil {
		return nil
	}
	p, err := books.Open(ctx, o.Setting)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	people, err := p.People(ctx)
	if err != nil {
		return err
	}
	refuse := func(format string, args ...any) error {
		return pipeline.Errorf(pipeline.KindUsage, "serve", "sign-ins by "+o.Config.Auth.OIDC.Issuer, format, args...).
			WithHint("start it as a scheduler with a key of its own: `carat users grant NAME scheduler`, then `carat serve --user NAME --key FILE`")
	}
	switch own := people.KeysOf(o.By.User); {
	case !people.Has(o.By.User, books.RoleScheduler):
		return refuse("the server says who signed in by a scheduler's key, and %s is none", o.By.User)
	case len(own) == 0 || o.Signer == nil:
		return refuse("the server says who signed in by its key, and %s has none", o.By.User)
	default:
		_, end, err := o.Signer(func(k identity.Key) bool {
			return slices.ContainsFunc(own, func(c *identity.Credential) bool { return c.Key.Same(k) })
		})
		if err != nil {
			return refuse("the server says who signed in by its key: %w", err)
		}
		return end()
	}
}

// where says where the pages are reached, if it is safe to.
func (o Options) where(authenticated bool) (w web.Options, err error) {
	w = web.Options{Clock: o.Clock, Log: o.Log}
	refuse := func(hint, format string, args ...any) (web.Options, error) {
		return w, pipeline.Errorf(pipeline.KindUsage, "listen on", o.Listen, format, args...).WithHint("%s", hint)
	}
	host, _, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return refuse("give an address and a port, such as 127.0.0.1:8420", "%w", err)
	}
	ip, err := netip.ParseAddr(host)
	if host == "localhost" {
		ip, err = netip.AddrFrom4([4]byte{127, 0, 0, 1}), nil
	}
	if err != nil {
		return refuse("give an address of this machine, such as 127.0.0.1:8420", "it is no address")
	}
	if (o.CertFile == "") != (o.KeyFile == "") {
		return refuse("give both --tls-cert and --tls-key", "a certificate goes with its key")
	}
	for _, text := range o.Proxies {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return refuse("give a network, such as 10.0.0.0/24", "--behind-proxy: %w", err)
		}
		if prefix.Bits() == 0 {
			return refuse("name the proxy's own network", "--behind-proxy %s is everybody", text)
		}
		w.Proxies = append(w.Proxies, prefix.Masked())
	}
	if o.URL != "" {
		w.URL, err = url.Parse(o.URL)
		if err != nil || w.URL.Host == "" || w.URL.User != nil || w.URL.RawQuery != "" || w.URL.Fragment != "" || strings.Trim(w.URL.Path, "/") != "" || w.URL.Scheme != "https" {
			return refuse("give where people reach the pages, such as https://carat.example.com", "--url %q is none", o.URL)
		}
	}
	w.TLS = o.CertFile != "" || len(w.Proxies) > 0
	switch {
	case !authenticated && (!ip.IsLoopback() || len(w.Proxies) > 0 || w.URL != nil):
		return refuse("listen on 127.0.0.1, without --url and --behind-proxy; or let people prove who they are: `carat auth on`", "nobody is authenticated, and others would reach it")
	case !ip.IsLoopback() && !w.TLS:
		return refuse("give --tls-cert and --tls-key, or --behind-proxy with the network of the proxy that speaks TLS", "other machines reach it, and nothing is encrypted")
	case len(w.Proxies) > 0 && w.URL == nil:
		return refuse("give --url https://…, which people type", "behind a proxy carat can't know where it is reached")
	case !ip.IsLoopback() && w.URL == nil:
		return refuse("give --url https://…, which people type", "other machines reach it under a name that carat can't know")
	case w.URL != nil && !w.TLS:
		return refuse("give --tls-cert and --tls-key, or --behind-proxy", "--url is https, and nothing here is encrypted")
	}
	return w, nil
}
