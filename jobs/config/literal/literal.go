package literal

import (
	"bytes"
	"net/url"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// FilePrefix begins a value that is in a file.
const FilePrefix = "FILE:"

// Instead is how a secret is given in place of one that stands in an address.
const Instead = "write ${NAME} in its place for a variable of the environment, or the whole address in a file"

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

// InWebhook says whether the address of a webhook has a secret in its own text: services
// that take notices tell who may by a long part of the path.
func InWebhook(address string) bool {
	return In(address) || !strings.HasPrefix(address, FilePrefix) && len(secretParts(address)) > 0
}

// secretPartBytes is from which length on a part of a webhook's path is taken for what
// lets somebody in.
const secretPartBytes = 16

// secretParts gives the parts of a webhook's path that are taken for secrets.
func secretParts(address string) (parts []string) {
	u, err := url.Parse(Reference.ReplaceAllString(address, "x"))
	if err != nil {
		return nil
	}
	_, path, _ := strings.Cut(strings.TrimPrefix(address, u.Scheme+"://"), "/")
	path, _, _ = strings.Cut(path, "?")
	for _, part := range strings.Split(path, "/") {
		if len(part) >= secretPartBytes && !Reference.MatchString(part) {
			parts = append(parts, part)
		}
	}
	return parts
}

// What a secret becomes in a copy of carat.yaml: whoever restores it sets the variable,
// or writes another reference.
const (
	passwordVariable = "${CARAT_PASSWORD}"
	secretVariable   = "${CARAT_SECRET}"
)

var (
	urlPassword   = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://[^\s"'/@:]*:)([^\s"'@]+)@`)
	urlToken      = regexp.MustCompile(`(https?://)([^\s"'/@:]{16,})@`) // a short one is a user's name
	queryPassword = regexp.MustCompile(`([?&]password=)([^\s"'&]+)`)
	querySecret   = regexp.MustCompile(`(?i)([?&](?:[^\s"'&=]*[-_])?(?:sig|signature|token|key|secret|password|passwd|pwd|auth|code)=)([^\s"'&#]+)`)
)

// WithoutPasswords gives the text of a configuration with a reference to a variable in
// place of each secret of an address, for a copy that leaves the machine: CARAT_PASSWORD
// for passwords, CARAT_SECRET for tokens, whether a long user, a parameter or a long part
// of a webhook's path.
func WithoutPasswords(text []byte) []byte {
	for _, one := range []struct {
		form     *regexp.Regexp
		variable string
	}{{urlPassword, passwordVariable}, {queryPassword, passwordVariable}, {urlToken, secretVariable}, {querySecret, secretVariable}} {
		text = one.form.ReplaceAllFunc(text, func(found []byte) []byte {
			parts := one.form.FindSubmatch(found)
			if Reference.Match(parts[2]) {
				return found
			}
			end := strings.TrimPrefix(string(found), string(parts[1])+string(parts[2]))
			return []byte(string(parts[1]) + one.variable + end)
		})
	}
	for _, address := range webhooks(text) {
		for _, part := range secretParts(address) {
			text = bytes.ReplaceAll(text, []byte(part), []byte(secretVariable))
		}
	}
	return text
}

// webhooks gives the addresses of webhooks in the text of a configuration; none of one
// that can't be read.
func webhooks(text []byte) (addresses []string) {
	var c struct {
		Notifications map[string]map[string]any `yaml:"notifications"`
	}
	if yaml.Unmarshal(text, &c) != nil {
		return nil
	}
	for _, one := range c.Notifications {
		if address, ok := one["url"].(string); ok {
			addresses = append(addresses, address)
		}
	}
	return addresses
}
