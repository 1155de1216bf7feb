package flight

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	arrowflight "github.com/apache/arrow-go/v18/arrow/flight"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql/schema_ref"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"carat/jobs/ask"
	"carat/jobs/books"
	"carat/jobs/publish"
	"carat/reports/table"
)

// service answers calls. A statement is its own handle, so nothing is kept between two calls.
type service struct {
	flightsql.BaseServer
	o    Options
	turn chan struct{}
}

// tells registers what the server says of itself.
func (s *service) tells() error {
	for id, value := range map[flightsql.SqlInfo]any{
		flightsql.SqlInfoFlightSqlServerName: "carat", flightsql.SqlInfoFlightSqlServerVersion: s.o.Build, flightsql.SqlInfoFlightSqlServerReadOnly: true,
		flightsql.SqlInfoFlightSqlServerArrowVersion: arrow.PkgVersion,
		flightsql.SqlInfoFlightSqlServerSql:          true, flightsql.SqlInfoFlightSqlServerTransaction: int32(flightsql.SqlTransactionNone),
		flightsql.SqlInfoDDLCatalog: false, flightsql.SqlInfoDDLSchema: false, flightsql.SqlInfoDDLTable: false, flightsql.SqlInfoIdentifierQuoteChar: `"`,
	} {
		if err := s.RegisterSqlInfo(id, value); err != nil {
			return fmt.Errorf("tell of the server: %w", err)
		}
	}
	return nil
}

// ready is where the rows of a call are fetched: here, by its ticket.
func ready(d *arrowflight.FlightDescriptor, ticket []byte, schema *arrow.Schema) *arrowflight.FlightInfo {
	info := &arrowflight.FlightInfo{Endpoint: []*arrowflight.FlightEndpoint{{Ticket: &arrowflight.Ticket{Ticket: ticket}}}, FlightDescriptor: d, TotalRecords: -1, TotalBytes: -1}
	if schema != nil {
		info.Schema = arrowflight.SerializeSchema(schema, memory.DefaultAllocator)
	}
	return info
}

// GetFlightInfoStatement takes a statement; it is run when its rows are fetched.
func (s *service) GetFlightInfoStatement(_ context.Context, q flightsql.StatementQuery, d *arrowflight.FlightDescriptor) (*arrowflight.FlightInfo, error) {
	if len(q.GetTransactionId()) > 0 {
		return nil, status.Error(codes.InvalidArgument, "there are no transactions")
	}
	ticket, err := flightsql.CreateStatementQueryTicket([]byte(q.GetQuery()))
	if err != nil {
		return nil, s.told(err)
	}
	return ready(d, ticket, nil), nil
}

// GetSchemaStatement gives a statement's columns.
func (s *service) GetSchemaStatement(ctx context.Context, q flightsql.StatementQuery, _ *arrowflight.FlightDescriptor) (*arrowflight.SchemaResult, error) {
	schema, err := s.columns(ctx, q.GetQuery())
	if err != nil {
		return nil, err
	}
	return &arrowflight.SchemaResult{Schema: arrowflight.SerializeSchema(schema, memory.DefaultAllocator)}, nil
}

// DoGetStatement runs a statement and streams its rows.
func (s *service) DoGetStatement(ctx context.Context, t flightsql.StatementQueryTicket) (*arrow.Schema, <-chan arrowflight.StreamChunk, error) {
	return s.rows(ctx, string(t.GetStatementHandle()))
}

// CreatePreparedStatement gives a statement's columns, for which it is run for no row: drivers
// of JDBC tell a query by them.
func (s *service) CreatePreparedStatement(ctx context.Context, r flightsql.ActionCreatePreparedStatementRequest) (p flightsql.ActionCreatePreparedStatementResult, err error) {
	if len(r.GetTransactionId()) > 0 {
		return p, status.Error(codes.InvalidArgument, "there are no transactions")
	}
	p.Handle = []byte(r.GetQuery())
	p.DatasetSchema, err = s.columns(ctx, r.GetQuery())
	return p, err
}

// ClosePreparedStatement has nothing to forget.
func (s *service) ClosePreparedStatement(context.Context, flightsql.ActionClosePreparedStatementRequest) error {
	return nil
}

// GetFlightInfoPreparedStatement is GetFlightInfoStatement of a prepared one.
func (s *service) GetFlightInfoPreparedStatement(_ context.Context, _ flightsql.PreparedStatementQuery, d *arrowflight.FlightDescriptor) (*arrowflight.FlightInfo, error) {
	return ready(d, d.Cmd, nil), nil
}

// DoGetPreparedStatement is DoGetStatement of a prepared one.
func (s *service) DoGetPreparedStatement(ctx context.Context, q flightsql.PreparedStatementQuery) (*arrow.Schema, <-chan arrowflight.StreamChunk, error) {
	return s.rows(ctx, string(q.GetPreparedStatementHandle()))
}

