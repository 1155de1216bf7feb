package literal

import "testing"

// The copy of a configuration in a backup holds no password of an address.
func TestWithoutPasswords(t *testing.T) {
	for text, want := range map[string]string{
		"catalog: postgres://carat:s3cret@h/d # ours":                                      "catalog: postgres://carat:${CARAT_PASSWORD}@h/d # ours",
		`catalog: "postgres://carat:${DB}@h/d"`:                                            `catalog: "postgres://carat:${DB}@h/d"`,
		"url: https://h/x?a=1&password=s3cret&b=2":                                         "url: https://h/x?a=1&password=${CARAT_PASSWORD}&b=2",
		"url: 'https://u:s3:cret@h/' # at a@b.example":                                     "url: 'https://u:${CARAT_PASSWORD}@h/' # at a@b.example",
		"url: https://h/x?token=s3cret&b=2":                                                "url: https://h/x?token=${CARAT_SECRET}&b=2",
		"url: https://h/x?b=2&access_token=s3cret":                                         "url: https://h/x?b=2&access_token=${CARAT_SECRET}",
		"url: https://h/x?sig=${SIG}&API-Key=s3":                                           "url: https://h/x?sig=${SIG}&API-Key=${CARAT_SECRET}",
		"url: https://0123456789abcdef@h/x":                                                "url: https://${CARAT_SECRET}@h/x",
		"url: https://carat@trino.example:8443":                                            "url: https://carat@trino.example:8443",
		"catalog: postgres://carat@h/d":                                                    "catalog: postgres://carat@h/d",
		"url: https://h/eurofxref-hist-and-more.zip?monkey=1":                              "url: https://h/eurofxref-hist-and-more.zip?monkey=1",
		"notifications: {ops: {url: 'https://h/services/T0/B0/abcdefghijklmnopqrstuvwx'}}": "notifications: {ops: {url: 'https://h/services/T0/B0/${CARAT_SECRET}'}}",
		"notifications:\n  ops:\n    url: https://h/hook/${HOOK}\n    on: [late]":          "notifications:\n  ops:\n    url: https://h/hook/${HOOK}\n    on: [late]",
		"notifications: {ops: {url: https://h/notify}}":                                    "notifications: {ops: {url: https://h/notify}}",
		"lake: lake\nentities: {a: {name: 'A: b@c.de'}}":                                   "lake: lake\nentities: {a: {name: 'A: b@c.de'}}",
	} {
		if got := string(WithoutPasswords([]byte(text))); got != want {
			t.Errorf("%s\nbecomes %s\nwant    %s", text, got, want)
		}
	}
}

// The address of a webhook is a secret too, by a long part of its path.
func TestInWebhook(t *testing.T) {
	for address, want := range map[string]bool{
		"https://h/services/T0/B0/abcdefghijklmnopqrstuvwx": true, "https://h/notify": false, "https://h/${HOOK_THAT_IS_LONG_ENOUGH}": false, "https://h/x?token=a": true,
		"FILE:/run/secrets/a-long-name-of-a-file": false, "${HOOK}": false,
	} {
		if got := InWebhook(address); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}
