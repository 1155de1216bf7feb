package timestamp

import (
	"bytes"
	"cmp"
	"context"
	"crypto"
	"crypto/sha1" // what older authorities name their certificate by
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/digitorus/pkcs7"
	rfc3161 "github.com/digitorus/timestamp"
)

// Stamp is what a time stamp says, after it was checked.
type Stamp struct {
	Time      time.Time // of the authority's clock, in UTC
	Serial    string    // of the stamp, in decimal digits
	Policy    string    // under which it was given, such as 1.2.3.4.1
	Authority string    // the subject of the certificate that signed it
	Root      string    // the subject of the root that it chains to; "" when no roots were named
}

// Request is a request for a stamp over some bytes.
type Request struct {
	SHA256 [32]byte
	nonce  *big.Int
	policy asn1.ObjectIdentifier
}

// nonceBytes is how long a nonce is: nobody guesses it, so no answer was made before.
const nonceBytes = 16

// NewRequest makes a request over the bytes whose SHA-256 is given, under a policy ("": the
// authority's own). The nonce is read from random.
func NewRequest(sum [32]byte, policy string, random io.Reader) (*Request, error) {
	nonce := make([]byte, nonceBytes)
	if _, err := io.ReadFull(random, nonce); err != nil {
		return nil, fmt.Errorf("draw a nonce: %w", err)
	}
	oid, err := ParsePolicy(policy)
	if err != nil {
		return nil, err
	}
	nonce[0] |= 0x40 // no zeros in front, which some authorities drop
	return &Request{SHA256: sum, nonce: new(big.Int).SetBytes(nonce), policy: oid}, nil
}

// ParsePolicy reads a policy such as 1.2.3.4.1; "" is none.
func ParsePolicy(text string) (oid asn1.ObjectIdentifier, err error) {
	if text == "" {
		return nil, nil
	}
	for part := range strings.SplitSeq(text, ".") {
		n, err := strconv.ParseUint(part, 10, 31)
		if err != nil {
			return nil, fmt.Errorf("%q is no policy: it is whole numbers with points between, such as 1.2.3.4.1", text)
		}
		oid = append(oid, int(n))
	}
	if len(oid) < 2 {
		return nil, fmt.Errorf("%q is no policy: it is whole numbers with points between, such as 1.2.3.4.1", text)
	}
	return oid, nil
}

// DER gives the request as it is sent.
func (r *Request) DER() ([]byte, error) {
	return (&rfc3161.Request{HashAlgorithm: crypto.SHA256, HashedMessage: r.SHA256[:], Certificates: true, Nonce: r.nonce, TSAPolicyOID: r.policy}).Marshal()
}

// Check checks the answer to the request.
func (r *Request) Check(answer []byte, roots *x509.CertPool) (*Stamp, error) {
	t, stamp, err := check(answer, r.SHA256, roots, r.policy)
	if err != nil {
		return nil, err
	}
	if t.Nonce == nil || t.Nonce.Cmp(r.nonce) != 0 {
		return nil, errors.New("its nonce is not the request's: it answers another request")
	}
	return stamp, nil
}

// answerBytesMax bounds an answer: a stamp with its chain has a few thousand bytes.
const answerBytesMax = 1 << 20

// Ask sends the request to an authority and gives its answer, unchecked.
func Ask(ctx context.Context, client *http.Client, url string, r *Request) ([]byte, error) {
	der, err := r.DER()
	if err != nil {
		return nil, err
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(der))
	if err != nil {
		return nil, err
	}
	q.Header.Set("Content-Type", "application/timestamp-query")
	q.Header.Set("Accept", "application/timestamp-reply")
	a, err := client.Do(q)
	if err != nil {
		return nil, err
	}
	defer a.Body.Close()
	body, err := io.ReadAll(io.LimitReader(a.Body, answerBytesMax+1))
	switch {
	case err != nil:
		return nil, err
	case a.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("it answers %d %s", a.StatusCode, http.StatusText(a.StatusCode))
	case len(body) > answerBytesMax:
		return nil, errors.New("its answer is longer than a stamp can be")
	}
	return body, nil
}

// Verify checks a kept answer over the bytes whose SHA-256 is given. Roots nil: the
// signature is checked and not who made it, and Root of the stamp is "". Policy "": any.
func Verify(answer []byte, sum [32]byte, roots *x509.CertPool, policy string) (*Stamp, error) {
	oid, err := ParsePolicy(policy)
	if err != nil {
		return nil, err
	}
	_, stamp, err := check(answer, sum, roots, oid)
	return stamp, err
}

