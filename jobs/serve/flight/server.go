package flight

import (
	"context"
	"crypto/tls"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	arrowflight "github.com/apache/arrow-go/v18/arrow/flight"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	"golang.org/x/net/netutil"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"carat/jobs/books"
	"carat/jobs/people"
	"carat/jobs/serve/web"
	"carat/pipeline"
)

// Bounds on what tools ask.
const (
	atOnceMax       = 8 // calls that are worked on at a time
	connectionsMax  = 64
	streamsMax      = 16      // calls of one connection
	messageMax      = 1 << 20 // bytes of what is sent
	queryMax        = 256 << 10
	tokenMax        = 200
	queryTime       = 10 * time.Minute
	idle            = 5 * time.Minute // after which a connection on which nothing is asked is ended
	settle          = 20 * time.Second
	pingInterval    = 10 * time.Second
	headerBytesMax  = 16 << 10
	authorization   = "authorization"
	tokenIsWanted   = "a token that is good is wanted, as authorization: Bearer …; its owner makes one: `carat users token ROLE`"
	tooMuchAtATime  = "too much is asked at a time; ask again later"
	happenedUnknown = "what happened is in carat's log"
)

// Options say where it is served.
type Options struct {
	books.Setting
	SQL      fs.FS // the models
	Clock    func() time.Time
	Log      *slog.Logger
	Listen   string // an address of this machine and a port; 0 is any that is free
	CertFile string // of TLS, with KeyFile; "": there is none
	KeyFile  string
	Throttle *web.Throttle // of those who show tokens that are none
}

// Server answers until it is stopped.
type Server struct {
	grpc *grpc.Server
	l    net.Listener
	tls  bool
}

// Listen listens. An address that isn't safe to listen on, and one that is taken, are usage
// errors.
func Listen(o Options) (*Server, error) {
	if err := o.safe(); err != nil {
		return nil, err
	}
	s := &service{o: o, turn: make(chan struct{}, atOnceMax)}
	if err := s.tells(); err != nil {
		return nil, err
	}
	options := []grpc.ServerOption{
		grpc.MaxConcurrentStreams(streamsMax), grpc.MaxRecvMsgSize(messageMax), grpc.MaxHeaderListSize(headerBytesMax), grpc.ConnectionTimeout(settle),
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionIdle: idle, Time: idle, Timeout: settle}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: pingInterval, PermitWithoutStream: true}),
		grpc.ChainUnaryInterceptor(s.recoverUnary, s.unary), grpc.ChainStreamInterceptor(s.recoverStream, s.stream),
	}
	if o.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
		if err != nil {
			return nil, pipeline.Errorf(pipeline.KindUsage, "read", o.CertFile, "%w", err).WithHint("give a certificate and its key, as PEM")
		}
		options = append(options, grpc.Creds(credentials.NewTLS(&tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12})))
	}
	l, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindUsage, "listen on", o.Listen, "%w", err).WithHint("give a free address with --flight")
	}
	server := grpc.NewServer(options...)
	arrowflight.RegisterFlightServiceServer(server, flightsql.NewFlightServer(s))
	return &Server{grpc: server, l: netutil.LimitListener(l, connectionsMax), tls: o.CertFile != ""}, nil
}

// safe refuses an address that others reach without TLS.
func (o Options) safe() error {
	refuse := func(hint, why string) error {
		return pipeline.Errorf(pipeline.KindUsage, "listen on", o.Listen, "%s", why).WithHint("%s", hint)
	}
	host, _, err := net.SplitHostPort(o.Listen)
	if host == "localhost" {
		host = "127.0.0.1"
	}
	ip, bad := netip.ParseAddr(host)
	switch {
	case err != nil || bad != nil:
		return refuse("give --flight an address of this machine and a port, such as 127.0.0.1:8421", "it is no address")
	case (o.CertFile == "") != (o.KeyFile == ""):
		return refuse("give both --tls-cert and --tls-key", "a certificate goes with its key")
	case !ip.IsLoopback() && o.CertFile == "":
		return refuse("give --tls-cert and --tls-key", "other machines reach it, and tokens would go there unencrypted")
	}
	return nil
}

// Address is where tools reach it: grpc://HOST:PORT, or grpc+tls://HOST:PORT.
func (s *Server) Address() string {
	if s.tls {
		return "grpc+tls://" + s.l.Addr().String()
	}
	return "grpc://" + s.l.Addr().String()
}

// Serve answers until Stop.
func (s *Server) Serve() error {
	if err := s.grpc.Serve(s.l); err != nil {
		return pipeline.Errorf(pipeline.KindInternal, "serve", s.l.Addr().String(), "%w", err)
	}
	return nil
}

// Stop ends it: calls may take until ctx is done, then they are cut off.
func (s *Server) Stop(ctx context.Context) {
	ended := make(chan struct{})
	go func() { s.grpc.GracefulStop(); close(ended) }()
	select {
	case <-ended:
	case <-ctx.Done():
		s.grpc.Stop()
		<-ended
	}
}

// asker is the key of a context's setting: who asks.
type asker struct{}

