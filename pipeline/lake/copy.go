package lake

import "carat/pipeline/lake/store"

// TurnsFolder holds empty files that those lock who run SQL of their own. No copy of the
// lake has it.
const TurnsFolder = store.TurnsFolder

// Files lists what a copy of the lake consists of besides its databases, by
// path below the lake's folder: names only, in order. Something that is no
// plain file is a verification error: no job of carat's makes one. The lake
// must be locked.
func (l *Lake) Files() ([]string, error) {
	names, err := l.disk.Names()
	return names, l.fail("read lake", l.cfg.Root, err)
}
