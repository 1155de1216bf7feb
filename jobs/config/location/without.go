package location

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Without says what to do in a folder that has no carat.yaml; shown is the folder as it is told. One in which a restore
// was broken off isn't begun anew: what it is restored from has a carat.yaml.
func Without(dir, shown string) string {
	entries, err := os.ReadDir(filepath.Clean(dir))
	if err == nil {
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), ".restoring") {
				return fmt.Sprintf("a restore was broken off there: run `carat restore --from BACKUPS --dir %s` again, which brings the backup's own", shown)
			}
		}
	}
	return fmt.Sprintf("`carat init --dir %s` makes one", shown)
}
