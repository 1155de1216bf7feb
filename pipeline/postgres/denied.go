package postgres

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"carat/pipeline"
)

// SQLSTATE codes of what a role may not do, and of a search_path that leads nowhere.
const (
	codeDenied   = "42501"
	codeNoSchema = "3F000"
)

// Denied makes a refusal of the server an error of usage that names the right that is
// missing; any other error passes as it is. Nothing is wrong with what is stored, and
// nothing was written: a statement of a transaction was refused.
func Denied(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return err
	}
	var known *pipeline.Error
	if errors.As(err, &known) && known.Kind == pipeline.KindUsage {
		return err
	}
	switch {
	case pg.Code == codeDenied:
		return pipeline.Errorf(pipeline.KindUsage, "use", "the database of `catalog`", "%s (SQLSTATE %s)", pg.Message, pg.Code).
			WithHint("grant it to the role of `catalog` in carat.yaml: usage and create on its schema, and select, insert, update and delete on its tables; or name the role that made them")
	case pg.Code == codeNoSchema:
		return pipeline.Errorf(pipeline.KindUsage, "use", "the database of `catalog`", "%s (SQLSTATE %s)", pg.Message, pg.Code).
			WithHint("search_path of the role or the address leads to no schema with carat's tables in which the role has the right usage: grant it, or name the schema in `catalog` of carat.yaml (?search_path=NAME)")
	}
	return err
}