func (s *service) unary(ctx context.Context, request any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	ctx, done, err := s.begin(ctx, info.FullMethod)
	if err != nil {
		return nil, err
	}
	defer done()
	return next(ctx, request)
}

func (s *service) stream(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	ctx, done, err := s.begin(stream.Context(), info.FullMethod)
	if err != nil {
		return err
	}
	defer done()
	err = next(server, known{stream, ctx})
	if errors.Is(context.Cause(ctx), people.ErrToken) {
		return status.Error(codes.Unauthenticated, "the token was ended while it read")
	}
	return err
}

func (s *service) recoverUnary(ctx context.Context, request any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (answer any, err error) {
	defer s.recovered(&err)
	return next(ctx, request)
}

func (s *service) recoverStream(server any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) (err error) {
	defer s.recovered(&err)
	return next(server, stream)
}

// recovered makes an error of a panic: a call that is malformed in a way that nobody thought of (arrow-go's
// server takes rows without a descriptor for rows with one) ends itself, and not the server.
func (s *service) recovered(err *error) {
	if what := recover(); what != nil {
		s.o.Log.Error("Flight SQL failed", "panic", what, "stack", string(debug.Stack()))
		*err = status.Error(codes.Internal, happenedUnknown)
	}
}

// known is a stream of somebody whose token is good.
type known struct {
	grpc.ServerStream
	ctx context.Context
}

// Context has who asks.
func (k known) Context() context.Context { return k.ctx }

// begin says who asks, by their token, and waits for a turn. What is no token is refused, and
// whoever guesses waits.
func (s *service) begin(ctx context.Context, method string) (_ context.Context, done func(), err error) {
	now, network := s.o.Clock(), "network "+networkOf(ctx)
	own := s.o.Setting
	own.Now, own.Clock, own.Progress, own.Signer, own.Vouch = now, s.o.Clock, nil, nil, nil
	own.Arguments = []string{"serve", "flight", method[strings.LastIndex(method, "/")+1:]}
	headers := metadata.ValueFromIncomingContext(ctx, authorization)
	err = people.ErrToken
	token := ""
	if len(headers) == 1 {
		var scheme string
		scheme, token, _ = strings.Cut(headers[0], " ")
		if token = strings.TrimSpace(token); strings.EqualFold(scheme, "bearer") && token != "" && len(token) <= tokenMax {
			own.By, err = people.Bearer(ctx, own, token)
		}
	}
	switch {
	case errors.Is(err, people.ErrToken) && s.o.Throttle.Wait(now, network) > 0: // who has a good one isn't kept out by others of that network
		return nil, nil, status.Error(codes.ResourceExhausted, "too many tries with what is no token")
	case errors.Is(err, people.ErrToken):
		if len(headers) > 0 {
			s.o.Throttle.Failed(now, network)
		}
		return nil, nil, status.Error(codes.Unauthenticated, tokenIsWanted)
	case err != nil:
		return nil, nil, s.told(err)
	}
	ctx, cancel := context.WithTimeout(ctx, queryTime+settle)
	select {
	case s.turn <- struct{}{}:
		ctx, stop := web.WhileStill(context.WithValue(ctx, asker{}, own), people.ErrToken, func(ctx context.Context) error {
			again := own
			again.Now = s.o.Clock()
			_, err := people.Bearer(ctx, again, token)
			return err
		})
		return ctx, func() { stop(); <-s.turn; cancel() }, nil
	default:
		cancel()
		return nil, nil, status.Error(codes.ResourceExhausted, tooMuchAtATime)
	}
}

// networkOf is the network that somebody comes from: the address, of IPv6 its first half.
func networkOf(ctx context.Context) string {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return "unknown"
	}
	at, err := netip.ParseAddrPort(p.Addr.String())
	if err != nil {
		return "unknown"
	}
	ip := at.Addr().Unmap()
	if ip.Is6() {
		const half = 64
		return netip.PrefixFrom(ip, half).Masked().String()
	}
	return ip.String()
}

// told makes what a tool is told of an error. What only carat's makers can do something about
// is in the log.
func (s *service) told(err error) error {
	var e *pipeline.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return status.Error(codes.DeadlineExceeded, "it took too long; ask for less")
	case errors.Is(err, context.Canceled):
		return status.Error(codes.Canceled, "it was given up")
	case !errors.As(err, &e) || e.Kind == pipeline.KindInternal:
		s.o.Log.Error("Flight SQL failed", "error", err)
		return status.Error(codes.Internal, happenedUnknown)
	}
	code := codes.InvalidArgument
	switch {
	case pipeline.IsRefused(e):
		code = codes.PermissionDenied
	case e.Misnamed, e.Kind == pipeline.KindNotFound:
		code = codes.NotFound
	case e.Kind == pipeline.KindBusy:
		code = codes.ResourceExhausted
	case e.Kind == pipeline.KindBlocked, e.Kind == pipeline.KindLocked, e.Kind == pipeline.KindVerification:
		code = codes.FailedPrecondition
	}
	return status.Error(code, e.Error())
}
