package literal

import (
	"net/url"
	"regexp"
	"strings"
)

// FilePrefix begins a value that is in a file.
const FilePrefix = "FILE:"

// Reference stands for a variable of the environment: ${NAME}.
var Reference = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]{0,127})\}`)

// name is what a parameter of an address is called whose value lets somebody in.
var name = regexp.MustCompile(`(?i)^(.*[-_])?(sig|signature|token|key|secret|password|passwd|pwd|auth|code)$`)

// In says whether an address has a secret in its own text: a password, or a parameter
// that is called like one. What is filled in from elsewhere is none.
func In(address string) bool {
	if strings.HasPrefix(address, FilePrefix) {
		return false
	}
	u, err := url.Parse(Reference.ReplaceAllString(address, ""))
	if err != nil {
		return false
	}
	if password, _ := u.User.Password(); password != "" {
		return true
	}
	for parameter, values := range u.Query() {
		if name.MatchString(parameter) && strings.Join(values, "") != "" {
			return true
		}
	}
	return false
}

// passwordVariable is what a password becomes in a copy of carat.yaml.
const passwordVariable = "${CARAT_PASSWORD}"

var (
	urlPassword   = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://[^\s"'/@:]*:)([^\s"'@]+)@`)
	queryPassword = regexp.MustCompile(`([?&]password=)([^\s"'&]+)`)
)

// WithoutPasswords gives the text of a configuration with a reference to
// CARAT_PASSWORD in place of each password of an address, for a copy that leaves the
// machine.
func WithoutPasswords(text []byte) []byte {
	for _, form := range []*regexp.Regexp{urlPassword, queryPassword} {
		text = form.ReplaceAllFunc(text, func(found []byte) []byte {
			parts := form.FindSubmatch(found)
			if Reference.Match(parts[2]) {
				return found
			}
			end := strings.TrimPrefix(string(found), string(parts[1])+string(parts[2]))
			return []byte(string(parts[1]) + passwordVariable + end)
		})
	}
	return text
}
