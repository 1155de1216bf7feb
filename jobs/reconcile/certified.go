package reconcile

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/pipeline/certificate"
	"carat/pipeline/engine"
	"carat/pipeline/lake"
)

// DialectPath names the macros among the SQL of a certificate.
const DialectPath = "dialect/duckdb.sql"

// OwnPath begins what names a user's own control in a certificate.
const OwnPath = "own/"

// CertifiedParameters are an engine's parameters as a certificate holds them:
// the zone by name, and without the batches, which the history tells.
type CertifiedParameters struct {
	engine.Parameters
	TimeZone string
	Batches  *struct{} `json:",omitempty"`
}

// ModelsOf reads the SQL that a certificate names.
func ModelsOf(p *books.Books, c *certificate.Certificate) (m Models, err error) {
	for _, f := range c.SQL {
		text, err := p.Lake.SQLText(f.SHA256)
		if err != nil {
			return m, err
		}
		if f.Path == DialectPath {
			m.Dialect = string(text)
			continue
		}
		path, own := strings.CutPrefix(f.Path, OwnPath)
		model, err := engine.ParseModel(path, string(text), own)
		if err != nil {
			return m, err
		}
		m.List = append(m.List, model)
	}
	return m, nil
}

// ParametersOf reads what the models were told, with the batches that
// the certificate covers.
func ParametersOf(ctx context.Context, p *books.Books, c *certificate.Certificate) (engine.Parameters, error) {
	var told CertifiedParameters
	if err := json.Unmarshal(c.Parameters, &told); err != nil {
		return told.Parameters, pipeline.Errorf(pipeline.KindVerification, "read parameters of", string(c.Period), "%w", err)
	}
	zone, err := time.LoadLocation(told.TimeZone)
	if err != nil {
		return told.Parameters, pipeline.Errorf(pipeline.KindVerification, "read parameters of", string(c.Period), "%w", err)
	}
	told.Parameters.TimeZone = zone
	if c.LastBatch != "" {
		told.Parameters.Batches, err = p.Batches(ctx, lake.AsOf{Batch: c.LastBatch})
	}
	return told.Parameters, err
}

// ReadOf is ReadBy of a month by its certificate, nil of an open one. Certificates of format
// 1 are of months that read all that there was.
func ReadOf(c *certificate.Certificate, period pipeline.Period, batches []pipeline.Batch, tables []pipeline.TableFiles) ([]pipeline.Batch, []pipeline.TableFiles) {
	if c != nil && c.Format < certificate.FormatOwnMonths {
		return batches, tables
	}
	return ReadBy(period, batches, tables)
}
