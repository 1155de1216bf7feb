package literal

import "fmt"

// Secret is where a secret lies: in a variable of the environment, in a file, or
// in the text of carat.yaml, in which ${NAME} and FILE: stand for these.
type Secret struct {
	Text           Hidden
	Variable, File string
}

// Places counts where it may lie: one of them is right.
func (s Secret) Places() (count int) {
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
		text, err := Variable(s.Variable, variable)
		if err == nil && text == "" {
			err = fmt.Errorf("the environment variable %s is not set", s.Variable)
		}
		if err != nil {
			return "", fmt.Errorf("%s_env: %w", what, err)
		}
		return text, nil
	case s.File != "":
		text, err := ReadFile(dir, s.File)
		if err != nil {
			return "", fmt.Errorf("%s_file: %w", what, err)
		}
		return text, nil
	}
	return "", nil
}
