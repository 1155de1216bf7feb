package written

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/pipeline"
	"carat/pipeline/state"
)

// Verify compares each month's folder with what carat wrote into it. What was changed in
// a closed month is a difference; in an open one, where it is written anew with every
// run, a note, as is what only lies beside it.
func Verify(ctx context.Context, p *books.Books, c *config.Config) (differences, notes []string, err error) {
	closed, err := p.Closures(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	var periods []pipeline.Period
	for _, l := range closed.Locks {
		if l.InForce() {
			periods = append(periods, l.Period)
		}
	}
	slices.Sort(periods)
	for period := closed.EarliestOpen(); period != ""; period = period.Next() {
		if _, _, found, err := kept(ctx, p, period); err != nil || !found {
			break // told when it is read
		}
		periods = append(periods, period)
	}
	for _, period := range periods {
		list, listed, err := Differing(ctx, p, c, period)
		if pipeline.KindOf(err) == pipeline.KindVerification && err != nil {
			differences = append(differences, err.Error())
			continue
		}
		if err != nil {
			return differences, notes, err
		}
		_, inForce := closed.Lock(period)
		if there, err := files(c.OutFolder(period), Folders[0]); inForce && !listed && err == nil && len(there) > 0 {
			notes = append(notes, fmt.Sprintf("what the close package, the journal and the tax files of %s were when they were written is not recorded (an older carat wrote them), so they are not compared: `carat package --period %s` writes them anew and records them", period, period))
		}
		for _, d := range list {
			if d.Name = filepath.ToSlash(filepath.Join("out", string(period), d.Name)); d.Kind == Changed && inForce {
				differences = append(differences, d.String())
			} else {
				notes = append(notes, d.String())
			}
		}
	}
	return differences, notes, nil
}

// VerifyList compares a folder of final statements with the hashes that their certificate
// lists, by name: what was changed or taken away, but for what gone excuses, and what is
// there besides, unless files are made on demand. A folder that is gone says nothing.
func VerifyList(folder string, want map[string]string, onDemand bool, gone func(name string) bool) (list []Difference, err error) {
	have, err := below(folder)
	if err != nil || have == nil {
		return nil, err
	}
	for name, sum := range want {
		if got, ok := have[name]; got != sum && (ok || !gone(name)) {
			list = append(list, Difference{Name: name})
		}
	}
	for name := range have {
		if _, ok := want[name]; !ok && !onDemand {
			list = append(list, Difference{Name: name, Kind: Added})
		}
	}
	sortByName(list)
	return list, nil
}

// Of says to which version of a month's statements a folder belongs.
func Of(l state.Lock, statements string) string {
	if l.InForce() {
		return statements
	}
	return books.KeptFolder(statements, l.Version)
}
