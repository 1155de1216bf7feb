package literal

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"carat/jobs/disk"
)

// secretBytes bounds a file that holds a secret.
const secretBytes = 64 << 10

// Refers says whether a text is filled in from elsewhere.
func Refers(text string) bool {
	return strings.HasPrefix(text, FilePrefix) || Reference.MatchString(text)
}

// Expand gives a text with what it refers to: `FILE:path` is what the file holds
// (a path beside carat.yaml, or a whole one), `${NAME}` a variable of the
// environment. Inside a longer text, which then is an address, what is filled in is
// escaped as a URL wants it. Errors name the variable or the file, never what is in
// it.
func Expand(text Hidden, dir string, variable func(string) string) (Hidden, error) {
	plain := text.Reveal()
	if path, ok := strings.CutPrefix(plain, FilePrefix); ok {
		return ReadFile(dir, strings.TrimSpace(path))
	}
	var missing []string
	var odd error
	whole := Reference.FindString(plain) == plain
	out := Reference.ReplaceAllStringFunc(plain, func(ref string) string {
		name := ref[2 : len(ref)-1]
		value := ""
		if variable != nil {
			value = strings.TrimSpace(variable(name))
		}
		if value == "" {
			missing = append(missing, name)
		}
		if err := isText(value); err != nil {
			odd = fmt.Errorf("the environment variable %s %w", name, err)
		}
		if whole {
			return value
		}
		return strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
	})
	if len(missing) > 0 {
		return "", fmt.Errorf("the environment variable %s is not set", strings.Join(missing, ", "))
	}
	return Hidden(out), odd
}

// Variable gives what a variable of the environment holds, "" when it isn't set; an error
// that names the variable when that is no text.
func Variable(name string, variable func(string) string) (Hidden, error) {
	if variable == nil {
		return "", nil
	}
	value := strings.TrimSpace(variable(name))
	if err := isText(value); err != nil {
		return "", fmt.Errorf("the environment variable %s %w", name, err)
	}
	return Hidden(value), nil
}

// isText says what is wrong with a text that goes into addresses, headers and what errors
// say: bytes that are no UTF-8, or control characters but those of lines.
func isText(value string) error {
	if !utf8.ValidString(value) {
		return errors.New("is no UTF-8")
	}
	for _, r := range value {
		if unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' {
			return fmt.Errorf("holds the control character %U", r)
		}
	}
	return nil
}

// ReadFile gives the secret that a file beside carat.yaml, or anywhere, holds.
func ReadFile(dir, path string) (Hidden, error) {
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
	if err := isText(secret); err != nil {
		return "", fmt.Errorf("%s %w", path, err)
	}
	return Hidden(secret), nil
}
