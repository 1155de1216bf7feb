package reconcile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"carat/jobs/books"
	"carat/jobs/sandbox"
	"carat/pipeline"
	"carat/pipeline/engine"
)

// ownControls is the folder of a user's controls, beside carat.yaml.
const ownControls = "controls"

// runOwn runs a user's controls, each in a process of its own.
func runOwn(s books.Setting) engine.Apart {
	if !s.Apart {
		return nil
	}
	return sandbox.Own(s.Config.Memory, s.Config.Workers(), s.Config.ControlTimeout)
}

// Models is all the SQL of a run.
type Models struct {
	Dialect string
	List    []engine.Model
}

// Models reads the built-in models and the user's own controls. That a file of
// the user has the name of a built-in one the engine refuses: nobody may switch
// a control off by putting another in its place.
func (o Options) Models() (m Models, err error) {
	if m.Dialect, err = engine.Dialect(o.SQL); err != nil {
		return m, pipeline.Errorf(pipeline.KindInternal, "read", "SQL dialect", "%w", err)
	}
	if m.List, err = engine.ParseModels(o.SQL, false); err != nil {
		return m, err
	}
	folder := filepath.Join(o.Config.Dir, ownControls)
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	own, err := engine.ParseModels(os.DirFS(folder), true)
	for i := range own {
		own[i].Path = filepath.ToSlash(filepath.Join(ownControls, own[i].Path))
	}
	m.List = append(m.List, own...)
	return m, err
}

// Files gives what a run's id depends on: models by their names, of which each
// stands once, so that a file that moved to another folder is no new run.
func (m Models) Files() []sqlFile {
	sum := sha256.Sum256([]byte(m.Dialect))
	files := []sqlFile{{"dialect", hex.EncodeToString(sum[:])}}
	for _, model := range m.List {
		files = append(files, sqlFile{model.Name, model.SHA256})
	}
	return files
}
