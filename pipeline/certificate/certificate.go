package certificate

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"carat/pipeline"
	"carat/pipeline/decision"
)

// Formats of certificates: they change when the meaning of a field does. All are read,
// and none is written again.
const (
	formatEncoded = 1 // hashes of numbers have no form: they are of the first
	// FormatOwnMonths is the first whose month was run without the batches of later
	// months, and of which each hash of numbers has its form.
	FormatOwnMonths = 2
	// CertificateFormat is that of what is written now.
	CertificateFormat = FormatOwnMonths
)

// Certificate is what locks a period: everything that its numbers depend on
// and everything that they are, by hash. It lies in the lake as
// certificates/PERIOD/VERSION.json, and its own SHA-256 stands in the state
// database and in the certificate that follows it.
type Certificate struct {
	Format   int             `json:"format"`
	Lake     string          `json:"lake"` // the lake's id
	Period   pipeline.Period `json:"period"`
	Version  int64           `json:"version"` // from 1; a reopened period gets the next
	Status   string          `json:"status"`
	RunID    string          `json:"run_id"`
	Prepared Signature       `json:"prepared"`
	Approved Signature       `json:"approved"`
	Build    string          `json:"build"` // the version of carat
	// Engine is what built the run, with its version; older certificates have none.
	Engine string `json:"engine,omitempty"`

	// Authentication is "on" where people prove who they are by keys, and "not
	// authenticated" where they only say so; older certificates have none. Recovered
	// are the times that it was recovered without an administrator.
	Authentication string     `json:"authentication,omitempty"`
	Recovered      []Recovery `json:"recovered,omitempty"`

	// Previous is the SHA-256 of the certificate of the period before, ""
	// for the first period. Replaces is that of this period's version
	// before, ReopenReason why it was opened again.
	Previous     string `json:"previous_sha256"`
	Replaces     string `json:"replaces_sha256,omitempty"`
	ReopenReason string `json:"reopen_reason,omitempty"`

	// LastBatch is the last batch that is covered and Chain its link of the
	// hash chain: the raw tables are as they were just after it.
	LastBatch string `json:"last_batch"`
	Chain     string `json:"chain"`
	// Records is the end of the state's chain of records when the period was locked:
	// "NUMBER SHA256". Older certificates have none.
	Records string `json:"records,omitempty"`

	Tables     []CertifiedTable    `json:"tables"`  // raw tables, by name
	Results    []CertifiedResult   `json:"results"` // result tables, by name
	SQL        []CertifiedFile     `json:"sql"`     // by name; the texts lie in certificates/sql/SHA256.sql
	SQLSHA256  string              `json:"sql_sha256"`
	Statements CertifiedList       `json:"statements"`
	Decisions  []decision.Decision `json:"decisions"` // in force when the period was locked

	// Parameters are what the models were told besides the tables, exactly as
	// the engine takes them; the batches are those up to LastBatch.
	Parameters       json.RawMessage `json:"parameters"`
	ParametersSHA256 string          `json:"parameters_sha256"`
	// Configuration is the part of carat.yaml that the results depend on.
	Configuration       json.RawMessage `json:"configuration"`
	ConfigurationSHA256 string          `json:"configuration_sha256"`

	// SharedAccounts are accounts of the operating system under which several of
	// those who prepared, approved and decided acted: nobody has proved that they
	// are several people.
	SharedAccounts []SharedAccount `json:"shared_accounts,omitempty"`

	// Moved is what differs from the version before; none in version 1.
	Moved []MovedTable `json:"moved,omitempty"`
}

// Signature is who signed, and when.
type Signature struct {
	User   string    `json:"user"`
	OSUser string    `json:"os_user,omitempty"` // whom the operating system says that was
	At     time.Time `json:"at"`
	// Record is the number of what they signed, and RecordSHA256 its hash; older
	// certificates have none.
	Record       int64  `json:"record,omitempty"`
	RecordSHA256 string `json:"record_sha256,omitempty"`
}

// Recovery is an administrator's key for a day, by whoever owned the lake's files.
type Recovery struct {
	Record int64     `json:"record"`
	User   string    `json:"user"`
	At     time.Time `json:"at"`
	Until  time.Time `json:"until"`
}

// CertifiedTable is a raw table at one snapshot.
type CertifiedTable struct {
	Table    string `json:"table"`
	Snapshot int64  `json:"snapshot_id,string"`
}

// CertifiedResult is what one result table holds of the run.
type CertifiedResult struct {
	Table         string `json:"table"`
	Snapshot      int64  `json:"snapshot_id,string"`
	Rows          int64  `json:"rows"`
	NumbersSHA256 string `json:"numbers_sha256"` // over every column but run_id
	// NumbersForm is the form of that hash (see the lake's docs/lake.md); none in a
	// certificate of format 1.
	NumbersForm int             `json:"numbers_form,omitempty"`
	Files       []CertifiedFile `json:"files"` // below the lake folder
}

// Form gives the form of the hash of numbers.
func (r CertifiedResult) Form() int { return max(r.NumbersForm, 1) }

// CertifiedFile is a file and the SHA-256 of its bytes; of SQL, Path is the name.
type CertifiedFile struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
}

// CertifiedList is a list of files and hashes, as sha256sum prints it, which
// lies beside the certificate as VERSION.statements.sha256. Where files are made on
// demand it lists none of a statement: the rows, which the results sign, are what
// counts.
type CertifiedList struct {
	Statements int64  `json:"statements"`
	Files      int64  `json:"files"`
	SHA256     string `json:"sha256"` // of the list
	OnDemand   bool   `json:"on_demand,omitempty"`
}

// MovedTable is what differs in one result table between two versions.
type MovedTable struct {
	Table   string `json:"table"`
	Removed int64  `json:"rows_removed"` // in the version before only
	Added   int64  `json:"rows_added"`   // in this version only
}

// Encode gives the certificate's bytes, the same for the same certificate, and
// their SHA-256.
func (c *Certificate) Encode() (text []byte, sum string, err error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(c); err != nil {
		return nil, "", fmt.Errorf("write certificate of %s: %w", c.Period, err)
	}
	return b.Bytes(), SHA256Text(b.Bytes()), nil
}

// ParseCertificate reads a certificate. A format of a newer carat is an error.
func ParseCertificate(text []byte) (*Certificate, error) {
	c := &Certificate{}
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(c); err != nil {
		return nil, fmt.Errorf("not a certificate: %w", err)
	}
	if c.Format < formatEncoded || c.Format > CertificateFormat {
		return nil, fmt.Errorf("its format is %d, this carat reads formats %d to %d", c.Format, formatEncoded, CertificateFormat)
	}
	for _, r := range c.Results {
		if (c.Format == formatEncoded) != (r.NumbersForm == 0) {
			return nil, fmt.Errorf("its format is %d, and the hash of the numbers of %s has the form %d", c.Format, r.Table, r.NumbersForm)
		}
	}
	if _, err := pipeline.ParsePeriod(string(c.Period)); err != nil {
		return nil, err
	}
	return c, nil
}

// Result gives what the certificate says of a result table.
func (c *Certificate) Result(table string) (CertifiedResult, bool) {
	for _, r := range c.Results {
		if r.Table == table {
			return r, true
		}
	}
	return CertifiedResult{}, false
}

// SHA256Text gives the SHA-256 of a text in lower-case hex.
func SHA256Text(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