func check(answer []byte, sum [32]byte, roots *x509.CertPool, policy asn1.ObjectIdentifier) (*rfc3161.Timestamp, *Stamp, error) {
	t, err := parse(answer)
	if err != nil {
		return nil, nil, err
	}
	if t.HashAlgorithm != crypto.SHA256 || !bytes.Equal(t.HashedMessage, sum[:]) {
		return nil, nil, errors.New("it is over other bytes")
	}
	if policy != nil && !t.Policy.Equal(policy) {
		return nil, nil, fmt.Errorf("it was given under the policy %s, and %s is wanted", t.Policy, policy)
	}
	p7, err := pkcs7.Parse(t.RawToken)
	if err != nil {
		return nil, nil, fmt.Errorf("it can't be read: %w", err)
	}
	signer := p7.GetOnlySigner()
	if signer == nil {
		return nil, nil, errors.New("it doesn't have one signature with its certificate")
	}
	if err := cmp.Or(strong(p7), stampsOnly(signer), ofTime(p7), names(p7, signer)); err != nil {
		return nil, nil, err
	}
	s := &Stamp{Time: t.Time.UTC(), Serial: t.SerialNumber.String(), Policy: t.Policy.String(), Authority: signer.Subject.String()}
	if roots == nil {
		return t, s, nil
	}
	between := x509.NewCertPool()
	for _, c := range p7.Certificates {
		between.AddCert(c)
	}
	chains, err := signer.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: t.Time, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}})
	if err != nil {
		return nil, nil, fmt.Errorf("its authority (%s) isn't trusted: %w", signer.Subject, err)
	}
	s.Root = chains[0][len(chains[0])-1].Subject.String()
	return t, s, nil
}

// parse reads an answer and checks its signature. The library answers what an
// authority may send; bytes that nobody sends must not end carat.
func parse(answer []byte) (t *rfc3161.Timestamp, err error) {
	defer func() {
		if r := recover(); r != nil {
			t, err = nil, fmt.Errorf("it can't be read: %v", r)
		}
	}()
	t, err = rfc3161.ParseResponse(answer)
	if err != nil {
		return nil, fmt.Errorf("it is no stamp: %w", err)
	}
	if len(t.Certificates) == 0 {
		return nil, errors.New("it comes without the certificate of who signed it")
	}
	if t.SerialNumber == nil || t.Time.IsZero() {
		return nil, errors.New("it has no number or no time")
	}
	return t, nil
}

// strong wants a signature over a digest that nobody finds a second text for.
func strong(p7 *pkcs7.PKCS7) error {
	for _, s := range p7.Signers {
		if d := s.DigestAlgorithm.Algorithm; !d.Equal(pkcs7.OIDDigestAlgorithmSHA256) && !d.Equal(pkcs7.OIDDigestAlgorithmSHA384) && !d.Equal(pkcs7.OIDDigestAlgorithmSHA512) {
			return fmt.Errorf("it was signed over a digest (%s) that is too weak", d)
		}
	}
	return nil
}

var extKeyUsage = asn1.ObjectIdentifier{2, 5, 29, 37}

// stampsOnly wants a certificate that may stamp time and nothing else, and says so
// critically (RFC 3161, 2.3).
func stampsOnly(c *x509.Certificate) error {
	critical := false
	for _, e := range c.Extensions {
		critical = critical || e.Critical && e.Id.Equal(extKeyUsage)
	}
	if !critical || len(c.ExtKeyUsage) != 1 || c.ExtKeyUsage[0] != x509.ExtKeyUsageTimeStamping || len(c.UnknownExtKeyUsage) > 0 {
		return fmt.Errorf("the certificate that signed it (%s) is not one for stamping time alone", c.Subject)
	}
	return nil
}

var (
	contentType          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	timeStampInfo        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
	signingCertificate   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 12}
	signingCertificateV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	sha256ID             = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
)

// ofTime wants what was signed to be a time stamp, and not other content of the same form.
func ofTime(p7 *pkcs7.PKCS7) error {
	var kind asn1.ObjectIdentifier
	if err := p7.UnmarshalSignedAttribute(contentType, &kind); err != nil || !kind.Equal(timeStampInfo) {
		return errors.New("what was signed is no time stamp")
	}
	return nil
}

// certificateID names a certificate by its hash (RFC 5035); version 1 has no algorithm,
// which is SHA-1 then.
type certificateID struct {
	Algorithm struct {
		Algorithm  asn1.ObjectIdentifier
		Parameters asn1.RawValue `asn1:"optional"`
	} `asn1:"optional"`
	Hash   []byte
	Issuer asn1.RawValue `asn1:"optional"`
}

// names wants the signer's certificate named in what was signed: otherwise another
// certificate of the same key could be put in its place.
func names(p7 *pkcs7.PKCS7, signer *x509.Certificate) error {
	for _, oid := range []asn1.ObjectIdentifier{signingCertificateV2, signingCertificate} {
		var list struct {
			IDs      []certificateID
			Policies asn1.RawValue `asn1:"optional"`
		}
		if p7.UnmarshalSignedAttribute(oid, &list) != nil || len(list.IDs) == 0 {
			continue
		}
		id := list.IDs[0]
		ones := sha1.Sum(signer.Raw) // it names a certificate that the chain proves
		twos := sha256.Sum256(signer.Raw)
		want := twos[:]
		if oid.Equal(signingCertificate) {
			want = ones[:]
		} else if a := id.Algorithm.Algorithm; len(a) > 0 && !a.Equal(sha256ID) {
			return fmt.Errorf("it names its certificate by a digest (%s) that isn't known", a)
		}
		if !bytes.Equal(id.Hash, want) {
			return errors.New("it names another certificate than the one it was signed with")
		}
		return nil
	}
	return errors.New("it doesn't name the certificate it was signed with")
}
