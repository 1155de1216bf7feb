package config

import (
	"cmp"
	"errors"
	"net"
	"net/mail"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"

	"carat/jobs/config/literal"
	"carat/pipeline/feed/address"
)

// mail reads how statements are mailed.
func (y *yamlFile) mail(n *yaml.Node, m *Mail) {
	y.keys(n, "mail", map[string]func(*yaml.Node){
		"server": func(n *yaml.Node) {
			text, ok := y.text(n, "mail server")
			if !ok || text == "" {
				return
			}
			host, port, err := net.SplitHostPort(text)
			if number, bad := strconv.Atoi(port); err != nil || host == "" || bad != nil || number < 1 || number > 65535 {
				y.problem(n, "mail server: %q is not a host and a port, such as smtp.example.com:587", text)
				return
			}
			m.Server = text
		},
		"tls": func(n *yaml.Node) { m.TLS = y.choice(n, "mail tls", "starttls", "implicit", "none") },
		"from": func(n *yaml.Node) {
			text, ok := y.text(n, "mail from")
			if !ok || text == "" {
				return
			}
			if literal.Refers(text) {
				y.problem(n, "mail from: %q isn't filled in: letters come from an address that everybody sees; write it here", text)
				return
			}
			from, err := mail.ParseAddress(text)
			if err != nil {
				y.problem(n, "mail from: %q is not an address, such as Payments <pay@example.com>", text)
				return
			}
			if err := address.Check(from.Address); err != nil || strings.ContainsFunc(from.Name, unicode.IsControl) {
				y.problem(n, "mail from: %q is not an address that a letter can come from: %v", text, cmp.Or(err, errors.New("its name has a control character")))
				return
			}
			m.From = text
		},
		"shared_addresses": func(n *yaml.Node) {
			m.SharedAddresses = y.choice(n, "mail shared_addresses", "true", "false") == "true"
		},
		"password":   func(n *yaml.Node) { m.Password = y.reference(n, "mail password") },
		"user":       func(n *yaml.Node) { m.User, _ = y.text(n, "mail user") },
		"per_minute": func(n *yaml.Node) { m.PerMinute = y.whole(n, "mail per_minute", 0, 100_000) },
		"subject":    func(n *yaml.Node) { m.Subject, _ = y.text(n, "mail subject") },
		"body": func(n *yaml.Node) {
			text, ok := y.text(n, "mail body")
			if ok && text != "" && !filepath.IsLocal(text) {
				y.problem(n, "mail body: %q must be a file beside carat.yaml or below it", text)
				return
			}
			m.Body = text
		},
	})
	if m.Server != "" && m.From == "" {
		y.problem(n, "mail: a server without an address to send from; add from")
	}
}

// Mail says how statements are mailed.
type Mail struct {
	Server    string // host:port; "": nothing can be sent
	TLS       string // starttls, implicit or none
	From      string // Payments <pay@example.com>
	User      string // "": no authentication; the password comes from the environment
	Password  Hidden // FillSecrets fills it in; "": CARAT_SMTP_PASSWORD holds it
	PerMinute int    // at most so many a minute; 0: as fast as the server takes them
	// SharedAddresses lets letters go to an address that several creators have, such as their agency's; else they are held back.
	SharedAddresses bool
	Subject         string // templates, in which {{.Name}}, {{.Month}}, {{.Payer}}, {{.Closing}}, {{.Currency}}, {{.State}} and {{.Version}} stand for these
	Body            string // a file with the text, relative to carat.yaml; "": the built-in one
}
