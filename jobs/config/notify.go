package config

import (
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"carat/jobs/config/literal"
	"carat/pipeline/source/reach"
)

// Webhook is one receiver of notices.
type Webhook struct {
	URL         Secret
	Allow       reach.Allow   // private networks that it may lie in
	Token       Secret        // sent as Authorization: Bearer; unset: none
	SigningKey  Secret        // of the HMAC-SHA256 over time and body; unset: not signed
	On          []string      // the kinds of notices; none: all
	Every       time.Duration // the same thing is told at most this often
	Timeout     time.Duration // of one call
	Retries     int           // after a failure that can pass
	Template    string        // a text/template file below carat.yaml; "": JSON
	ContentType string        // of what the template gives
}

// Defaults of a webhook.
const (
	defaultNoticeEvery   = time.Hour
	defaultNoticeTimeout = 10 * time.Second
	defaultNoticeRetries = 8
	JsonContentType      = "application/json"
)

var variableForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,127}$`)

// notifications reads the receivers of notices, by name.
func (y *yamlFile) notifications(n *yaml.Node) map[string]Webhook {
	hooks := map[string]Webhook{}
	y.each(n, "notifications", func(key, value *yaml.Node) {
		name := y.name(key, "notifications")
		what := "notifications " + name
		w := Webhook{Every: defaultNoticeEvery, Timeout: defaultNoticeTimeout, Retries: defaultNoticeRetries, ContentType: JsonContentType}
		span := func(dst *time.Duration, key string) func(*yaml.Node) {
			return func(n *yaml.Node) { *dst = y.duration(n, what+" "+key) }
		}
		known := map[string]func(*yaml.Node){
			"url":     func(n *yaml.Node) { w.URL.Text = Hidden(y.webhookURL(n, what+" url")) },
			"on":      func(n *yaml.Node) { w.On = y.kinds(n, what+" on") },
			"every":   span(&w.Every, "every"),
			"timeout": span(&w.Timeout, "timeout"),
			"retries": func(n *yaml.Node) { w.Retries = y.whole(n, what+" retries", 0, 100) },
			"template": func(n *yaml.Node) {
				text, ok := y.text(n, what+" template")
				if ok && text != "" && !filepath.IsLocal(text) {
					y.problem(n, "%s template: %q must be a file beside carat.yaml or below it", what, text)
				}
				w.Template = text
			},
			"allow":        func(n *yaml.Node) { w.Allow = y.allow(n, what+" allow") },
			"content_type": func(n *yaml.Node) { w.ContentType = y.contentType(n, what+" content_type") },
		}
		for _, one := range []struct {
			key  string
			into *Secret
		}{{"url", &w.URL}, {"token", &w.Token}, {"signing_key", &w.SigningKey}} {
			known[one.key+"_env"] = func(n *yaml.Node) { one.into.Variable = y.variable(n, what+" "+one.key+"_env") }
			if one.key != "url" {
				known[one.key] = func(n *yaml.Node) { one.into.Text = y.reference(n, what+" "+one.key) }
			}
			known[one.key+"_file"] = func(n *yaml.Node) { one.into.File, _ = y.text(n, what+" "+one.key+"_file") }
		}
		y.keys(value, what, known)
		y.checkWebhook(key, what, w)
		hooks[name] = w
	})
	return hooks
}

// checkWebhook wants each secret from one place, and an address from one.
func (y *yamlFile) checkWebhook(n *yaml.Node, what string, w Webhook) {
	if w.URL.Places() != 1 {
		y.problem(n, "%s needs one of url, url_env, url_file", what)
	}
	if w.Token.Places() > 1 {
		y.problem(n, "%s: one of token, token_env, token_file", what)
	}
	if w.SigningKey.Places() > 1 {
		y.problem(n, "%s: one of signing_key, signing_key_env, signing_key_file", what)
	}
	if w.Timeout == 0 || w.Timeout > time.Minute {
		y.problem(n, "%s timeout: from 1ms to 1m; a receiver that hangs must not hold up the jobs", what)
	}
}

// webhookURL reads an address. It may hold a secret and is not repeated.
func (y *yamlFile) webhookURL(n *yaml.Node, what string) string {
	text, ok := y.text(n, what)
	if ok && text != "" && !literal.Refers(text) {
		if err := CheckWebhookURL(text); err != "" {
			y.problem(n, "%s: %s", what, err)
		}
	}
	return text
}

// CheckWebhookURL says what is wrong with an address, without repeating it.
func CheckWebhookURL(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "it is no address that begins with https:// or http://"
	}
	return ""
}

// IsLoopback says whether an address stays on this machine.
func IsLoopback(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

func (y *yamlFile) variable(n *yaml.Node, what string) string {
	text, ok := y.text(n, what)
	if ok && text != "" && !variableForm.MatchString(text) {
		// Perhaps the secret itself was written here: it is not repeated.
		y.problem(n, "%s: the name of an environment variable is needed, such as CARAT_WEBHOOK_URL", what)
	}
	return text
}

func (y *yamlFile) contentType(n *yaml.Node, what string) string {
	return y.choice(n, what, JsonContentType, "text/plain; charset=utf-8", "application/x-www-form-urlencoded")
}

func (y *yamlFile) kinds(n *yaml.Node, what string) []string {
	kinds := y.list(n, what)
	for _, k := range kinds {
		if !isNoticeKind(k) {
			y.problem(n, "%s: %q is not one of %s", what, k, strings.Join(NoticeKinds, ", "))
		}
	}
	return kinds
}

// The kinds of notices.
const (
	NoticeJobFailed      = "job_failed"      // a scheduled job failed, or refused a file
	NoticeFeedLate       = "feed_late"       // a feed that is expected daily didn't come
	NoticeSourceLate     = "source_late"     // a source gave nothing new for too long, or can't be reached
	NoticeAuthRecovered  = "auth_recovered"  // somebody became administrator for a day, without an administrator's key
	NoticeSourceShape    = "source_shape"    // a source's file has other columns than the one before it
	NoticeFileLeftAlone  = "file_left_alone" // a file of the inbox is no input
	NoticeControlBlocked = "control_blocked" // a control newly holds up a month
	NoticePeriodReady    = "period_ready"    // a month is prepared, and nothing but an approver is missing
)

// NoticeKinds are the kinds that a webhook can ask for.
var NoticeKinds = []string{NoticeJobFailed, NoticeFeedLate, NoticeSourceLate, NoticeSourceShape, NoticeFileLeftAlone, NoticeControlBlocked, NoticePeriodReady, NoticeAuthRecovered}

func isNoticeKind(kind string) bool { return slices.Contains(NoticeKinds, kind) }
