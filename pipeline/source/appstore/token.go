package appstore

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"time"
)

// tokenSpan is how long a token is good for; Apple takes none of more than twenty
// minutes.
const tokenSpan = 10 * time.Minute

// parseKey reads the private key of a .p8 file.
func parseKey(text string) (*ecdsa.PrivateKey, error) {
	wrong := errors.New("key: it is no private key as App Store Connect gives it, a .p8 file that begins with -----BEGIN PRIVATE KEY-----")
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, wrong
	}
	any, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, wrong
	}
	key, ok := any.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, wrong
	}
	return key, nil
}

// token signs who asks: a JSON web token with ES256 (RFC 7518, 3.4), whose signature is
// the two numbers, each in 32 bytes.
func (s *store) token() (string, error) {
	part := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			panic("appstore: " + err.Error()) // its types have a text
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	signed := part(map[string]string{"alg": "ES256", "kid": s.o.KeyID, "typ": "JWT"}) + "." + part(map[string]any{
		"iss": s.o.Issuer, "iat": s.o.Now.Unix(), "exp": s.o.Now.Add(tokenSpan).Unix(), "aud": "appstoreconnect-v1"})
	sum := sha256.Sum256([]byte(signed))
	a, b, err := ecdsa.Sign(rand.Reader, s.key, sum[:])
	if err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	signature := make([]byte, 64)
	a.FillBytes(signature[:32])
	b.FillBytes(signature[32:])
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}