// columns runs a query for no row. One that can't stand in another (a comment ends it, after a
// semicolon) is run as it is until its columns are known; what is wrong with one is told of its
// own text so.
func (s *service) columns(ctx context.Context, query string) (*arrow.Schema, error) {
	schema, err := s.schema(ctx, "select * from (\n"+strings.TrimRight(query, "; \t\r\n")+"\n) as asked limit 0", false)
	if status.Code(err) == codes.InvalidArgument || status.Code(err) == codes.PermissionDenied {
		return s.schema(ctx, query, true)
	}
	return schema, err
}

// schema runs a query and gives its columns; end ends it once they are known.
func (s *service) schema(ctx context.Context, query string, end bool) (*arrow.Schema, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	schema, chunks, err := s.rows(ctx, query)
	if err != nil {
		return nil, err
	}
	if end {
		cancel()
	}
	for chunk := range chunks {
		if chunk.Data != nil {
			chunk.Data.Release()
		}
		if !end {
			err = errors.Join(err, chunk.Err)
		}
	}
	return schema, err
}

// rows runs a query and streams its rows as they come. What goes wrong before the first is an
// error; later it ends the stream.
func (s *service) rows(ctx context.Context, query string) (*arrow.Schema, <-chan arrowflight.StreamChunk, error) {
	own, ok := ctx.Value(asker{}).(books.Setting)
	switch {
	case !ok:
		return nil, nil, status.Error(codes.Unauthenticated, tokenIsWanted)
	case len(query) > queryMax:
		return nil, nil, status.Error(codes.InvalidArgument, "the query is too large")
	}
	ctx, cancel := context.WithCancel(ctx)
	from, to := io.Pipe()
	go func() {
		_, err := ask.Query(ctx, ask.QueryOptions{Setting: own, Query: query, Timeout: queryTime, Format: "arrow", Output: func() (io.Writer, error) { return to, nil }})
		if err == nil {
			err = io.EOF
		}
		_ = to.CloseWithError(err) // gives nil always
	}()
	give := func() {
		cancel()
		_ = from.CloseWithError(context.Canceled)
	}
	reader, err := streamed(from)
	if err != nil {
		give()
		return nil, nil, s.told(err)
	}
	chunks := make(chan arrowflight.StreamChunk)
	go func() {
		defer close(chunks)
		defer give()
		defer reader.Release()
		for reader.Next() {
			batch := reader.RecordBatch()
			batch.Retain()
			select {
			case chunks <- arrowflight.StreamChunk{Data: batch}:
			case <-ctx.Done():
				batch.Release()
				return
			}
		}
		err := reader.Err()
		if _, ended := io.Copy(io.Discard, from); ended != nil { // what is behind the rows, and how the query ended
			err = ended
		}
		if err != nil {
			select {
			case chunks <- arrowflight.StreamChunk{Err: s.told(err)}:
			case <-ctx.Done():
			}
		}
	}()
	return reader.Schema(), chunks, nil
}

// streamed reads a file of Arrow as it is written: between what begins it and its list of
// batches it is a stream.
func streamed(file io.Reader) (*ipc.Reader, error) {
	const aligned = 8 // bytes of what begins it
	begin := make([]byte, aligned)
	if _, err := io.ReadFull(file, begin); err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(begin, ipc.Magic) {
		return nil, errors.New("the answer is no file of Arrow")
	}
	return ipc.NewReader(file)
}

// Where tables are, as the engine that runs queries names it: tools group them by these, and
// may write them before a table's name.
const (
	catalog = "memory"
	place   = "main"
)

// GetFlightInfoCatalogs says that there is one.
func (s *service) GetFlightInfoCatalogs(_ context.Context, d *arrowflight.FlightDescriptor) (*arrowflight.FlightInfo, error) {
	return ready(d, d.Cmd, schema_ref.Catalogs), nil
}

// DoGetCatalogs gives it.
func (s *service) DoGetCatalogs(context.Context) (*arrow.Schema, <-chan arrowflight.StreamChunk, error) {
	return built(schema_ref.Catalogs, func(b *array.RecordBuilder) { b.Field(0).(*array.StringBuilder).Append(catalog) })
}

// GetFlightInfoSchemas says that there is one.
func (s *service) GetFlightInfoSchemas(_ context.Context, _ flightsql.GetDBSchemas, d *arrowflight.FlightDescriptor) (*arrowflight.FlightInfo, error) {
	return ready(d, d.Cmd, schema_ref.DBSchemas), nil
}

