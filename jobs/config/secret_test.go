package config

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/jobs/config/literal"
	"carat/pipeline/spelling"
)

const testPassword = "s3cret/p@ss word"

// A configuration with secrets, printed in any way, shows none of them.
func TestSecretsAreNeverPrinted(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mail.txt"), []byte(testPassword+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Parse([]byte(`
catalog: "postgres://carat:${DB_PASSWORD}@db.example/carat"
mail: {server: "smtp.example.com:587", from: "a@example.com", user: "${MAIL_USER}", password: "FILE:mail.txt"}
notifications: {ops: {url: "https://hooks.example/${HOOK}", token: "${TOKEN}", signing_key: "FILE:key"}}
`), dir, File)
	if err != nil {
		t.Fatal(err)
	}
	variable := func(name string) string {
		return map[string]string{"DB_PASSWORD": testPassword, "MAIL_USER": "AKIA-user", "HOOK": testPassword, "TOKEN": testPassword}[name]
	}
	if err := c.FillSecrets(variable); err != nil {
		t.Fatal(err)
	}
	if got, want := c.Catalog.Reveal(), "postgres://carat:s3cret%2Fp%40ss%20word@db.example/carat"; got != want {
		t.Errorf("the catalog is %s, want %s", got, want)
	}
	if c.Mail.User != "AKIA-user" {
		t.Errorf("the user of mail is %s", c.Mail.User)
	}
	if got := c.Mail.Password.Reveal(); got != testPassword {
		t.Errorf("the password of the mail server is %q", got)
	}
	hook := c.Notifications["ops"]
	if got, err := literal.Expand(hook.URL.Text, dir, variable); err != nil || got.Reveal() != "https://hooks.example/s3cret%2Fp%40ss%20word" {
		t.Errorf("the address is %s, %v", got.Reveal(), err)
	}
	c.Zone = nil
	text, err := json.Marshal(c.Mail)
	if err != nil {
		t.Fatal(err)
	}
	all := string(text) + fmt.Sprint(c.Catalog, c.Mail, hook) + fmt.Sprintf("%v %+v %#v %s %q %x %d", *c, c, c.Catalog, c.Catalog, c.Catalog, c.Catalog, c.Catalog)
	if strings.Contains(all, "s3cret") || !strings.Contains(all, "***") {
		t.Errorf("it prints as %s", all)
	}
	for _, said := range []string{"dial " + c.Catalog.Reveal(), "password " + testPassword + " is wrong", "at postgres://a:other@h/x and https://u:pw@h/", "GET https://h/x?token=abcdef&a=1"} {
		got := spelling.Redact(said, c.Secrets()...)
		for _, secret := range []string{"s3cret", "other", ":pw@", "abcdef"} {
			if strings.Contains(got, secret) {
				t.Errorf("%s becomes %s", said, got)
			}
		}
	}
	if got := spelling.Redact("select 'a' where b = 'password=x'", c.Secrets()...); got != "select 'a' where b = 'password=x'" {
		t.Errorf("a query becomes %s", got)
	}
}

func TestSecretsThatAreMissing(t *testing.T) {
	for text, want := range map[string]string{
		`catalog: "${NOT_SET}"`:                                    "fill in catalog of carat.yaml: the environment variable NOT_SET is not set",
		`catalog: "postgres://u:${NOT_SET}@h/d"`:                   "the environment variable NOT_SET is not set",
		`catalog: "FILE:nowhere"`:                                  "nowhere: no such file",
		`catalog: "postgres://u:${LATIN}@h/d"`:                     "fill in catalog of carat.yaml: the environment variable LATIN is no UTF-8",
		`catalog: "${BELL}"`:                                       "the environment variable BELL holds the control character U+0007",
		`mail: {password: "${LATIN}"}`:                             "fill in mail password of carat.yaml: the environment variable LATIN is no UTF-8",
		`catalog: "${PLAIN}"`:                                      "doesn't begin with postgres://",
		`mail: {password: "${NOT_SET}"}`:                           "fill in mail password",
		`mail: {user: "${NOT_SET}"}`:                               "fill in mail user",
		`mail: {from: "${PLAIN}@example.com"}`:                     "isn't filled in",
		`mail: {password: s3cret}`:                                 "a secret doesn't belong in the configuration",
		`notifications: {a: {url: "https://h/", token: s3cret}}`:   "a secret doesn't belong in the configuration",
		`catalog: "mysql://u:s3cret@h/"`:                           "catalog must be empty",
		`notifications: {a: {url: "ftp://u:s3cret@h/"}}`:           "it is no address that begins with",
		`notifications: {a: {url: "https://h/", url_env: NOSUCH}}`: "needs one of url",
	} {
		c, err := Parse([]byte(text), t.TempDir(), File)
		if err == nil {
			err = c.FillSecrets(func(name string) string {
				return map[string]string{"PLAIN": "s3cret", "LATIN": "s3cret\xfc", "BELL": "s3cret\a"}[name]
			})
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// A secret that is no text goes nowhere, wherever it lies, and isn't repeated.
func TestSecretsAreText(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"latin": "s3cret\xfc", "null": "s3cret\x00x", "lines": "-----BEGIN KEY-----\r\n\tx\n-----END KEY-----"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	environment := map[string]string{"LATIN": "s3cret\xfc", "NULL": "s3cret\x00x", "LINES": "-----BEGIN KEY-----\nx"}
	for s, want := range map[Secret]string{
		{File: "latin"}:              "token_file: " + filepath.Join(dir, "latin") + " is no UTF-8",
		{File: "null"}:               "holds the control character U+0000",
		{Text: "FILE:latin"}:         "latin is no UTF-8",
		{Variable: "LATIN"}:          "token_env: the environment variable LATIN is no UTF-8",
		{Variable: "NULL"}:           "NULL holds the control character U+0000",
		{Text: "${LATIN}"}:           "token: the environment variable LATIN is no UTF-8",
		{Text: "https://h/${LATIN}"}: "LATIN is no UTF-8",
		{File: "lines"}:              "",
		{Variable: "LINES"}:          "",
	} {
		_, err := s.Read(dir, "token", func(name string) string { return environment[name] })
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret")) {
			t.Errorf("%#v: %v, want %q", s, err, want)
		}
	}
}

// A secret inside an address is told, and refused where people sign in; neither repeats
// it.
func TestLiteralSecrets(t *testing.T) {
	const sources = `sources: {a: {kind: http, feeds: [fx_rates], url: "URL"}}`
	for text, want := range map[string]string{
		"catalog: postgres://carat:s3cret@db.example/carat":           "catalog",
		"catalog: postgres://db.example/carat?user=a&password=s3cret": "catalog",
		"catalog: postgres://carat:${DB}@db.example/carat":            "",
		"catalog: postgres://carat@db.example/carat":                  "",
		"catalog: FILE:dsn": "",
		strings.Replace(sources, "URL", "https://u:s3cret@h.example/x.csv", 1):                 "sources a",
		strings.Replace(sources, "URL", "https://h.example/x.csv?sig=s3cret", 1):               "sources a",
		strings.Replace(sources, "URL", "https://h.example/x.csv?api_key=s3cret", 1):           "sources a",
		strings.Replace(sources, "URL", "https://h.example/x.csv?sig=${SIG}", 1):               "",
		strings.Replace(sources, "URL", "https://h.example/x.csv?day=2026-10-01", 1):           "",
		`notifications: {ops: {url: "https://hooks.example/x?token=s3cret"}}`:                  "notifications ops",
		`notifications: {ops: {url: "https://hooks.example/x", token: "${TOKEN}"}}`:            "",
		`notifications: {ops: {url: "https://h.example/services/T0/B0/abcdefghijklmnopqrst"}}`: "notifications ops",
		`timestamp: {url: "https://tsa.example/?key=s3cret", certificates: tsa.pem}`:           "timestamp",
	} {
		dir := t.TempDir()
		for _, sign := range []string{"", "auth: none\n", "auth: {sign: key}\n"} {
			auth := strings.Contains(sign, "sign")
			whole := text + "\n" + sign
			if err := os.WriteFile(filepath.Join(dir, File), []byte(whole), 0o600); err != nil {
				t.Fatal(err)
			}
			r, err := Check(dir)
			if err != nil {
				t.Fatal(err)
			}
			told := strings.Join(r.Notes, "\n")
			if auth || len(r.Problems) > 0 { // one that is never called is a problem either way
				told = ""
				for _, p := range r.Problems {
					told += p.Text + " " + p.Source + "\n"
				}
			}
			if strings.Contains(told, "a secret stands in its address") != (want != "") || !strings.Contains(told, want) || strings.Contains(told, "s3cret") {
				t.Errorf("auth %v, %s: %q", auth, text, told)
			}
		}
	}
}
