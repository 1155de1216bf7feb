package people

import (
	"context"
	"database/sql"
)

// Lost gives whose addresses and whose sign-ins are gone, of persons with hashes that records tell of: none of the hashes has
// a row. What another program wrote in place of a row has none of them.
func (l Logins) Lost(ctx context.Context, addresses, logins [][2]string) (unwritten, unknown []string, err error) {
	there, err := l.Store.present(ctx)
	if err != nil {
		return nil, nil, err
	}
	kept := map[string]bool{}
	if there {
		err = l.Store.With(ctx, func(tx *sql.Tx) error {
			has, err := tables(ctx, tx)
			if err == nil && has["addresses"] {
				err = hashes(ctx, tx, "select address_key, person, address, '' from addresses not indexed", func(key []byte, texts [3]string) { kept[addressHash(key, texts[0], texts[1])] = true })
			}
			if err == nil && has["logins"] {
				err = hashes(ctx, tx, "select login_key, person, issuer, subject from logins not indexed", func(key []byte, texts [3]string) {
					kept[Login{Person: texts[0], Issuer: texts[1], Subject: texts[2]}.hash(key)] = true
				})
			}
			return err
		})
	}
	return lost(kept, addresses), lost(kept, logins), l.Store.Disk.Fail("read who signs in of", l.Store.Disk.Root, err)
}

// lost gives the persons of whom no hash is kept, each once.
func lost(kept map[string]bool, of [][2]string) (persons []string) {
	found, told := map[string]bool{}, map[string]bool{}
	for _, one := range of {
		found[one[0]] = found[one[0]] || kept[one[1]]
	}
	for _, one := range of {
		if person := one[0]; !found[person] && !told[person] {
			told[person] = true
			persons = append(persons, person)
		}
	}
	return persons
}

func hashes(ctx context.Context, tx *sql.Tx, query string, each func(key []byte, texts [3]string)) error {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var key []byte
		var texts [3]string
		if err := rows.Scan(&key, &texts[0], &texts[1], &texts[2]); err != nil {
			return err
		}
		if len(key) == loginKeyBytes {
			each(key, texts)
		}
	}
	return rows.Err()
}