// DoGetDBSchemas gives it.
func (s *service) DoGetDBSchemas(_ context.Context, q flightsql.GetDBSchemas) (*arrow.Schema, <-chan arrowflight.StreamChunk, error) {
	return built(schema_ref.DBSchemas, func(b *array.RecordBuilder) {
		if isHere(q.GetCatalog(), q.GetDBSchemaFilterPattern()) {
			b.Field(0).(*array.StringBuilder).Append(catalog)
			b.Field(1).(*array.StringBuilder).Append(place)
		}
	})
}

// isHere says whether what is asked for, by a catalog and a pattern of schemas, is where tables are.
func isHere(of, pattern *string) bool {
	return (of == nil || *of == catalog) && (pattern == nil || like(*pattern, place))
}

// kind is that of every table.
const kind = "TABLE"

// GetFlightInfoTableTypes says that there is one.
func (s *service) GetFlightInfoTableTypes(_ context.Context, d *arrowflight.FlightDescriptor) (*arrowflight.FlightInfo, error) {
	return ready(d, d.Cmd, schema_ref.TableTypes), nil
}

// DoGetTableTypes gives it.
func (s *service) DoGetTableTypes(context.Context) (*arrow.Schema, <-chan arrowflight.StreamChunk, error) {
	return built(schema_ref.TableTypes, func(b *array.RecordBuilder) { b.Field(0).(*array.StringBuilder).Append(kind) })
}

func tablesSchema(q flightsql.GetTables) *arrow.Schema {
	if q.GetIncludeSchema() {
		return schema_ref.TablesWithIncludedSchema
	}
	return schema_ref.Tables
}

// GetFlightInfoTables takes the question which tables there are.
func (s *service) GetFlightInfoTables(_ context.Context, q flightsql.GetTables, d *arrowflight.FlightDescriptor) (*arrowflight.FlightInfo, error) {
	return ready(d, d.Cmd, tablesSchema(q)), nil
}

// DoGetTables gives the tables that a query finds, with their columns if they are asked for.
func (s *service) DoGetTables(ctx context.Context, q flightsql.GetTables) (*arrow.Schema, <-chan arrowflight.StreamChunk, error) {
	own, ok := ctx.Value(asker{}).(books.Setting)
	if !ok {
		return nil, nil, status.Error(codes.Unauthenticated, tokenIsWanted)
	}
	t, err := publish.Tables(ctx, publish.TablesOptions{Setting: own, SQL: s.o.SQL})
	if err != nil {
		return nil, nil, s.told(err)
	}
	wanted := isHere(q.GetCatalog(), q.GetDBSchemaFilterPattern()) && (len(q.GetTableTypes()) == 0 || slices.Contains(q.GetTableTypes(), kind))
	return built(tablesSchema(q), func(b *array.RecordBuilder) {
		for i := 0; i < len(t.Rows) && wanted; {
			name := t.Rows[i][0].(string)
			var columns []table.Column
			var types []string
			for i++; i < len(t.Rows) && t.Rows[i][0] == name; i++ {
				columns = append(columns, table.Column{Name: t.Rows[i][1].(string)})
				types = append(types, strings.ToUpper(t.Rows[i][2].(string)))
			}
			if pattern := q.GetTableNameFilterPattern(); pattern != nil && !like(*pattern, name) {
				continue
			}
			b.Field(0).(*array.StringBuilder).Append(catalog)
			b.Field(1).(*array.StringBuilder).Append(place)
			b.Field(2).(*array.StringBuilder).Append(name)
			b.Field(3).(*array.StringBuilder).Append(kind)
			if q.GetIncludeSchema() {
				b.Field(4).(*array.BinaryBuilder).Append(arrowflight.SerializeSchema(table.ArrowSchema(columns, types), memory.DefaultAllocator))
			}
		}
	})
}

// built gives rows that are made at once.
func built(schema *arrow.Schema, fill func(b *array.RecordBuilder)) (*arrow.Schema, <-chan arrowflight.StreamChunk, error) {
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	fill(b)
	chunks := make(chan arrowflight.StreamChunk, 1)
	chunks <- arrowflight.StreamChunk{Data: b.NewRecordBatch()}
	close(chunks)
	return schema, chunks, nil
}

// like says whether a name is as a pattern of SQL's LIKE. Only the last % is gone back to, so
// that no pattern takes long.
func like(pattern, name string) bool {
	p, n, mark, from := 0, 0, -1, 0
	for n < len(name) || p < len(pattern) {
		if p < len(pattern) && pattern[p] == '%' {
			mark, from = p, n
			p++
			continue
		}
		if p < len(pattern) && n < len(name) {
			literal, width := pattern[p] != '_', 1
			want := pattern[p]
			if want == '\\' && p+1 < len(pattern) {
				want, width = pattern[p+1], 2
			}
			if !literal || name[n] == want {
				p, n = p+width, n+1
				continue
			}
		}
		if mark < 0 || from >= len(name) {
			return false
		}
		from++
		p, n = mark+1, from
	}
	return true
}
