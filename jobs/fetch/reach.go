package fetch

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"carat/jobs/books"
	"carat/pipeline/source"
)

// Reached is whether a source answers.
type Reached struct {
	Source string
	Origin string
	Err    error  // nil: it does; source.ErrNotReady: it does, and has nothing yet
	Text   string // of Err, without a secret
}

// reachTimeout bounds how long one source may take to answer.
const reachTimeout = 30 * time.Second

// Reach asks each source of carat.yaml whether it answers and lets us in, once, and takes
// nothing.
func Reach(ctx context.Context, s books.Setting) (list []Reached) {
	for _, name := range slices.Sorted(maps.Keys(s.Config.Sources)) {
		r := &run{Options: Options{Setting: s, Wait: source.Sleep}, source: s.Config.Sources[name]}
		one := Reached{Source: name}
		if one.Origin, one.Err = r.reach(ctx); one.Err != nil {
			one.Text = r.told(one.Err)
		}
		list = append(list, one)
	}
	return list
}

func (r *run) reach(ctx context.Context) (origin string, err error) {
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	s, err := r.open()
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if p, ok := s.(source.Prober); ok {
		err = p.Probe(ctx)
	} else {
		_, err = s.List(ctx)
	}
	return s.Origin(), err
}
