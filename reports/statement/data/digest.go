package data

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"

	"carat/pipeline"
	"carat/reports/statement"
)

// english is the language that a statement names or is silent about.
const english = "en"

// Digest hashes all that the statement says, but for the run that said it, and in which language: two
// statements with the same digest read the same. The rows are hashed as numbers
// and texts, not as a rendering of them: that is a tenth of the bytes. Errors are
// of kind internal: rows that are not one statement.
func (r *Files) Digest(s *statement.Statement) (string, error) {
	if err := s.Check(); err != nil {
		return "", err
	}
	plain := *s
	plain.RunID = ""
	b := r.buf[:0]
	for i := range summaryColumns {
		c := summaryColumns[i].value(&plain, &s.Summary)
		b = c.appendBinary(b)
	}
	b = binary.AppendUvarint(b, uint64(len(s.Lines)))
	for n := range s.Lines {
		for i := ofStatement; i < len(lineColumns); i++ {
			c := lineColumns[i].value(&plain, &s.Lines[n])
			b = c.appendBinary(b)
		}
	}
	b = binary.AppendUvarint(b, uint64(len(s.Days)))
	for i := range s.Days {
		d := &s.Days[i]
		for _, v := range [...]int64{d.Day, d.Gifts, d.Coins, d.Diamonds, int64(d.Amount)} {
			b = binary.AppendVarint(b, v)
		}
	}
	b = appendBeside(append(b, 0), s)
	rest, err := json.Marshal([]any{s.DisplayName, s.Payer, s.TimeZone().String(), s.Rates})
	if err != nil {
		return "", pipeline.Errorf(pipeline.KindInternal, "hash statement of", s.Subject(), "%w", err)
	}
	b = append(b, rest...)
	if s.Language != "" && s.Language != english { // whose digests are what they were before there were others
		b = append(b, s.Language...)
	}
	r.buf = b
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// appendBinary appends a cell so that no two cells, and no two rows of them,
// look the same.
func (c *cell) appendBinary(b []byte) []byte {
	if c.null {
		return append(b, 0)
	}
	b = append(b, 1+byte(c.kind))
	if c.kind != kindText {
		return binary.AppendVarint(b, c.n)
	}
	return append(binary.AppendUvarint(b, uint64(len(c.text))), c.text...)
}
