package books

import (
	"context"
	"fmt"

	"carat/pipeline"
	"carat/pipeline/certificate"
	"carat/pipeline/state"
)

// ReadCertificate reads the certificate of a lock. One that is not what was
// signed is a verification error.
func (p *Books) ReadCertificate(l state.Lock) (*certificate.Certificate, error) {
	text, err := p.Lake.Certificate(l.Period, l.Version)
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("%s version %d", l.Period, l.Version)
	if got := certificate.SHA256Text(text); got != l.CertificateSHA256 {
		return nil, pipeline.Errorf(pipeline.KindVerification, "read certificate of", name,
			"it was changed: its SHA-256 is %s, the state database has %s", got, l.CertificateSHA256).
			WithHint("restore it from a backup")
	}
	c, err := certificate.ParseCertificate(text)
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindVerification, "read certificate of", name, "%w", err)
	}
	return c, nil
}

// CertifiedResults gives what a certificate says of the results of a run.
func (p *Books) CertifiedResults(ctx context.Context, run string) (list []certificate.CertifiedResult, err error) {
	tables, err := p.Lake.RunTables(ctx, run)
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		files, err := p.Lake.CertifiedFiles(t)
		if err != nil {
			return nil, err
		}
		list = append(list, certificate.CertifiedResult{
			Table: t.Table, Snapshot: t.Snapshot, Rows: t.Rows, NumbersSHA256: t.NumbersSHA256, NumbersForm: t.NumbersForm, Files: files})
	}
	return list, nil
}
