package authority

import (
	"fmt"
	"net/url"
	"path/filepath"

	"carat/pipeline/source/reach"
	"carat/pipeline/timestamp"
)

// Timestamp says which authority stamps certificates and the end of the chain.
type Timestamp struct {
	URL          string // "": none
	Certificates string // the file of the roots that stamps chain to; relative to carat.yaml
	Policy       string // "": any
	Allow        reach.Allow
}

// Problems says what is wrong, each with the key that it is about in front.
func (t Timestamp) Problems() (list []string) {
	if _, err := timestamp.ParsePolicy(t.Policy); err != nil {
		list = append(list, fmt.Sprintf("policy: %v", err))
	}
	if t.URL == "" {
		return list
	}
	if u, err := url.Parse(t.URL); err != nil {
		list = append(list, "url: it is no address that begins with https://")
	} else if err := reach.CheckURL(u, t.Allow, true); err != nil {
		list = append(list, fmt.Sprintf("url: %v", err))
	}
	if t.Certificates == "" {
		list = append(list, "certificates: name the file with the authority's root, which stamps are checked against")
	}
	return list
}

// CertificatesFile is the file of roots as the operating system takes it, beside carat.yaml in
// dir; "": none.
func (t Timestamp) CertificatesFile(dir string) string {
	if t.Certificates == "" || filepath.IsAbs(t.Certificates) {
		return t.Certificates
	}
	return filepath.Join(dir, t.Certificates)
}
