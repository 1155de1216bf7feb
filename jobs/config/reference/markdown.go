package reference

import (
	"fmt"
	"strings"
)

// head begins the page.
const head = `# carat.yaml

Every key of the configuration: what it means, what it is when it isn't there, and an example. The page is made of what carat itself knows
(` + "`go test ./jobs/config/reference -update`" + ` writes it, and a test holds it equal); ` + "`carat check`" + ` says everything that is wrong with a file, with these
examples. A whole file can be empty: each key has a default that works for the demo. Unknown keys are errors. Paths are relative to the
file's folder. In a key's path ` + "`*`" + ` stands for a name of your choice.

**Secrets** never stand in the file. A key that takes one refers to it: ` + "`${NAME}`" + `, a variable of the environment, or ` + "`FILE:path`" + `, a file that holds it. In ` + "`sources` and `notifications`" + `
` + "`KEY_file` and `KEY_env`" + ` say the same. They are shown nowhere: not in logs, errors, records or status.

**Sources** are fetched from by ` + "`carat fetch`" + ` and the job ` + "`fetch`" + `. Addresses are called over HTTPS, SSH or TLS alone, no redirect leads to another host,
and the address is judged that is dialled: one of a private network only under ` + "`allow`" + `, one of a link or of a cloud's metadata never. The kinds
` + "`app_store` and `stripe`" + ` were tried against servers that speak the published APIs, and not against Apple's and Stripe's own; ` + "`sftp`" + ` against OpenSSH,
` + "`database`" + ` against PostgreSQL and MariaDB, and for Trino against a server that speaks its published protocol, ` + "`bucket`" + ` against servers that speak the protocols of S3 and of Azure Blob
Storage, and not against the clouds' own. Google's Cloud Storage is read by its protocol like S3's, with an HMAC key; its versions have a form of their own
and are not read (` + "`versions`" + ` is refused there).
`

// Markdown gives docs/configuration.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString(head)
	for i := 0; i < len(keys); {
		top := keys[i].Path
		j := i + 1
		for j < len(keys) && strings.HasPrefix(keys[j].Path, top+".") {
			j++
		}
		section(&b, keys[i:j])
		i = j
	}
	return b.String()
}

// section is one key of the file and those below it.
func section(b *strings.Builder, list []Key) {
	fmt.Fprintf(b, "\n## %s\n\n%s.%s\n", list[0].Path, sentence(list[0].Meaning), defaultOf(list[0], " Default: ", "."))
	if len(list) > 1 {
		b.WriteString("\n| key | meaning | default |\n|---|---|---|\n")
		for _, k := range list[1:] {
			fmt.Fprintf(b, "| `%s` | %s | %s |\n", k.Path, cell(k.Meaning), defaultOf(k, "", ""))
		}
	}
	shown := map[string]bool{}
	for _, k := range list {
		if k.Example == "" || shown[k.Example] {
			continue
		}
		shown[k.Example] = true
		var with []string
		for _, other := range list {
			if other.Example == k.Example && other.Path != list[0].Path {
				with = append(with, "`"+other.Path+"`")
			}
		}
		if len(with) > 0 {
			fmt.Fprintf(b, "\n%s:\n", strings.Join(with, ", "))
		}
		fmt.Fprintf(b, "\n```yaml\n%s\n```\n", k.Example)
	}
}

func sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

func defaultOf(k Key, before, after string) string {
	if k.Default == "" {
		return ""
	}
	return before + "`" + cell(k.Default) + "`" + after
}

// cell is a text in a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
