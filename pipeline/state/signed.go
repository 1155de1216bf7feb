package state

import (
	"context"
	"database/sql"

	"carat/pipeline/state/signed"
)

// Proof is a record to keep in the transaction that writes what it is about. Without
// one nothing is signed: tests alone write so.
type Proof struct {
	Record signed.Record
	// Check judges the record by the roles and the records of people as this transaction
	// reads them: who signs may have lost the right since. Its error stops it.
	Check func(grants []Grant, people []signed.Record) error
	// People are the kinds of records that Check is handed.
	People []string
}

// No is the number of the record; 0 without one.
func (p *Proof) number() int64 {
	if p == nil {
		return 0
	}
	return p.Record.No
}

// prove keeps a record, inside a transaction.
func (s *Store) prove(ctx context.Context, tx *sql.Tx, p *Proof) error {
	if p == nil {
		return nil
	}
	if s.postgres { // two can't take the same place; SQLite's transactions lock the database
		if _, err := tx.ExecContext(ctx, "lock table carat_signed, carat_users in share row exclusive mode"); err != nil {
			return err
		}
	}
	if p.Check != nil {
		grants, err := s.grants(ctx, tx)
		if err != nil {
			return err
		}
		people, err := signed.List(ctx, tx, s.bind, 1, 0, p.People...)
		if err != nil {
			return err
		}
		if err := p.Check(grants, people); err != nil {
			return err
		}
	}
	if err := signed.Append(ctx, tx, s.bind, p.Record); err != nil {
		return err
	}
	return s.Record(ctx, tx, signed.Table, p.Record.No)
}

// Prove keeps a record that is about nothing else in the database.
func (s *Store) Prove(ctx context.Context, p *Proof) error {
	return s.inTx(ctx, func(tx *sql.Tx) error { return s.prove(ctx, tx, p) })
}

// SignedHead gives the end of the chain of what people signed.
func (s *Store) SignedHead(ctx context.Context) (signed.Head, error) { return signed.HeadOf(ctx, s.db) }

// Signed gives what people signed from a number on, at most so many (0: all), of some kinds or of all.
func (s *Store) Signed(ctx context.Context, from int64, most int, kinds ...string) ([]signed.Record, error) {
	return signed.List(ctx, s.db, s.bind, from, most, kinds...)
}
