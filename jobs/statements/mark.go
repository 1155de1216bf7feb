package statements

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"carat/jobs/config"
	"carat/pipeline/state"
	"carat/reports/statement"
)

// Mark hashes all that the statements of a run depend on besides the run
// itself: the program, the renderings, the payers' names and addresses, the
// months that they look back on, and the languages.
func (o Options) Mark(run state.Run, statements int64) string {
	formats := o.Formats
	if len(formats) == 0 {
		formats = Formats
	}
	text, err := json.Marshal([]any{o.Build, run.ID, formats, Payers(o.Config), statements, o.Final, o.History.mark(), o.Config.Languages})
	if err != nil {
		return "" // cannot be: these are texts; an empty mark stands for nothing
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Payers gives the entities as a statement names them.
func Payers(c *config.Config) map[string]statement.Party {
	payers := map[string]statement.Party{}
	for _, e := range c.Entities {
		payers[e.ID] = statement.Party{Name: e.Name, Address: e.Address, TaxID: e.TaxID}
	}
	return payers
}
