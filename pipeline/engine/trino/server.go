package trino

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	client "github.com/trinodb/trino-go-client/trino"

	"carat/pipeline"
	"carat/pipeline/dialect"
)

// Config says where a cluster is, and which of its catalogs are whose.
type Config struct {
	URL         string // https://USER@HOST:8443; of the coordinator
	AccessToken string // in a password's place; "" for none
	Catalog     string // that shows the lake
	Scratch     string // in which a run makes a schema of its own
	Lake        string // the lake's id, which names its schemas
	Attempt     string // names them too, by Attempt: no two runs of a lake have the same
	Macros      string // sql/dialect/trino.sql
}

// attemptBase is that in which an attempt's milliseconds are spelled.
const attemptBase = 36

// Attempt names what is made at a time.
func Attempt(at time.Time) string { return strconv.FormatInt(at.UnixMilli(), attemptBase) }

// Schema is where the lake's tables are in its catalog.
const Schema = "carat"

// OldestVersion is that of the oldest Trino that models were run on.
const OldestVersion = 476

// Server is a cluster that is asked.
type Server struct {
	config  Config
	version string
	dialect *dialect.Dialect
	plain   *sql.DB // without a schema
}

// Open asks a cluster for its version and refuses one that is too old, that lacks a
// catalog, or that tells instants otherwise.
func Open(ctx context.Context, c Config) (*Server, error) {
	spelled, err := dialect.Trino("dialect/trino.sql", c.Macros)
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindInternal, "read", "SQL dialect", "%w", err)
	}
	s := &Server{config: c, dialect: spelled}
	if s.plain, err = s.database(""); err != nil {
		return nil, err
	}
	if err := s.check(ctx); err != nil {
		return nil, errors.Join(err, s.plain.Close())
	}
	return s, nil
}

// Name is what a record of a run calls the engine: Trino and its version.
func (s *Server) Name() string { return "Trino " + s.version }

// Close ends the connections.
func (s *Server) Close() error { return s.plain.Close() }

// database connects to a schema of the scratch catalog. Nothing is asked yet.
func (s *Server) database(schema string) (*sql.DB, error) {
	at, err := url.Parse(s.config.URL)
	if err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
		return nil, pipeline.Errorf(pipeline.KindUsage, "reach", "Trino", "engine url is no address such as https://carat@trino.example:8443")
	}
	if at.User.Username() == "" {
		at.User = url.User("carat")
	}
	timeout, patience := 24*time.Hour, time.Minute // of one query: a run is ended by its context; of a coordinator that doesn't answer
	connector, err := client.NewConnector(&client.Config{ServerURI: at.String(), Source: "carat", Catalog: s.config.Scratch, Schema: schema,
		TimeZone: "UTC", AccessToken: s.config.AccessToken, QueryTimeout: &timeout, RequestRetryTimeout: &patience, DisableExplicitPrepare: true})
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindUsage, "reach", "Trino", "%s", withoutSecret(err.Error(), at)).WithHint("see engine in carat.yaml")
	}
	return sql.OpenDB(connector), nil
}

// withoutSecret takes a password out of what a client says.
func withoutSecret(text string, at *url.URL) string {
	if secret, ok := at.User.Password(); ok && secret != "" {
		text = strings.ReplaceAll(text, secret, "…")
	}
	return text
}

// check refuses a cluster on which no run could end.
func (s *Server) check(ctx context.Context) error {
	if err := s.plain.QueryRowContext(ctx, "select node_version from system.runtime.nodes where coordinator").Scan(&s.version); err != nil {
		return s.failure(ctx, "ask", "for its version", err)
	}
	number, _, _ := strings.Cut(s.version, "-")
	var version int
	if _, err := fmt.Sscanf(number, "%d", &version); err != nil || version < OldestVersion {
		return pipeline.Errorf(pipeline.KindUsage, "reach", "Trino", "it is version %s; models are run on %d and later", s.version, OldestVersion).
			WithHint("upgrade the cluster, or take engine out of carat.yaml: this machine then builds the models")
	}
	rows, err := s.texts(ctx, s.plain, "show catalogs")
	if err != nil {
		return s.failure(ctx, "ask", "for its catalogs", err)
	}
	for _, want := range []struct{ key, name string }{{"catalog", s.config.Catalog}, {"scratch", s.config.Scratch}} {
		if !containsFold(rows, want.name) {
			return pipeline.Errorf(pipeline.KindUsage, "reach", "Trino", "it has no catalog %s: it has %s", want.name, strings.Join(rows, ", ")).
				WithHint("write engine %s in carat.yaml, or add the catalog to the cluster: docs/cluster.md", want.key)
		}
	}
	return s.instants(ctx)
}

func containsFold(list []string, want string) bool {
	for _, have := range list {
		if strings.EqualFold(have, want) {
			return true
		}
	}
	return false
}

// texts gives the first column of a query.
func (s *Server) texts(ctx context.Context, db *sql.DB, query string) (list []string, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		list = append(list, text)
	}
	return list, rows.Err()
}

// mostMessage bounds what of a cluster's own words is told: it can name every stage of a plan.
const mostMessage = 600

// failure tells what went wrong at the cluster, and what to do about it.
func (s *Server) failure(ctx context.Context, action, object string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var known *pipeline.Error
	if errors.As(err, &known) {
		return err
	}
	var said *client.ErrTrino
	var refused *client.ErrQueryFailed
	var network net.Error
	message := err.Error()
	if at, bad := url.Parse(s.config.URL); bad == nil {
		message = withoutSecret(message, at)
	}
	if errors.As(err, &said) {
		message = said.Message + " (" + said.ErrorName + ")"
	}
	if len(message) > mostMessage {
		message = message[:mostMessage] + "…"
	}
	failure := pipeline.Errorf(pipeline.KindInternal, action, object, "Trino: %s", message)
	switch {
	case said != nil && said.ErrorType == "INSUFFICIENT_RESOURCES":
		return failure.WithHint("the cluster has too little memory or space for this query: give it more, or take engine out of carat.yaml; nothing was published")
	case said != nil && (said.ErrorName == "PERMISSION_DENIED" || said.ErrorName == "ACCESS_DENIED"):
		return failure.WithHint("give the user of engine url the rights that docs/cluster.md names; nothing was published")
	case said != nil:
		return failure.WithHint("nothing was published; run again, and if it fails again take engine out of carat.yaml: this machine then builds the models")
	case errors.As(err, &refused) && (refused.StatusCode == 401 || refused.StatusCode == 403):
		failure.Kind = pipeline.KindUsage
		return failure.WithHint("see user, password and token of engine in carat.yaml")
	case errors.As(err, &network), refused != nil, errors.Is(err, net.ErrClosed):
		return failure.WithHint("is the coordinator up, and engine url right? Nothing was published; run again when it answers")
	}
	return failure.WithHint("nothing was published; run again when the cluster answers")
}
