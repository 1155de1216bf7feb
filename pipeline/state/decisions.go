package state

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"carat/pipeline/decision"
)

const decisionColumns = "exception_id, status, until_day, owner, note, decided_by, os_user, decided_at, rate_value, rate_source, rate_pair, rate_period, matched, match_name, signed_no, expected, actual, difference, unit"

// RecordDecisions adds decisions: all of them or none. Earlier ones about the
// same exceptions stay on record; p is the record by which they were made.
func (s *Store) RecordDecisions(ctx context.Context, decisions []decision.Decision, p *Proof) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		if err := s.prove(ctx, tx, p); err != nil {
			return err
		}
		var last int64
		if err := tx.QueryRowContext(ctx, "select coalesce(max(decision_no), 0) from carat_decisions").Scan(&last); err != nil {
			return err
		}
		for i, d := range decisions {
			if _, err := tx.ExecContext(ctx, s.bind("insert into carat_decisions (decision_no, "+decisionColumns+") values (?"+strings.Repeat(", ?", 19)+")"),
				last+int64(i)+1, d.ExceptionID, d.Status, d.Until, d.Owner, d.Note, d.By, d.OSUser, d.At.UnixMicro(), d.Value, d.Source, d.Rate, string(d.Period), d.Matched, d.Match,
				p.number(), d.Expected, d.Actual, d.Difference, d.Unit); err != nil {
				return err
			}
			if err := s.Record(ctx, tx, "carat_decisions", last+int64(i)+1); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("record decisions: %w", err)
	}
	return nil
}

// Decisions gives the latest decision about each exception.
func (s *Store) Decisions(ctx context.Context) (map[string]decision.Decision, error) {
	list, err := s.decisions(ctx, "select "+decisionColumns+" from carat_decisions order by decision_no")
	if err != nil {
		return nil, err
	}
	latest := map[string]decision.Decision{}
	for _, d := range list {
		latest[d.ExceptionID] = d
	}
	return latest, nil
}

// DecisionHistory gives every decision that was ever made, oldest first.
func (s *Store) DecisionHistory(ctx context.Context) ([]decision.Decision, error) {
	return s.decisions(ctx, "select "+decisionColumns+" from carat_decisions order by decision_no")
}

// DecisionsUntil gives the decisions that were made before a head of the chain of
// records, oldest first.
func (s *Store) DecisionsUntil(ctx context.Context, h Head) ([]decision.Decision, error) {
	return s.decisions(ctx, "select "+decisionColumns+" from carat_decisions where "+firstRecord("carat_decisions", "cast(decision_no as text)")+
		" <= ? order by decision_no", h.No)
}

// DecisionsOn gives every decision about one exception, oldest first.
func (s *Store) DecisionsOn(ctx context.Context, exceptionID string) ([]decision.Decision, error) {
	return s.decisions(ctx, "select "+decisionColumns+" from carat_decisions where exception_id = ? order by decision_no", exceptionID)
}

func (s *Store) decisions(ctx context.Context, query string, args ...any) ([]decision.Decision, error) {
	rows, err := s.db.QueryContext(ctx, s.bind(query), args...)
	if err != nil {
		return nil, fmt.Errorf("read decisions: %w", err)
	}
	defer rows.Close()
	var list []decision.Decision
	for rows.Next() {
		var d decision.Decision
		var at int64
		if err := rows.Scan(&d.ExceptionID, &d.Status, &d.Until, &d.Owner, &d.Note, &d.By, &d.OSUser, &at, &d.Value, &d.Source, &d.Rate, &d.Period, &d.Matched, &d.Match, &d.Record, &d.Expected, &d.Actual, &d.Difference, &d.Unit); err != nil {
			return nil, fmt.Errorf("read decisions: %w", err)
		}
		d.At = time.UnixMicro(at).UTC()
		list = append(list, d)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read decisions: %w", err)
	}
	return list, nil
}
