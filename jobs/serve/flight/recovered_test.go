package flight

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	arrowflight "github.com/apache/arrow-go/v18/arrow/flight"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

// A call that is malformed ends itself, and the server answers the next.
func TestAMalformedCallEndsItself(t *testing.T) {
	var log strings.Builder
	s := &service{o: Options{Log: slog.New(slog.NewTextHandler(&log, nil))}}
	server := arrowflight.NewServerWithMiddleware(nil, grpc.UnaryInterceptor(s.recoverUnary), grpc.StreamInterceptor(s.recoverStream))
	if err := server.Init("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	server.RegisterFlightService(flightsql.NewFlightServer(s))
	go func() { _ = server.Serve() }()
	defer server.Shutdown()
	client, err := arrowflight.NewClientWithMiddleware(server.Addr().String(), nil, nil, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	put, err := client.DoPut(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := put.Send(&arrowflight.FlightData{}); err != nil { // rows of no descriptor
		t.Fatal(err)
	}
	if err := put.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if _, err := put.Recv(); status.Code(err) != codes.Internal || strings.Contains(err.Error(), "nil pointer") || !strings.Contains(log.String(), "nil pointer") {
		t.Errorf("%v; log %q", err, log.String())
	}
	if _, err := client.GetFlightInfo(ctx, &arrowflight.FlightDescriptor{Cmd: []byte("\xff")}); status.Code(err) != codes.InvalidArgument {
		t.Errorf("the next call: %v", err)
	}
}
