package config

import (
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"carat/jobs/config/literal"
	"carat/jobs/disk"
	"carat/pipeline"
)

// Hidden is a text that holds a secret, or may: however it is printed, logged or
// marshalled, three stars come out. Reveal alone gives it.
type Hidden string

// hiddenText stands for a secret.
const hiddenText = "***"

// String gives three stars; nothing for nothing.
func (h Hidden) String() string {
	if h == "" {
		return ""
	}
	return hiddenText
}

// GoString is String, for %#v.
func (h Hidden) GoString() string { return h.String() }

// Format is String, whatever the verb.
func (h Hidden) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, h.String()) }

// MarshalText is String, for JSON and YAML.
func (h Hidden) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// Reveal gives the text itself.
func (h Hidden) Reveal() string { return string(h) }

// Secret is where a secret lies: in a variable of the environment, in a file, or
// in the text of carat.yaml, in which ${NAME} and FILE: stand for these.
type Secret struct {
	Text           Hidden
	Variable, File string
}

// places counts where it may lie: one of them is right.
func (s Secret) places() (count int) {
	for _, text := range []string{s.Text.Reveal(), s.Variable, s.File} {
		if text != "" {
			count++
		}
	}
	return count
}

// Read gives the secret from where it lies; "" when no place is named. Errors name the
// place, what says which secret it is, and never what is in it.
func (s Secret) Read(dir, what string, variable func(string) string) (Hidden, error) {
	switch {
	case s.Text != "":
		text, err := Expand(s.Text, dir, variable)
		if err != nil {
			return "", fmt.Errorf("%s: %w", what, err)
		}
		return text, nil
	case s.Variable != "":
		text := ""
		if variable != nil {
			text = strings.TrimSpace(variable(s.Variable))
		}
		if text == "" {
			return "", fmt.Errorf("%s_env: the environment variable %s is not set", what, s.Variable)
		}
		return Hidden(text), nil
	case s.File != "":
		text, err := readSecret(dir, s.File)
		if err != nil {
			return "", fmt.Errorf("%s_file: %w", what, err)
		}
		return text, nil
	}
	return "", nil
}

// secretBytes bounds a file that holds a secret.
const secretBytes = 64 << 10

// filePrefix begins a value that is in a file.
const filePrefix = literal.FilePrefix

var secretReference = literal.Reference

// refers says whether a text is filled in from elsewhere.
func refers(text string) bool {
	return strings.HasPrefix(text, filePrefix) || secretReference.MatchString(text)
}

// Expand gives a text with what it refers to: `FILE:path` is what the file holds
// (a path beside carat.yaml, or a whole one), `${NAME}` a variable of the
// environment. Inside a longer text, which then is an address, what is filled in is
// escaped as a URL wants it. Errors name the variable or the file, never what is in
// it.
func Expand(text Hidden, dir string, variable func(string) string) (Hidden, error) {
	plain := text.Reveal()
	if path, ok := strings.CutPrefix(plain, filePrefix); ok {
		return readSecret(dir, strings.TrimSpace(path))
	}
	var missing []string
	whole := secretReference.FindString(plain) == plain
	out := secretReference.ReplaceAllStringFunc(plain, func(ref string) string {
		name := ref[2 : len(ref)-1]
		value := ""
		if variable != nil {
			value = strings.TrimSpace(variable(name))
		}
		if value == "" {
			missing = append(missing, name)
		}
		if whole {
			return value
		}
		return strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
	})
	if len(missing) > 0 {
		return "", fmt.Errorf("the environment variable %s is not set", strings.Join(missing, ", "))
	}
	return Hidden(out), nil
}

func readSecret(dir, path string) (Hidden, error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", path, disk.Cause(err))
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, secretBytes+1))
	if err != nil {
		return "", fmt.Errorf("read %s: %w", path, disk.Cause(err))
	}
	secret := strings.TrimSpace(string(text))
	if secret == "" || len(text) > secretBytes {
		return "", fmt.Errorf("%s is empty, or too long for a secret", path)
	}
	return Hidden(secret), nil
}

// FillSecrets fills in what catalog and the mail password refer to. What can't be
// filled in is a usage error.
func (c *Config) FillSecrets(variable func(string) string) (err error) {
	for _, one := range []struct {
		what string
		text *Hidden
	}{{"catalog", &c.Catalog}, {"mail password", &c.Mail.Password}} {
		if !refers(one.text.Reveal()) {
			continue
		}
		if *one.text, err = Expand(*one.text, c.Dir, variable); err != nil {
			return pipeline.Errorf(pipeline.KindUsage, "fill in", one.what+" of "+File, "%w", err)
		}
	}
	if dsn := c.Catalog.Reveal(); dsn != "" && !strings.HasPrefix(dsn, "postgres://") && !strings.HasPrefix(dsn, "postgresql://") {
		return pipeline.Errorf(pipeline.KindUsage, "fill in", "catalog of "+File, "what it refers to doesn't begin with postgres://")
	}
	return nil
}

// Secrets gives the secrets that the configuration holds, in every spelling in
// which they may come up, for whoever prints what others say.
func (c *Config) Secrets() []string {
	list := []string{c.Mail.Password.Reveal(), c.Catalog.Reveal()}
	if u, err := url.Parse(c.Catalog.Reveal()); err == nil {
		password, _ := u.User.Password()
		list = append(list, password, url.QueryEscape(password), url.PathEscape(password), u.Query().Get("password"))
	}
	for _, w := range c.Notifications {
		list = append(list, w.URL.Text.Reveal(), w.Token.Text.Reveal(), w.SigningKey.Text.Reveal())
	}
	return slices.DeleteFunc(list, func(s string) bool { return s == "" || refers(s) })
}
