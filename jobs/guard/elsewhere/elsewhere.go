// Package elsewhere looks at copies of a lake for a person who is erased from it: copies are lakes of their own, which
// the erasure of one doesn't reach.
//
// It promises to change nothing there. It must not import the package of jobs that erases.
package elsewhere

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"carat/pipeline/lake"
	"carat/pipeline/state"
)

// JobCopy is the job that copies a lake; MadeCopy begins what its record says of where to.
const (
	JobCopy  = "copy"
	MadeCopy = "copy "
)

// Copies gives the places to which jobs copied the lake, each once.
func Copies(jobs []state.Job) (places []string) {
	for _, j := range jobs {
		for _, in := range j.Inputs {
			if place, made := strings.CutPrefix(in, MadeCopy); made && j.Job == JobCopy && !slices.Contains(places, place) {
				places = append(places, place)
			}
		}
	}
	return places
}

// Says says what is to be done about a copy at a place, a folder or a bucket; "": it doesn't name the person.
func Says(ctx context.Context, place, person string) string {
	if !filepath.IsAbs(place) {
		return "a copy of this lake was made here: erase there too"
	}
	if _, err := os.Stat(place); err != nil {
		return "a copy of this lake was made here, and it isn't here any more: erase where it went to"
	}
	if Names(ctx, filepath.Join(place, filepath.FromSlash(lake.PeopleFile)), person) {
		return "this copy of the lake names the person: erase there too"
	}
	return ""
}

// Names says whether the store of people in a file names a person; also of one that can't be asked. One that isn't there doesn't.
func Names(ctx context.Context, file, person string) bool {
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return false
	}
	db, err := sql.Open("sqlite", "file:"+strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(file)+"?mode=ro&immutable=1")
	if err != nil {
		return true
	}
	defer db.Close()
	for _, query := range []string{"select count(*) from people where creator_id = ?", "select count(*) from payees where payee_id = ?", "select count(*) from attached where subject_id = ? and sha256 <> ''"} {
		var n int64
		err := db.QueryRowContext(ctx, query, person).Scan(&n)
		if err != nil && strings.Contains(err.Error(), "no such table") {
			continue // of before there were payees, or anything was attached
		}
		if err != nil || n > 0 {
			return true
		}
	}
	return false
}
