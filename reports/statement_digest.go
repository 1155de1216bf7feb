package reports

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"carat/pipeline"
)

// Digest hashes all that the statement says, but for the run that said it: two
// statements with the same digest read the same. Errors are those of JSON.
func (r *Renderer) Digest(s *Statement) (string, error) {
	plain := *s
	plain.RunID = ""
	rows, err := r.JSON(&plain)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	sum.Write(rows)
	rest, err := json.Marshal([]any{s.DisplayName, s.Payer, s.zone().String(), s.Rates, s.Rule, s.Held, s.YearToDate, s.Days})
	if err != nil {
		return "", pipeline.Errorf(pipeline.KindInternal, "hash statement of", s.subject(), "%w", err)
	}
	sum.Write(rest)
	return hex.EncodeToString(sum.Sum(nil)), nil
}
