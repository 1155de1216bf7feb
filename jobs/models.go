package jobs

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"carat/pipeline"
	"carat/pipeline/engine"
)

// ownControls is the folder of a user's controls, beside carat.yaml.
const ownControls = "controls"

// models is all the SQL of a run.
type models struct {
	dialect string
	list    []engine.Model
}

// models reads the built-in models and the user's own controls. That a file of
// the user has the name of a built-in one the engine refuses: nobody may switch
// a control off by putting another in its place.
func (o ReconcileOptions) models() (m models, err error) {
	if m.dialect, err = engine.Dialect(o.SQL); err != nil {
		return m, pipeline.Errorf(pipeline.KindInternal, "read", "SQL dialect", "%w", err)
	}
	if m.list, err = engine.ParseModels(o.SQL, false); err != nil {
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
	m.list = append(m.list, own...)
	return m, err
}

// files gives what a run's id depends on: models by their names, of which each
// stands once, so that a file that moved to another folder is no new run.
func (m models) files() []sqlFile {
	sum := sha256.Sum256([]byte(m.dialect))
	files := []sqlFile{{"dialect", hex.EncodeToString(sum[:])}}
	for _, model := range m.list {
		files = append(files, sqlFile{model.Name, model.SHA256})
	}
	return files
}
