package jobs

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"carat/pipeline/state"
	"carat/reports/statement"
)

// statementsMark is the file of a period's statements that says what they were
// rendered from.
const statementsMark = ".rendered"

// mark hashes all that the statements of a run depend on besides the run
// itself: the program, the renderings, the payers' names and addresses, and the
// months that they look back on.
func (o StatementsOptions) mark(run state.Run, statements int64) string {
	formats := o.Formats
	if len(formats) == 0 {
		formats = StatementFormats
	}
	text, err := json.Marshal([]any{o.Build, run.ID, formats, o.Config.payers(), statements, o.final, o.history.mark()})
	if err != nil {
		return "" // cannot be: these are texts; an empty mark stands for nothing
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

func writeMark(folder, mark string) error {
	return os.WriteFile(filepath.Join(folder, statementsMark), fmt.Appendln(nil, mark), 0o644)
}

// hasMark says whether a folder's statements were rendered from that.
func hasMark(folder, mark string) bool {
	text, err := os.ReadFile(filepath.Join(folder, statementsMark))
	return err == nil && mark != "" && string(text) == mark+"\n"
}

// payers gives the entities as a statement names them.
func (c *Config) payers() map[string]statement.Party {
	payers := map[string]statement.Party{}
	for _, e := range c.Entities {
		payers[e.ID] = statement.Party{Name: e.Name, Address: e.Address, TaxID: e.TaxID}
	}
	return payers
}
