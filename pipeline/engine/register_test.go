package engine_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"carat/pipeline/engine"
)

var update = flag.Bool("update", false, "write docs/controls.md anew")

// docs/controls.md is made of the headers of the controls and never drifts.
func TestControlRegister(t *testing.T) {
	const path = "../../docs/controls.md"
	_, models := builtinModels(t)
	want := register(models)
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what the headers say; run: go test ./pipeline/engine -run TestControlRegister -update", path)
	}
}

func register(models []engine.Model) string {
	var b strings.Builder
	b.WriteString("# Controls\n\nMade from the headers of `sql/controls`. A control gives the rows that break its rule; none is a pass,\n" +
		"unless there was nothing to compare with: then it is `not compared`, and says why and of how many things.\n" +
		"`block` stops a close, `review` needs an approver, `monitor` informs. `carat exceptions` lists what was found, each with one\n" +
		"sentence that names the row, what was expected and what was found. What a control reads lies in `sql/ledger`, a folder a subject.\n" +
		"A model whose header says `for: speed` holds no rule: without it every number would be the same, later. Who reads rules skips it.\n\n| control | severity | guards against |\n|---|---|---|\n")
	for _, m := range models {
		if m.IsControl() {
			fmt.Fprintf(&b, "| [%[1]s](#%[1]s) | %[2]s | %[3]s |\n", m.Header["control"], severity(m.Header), m.Header["guards"])
		}
	}
	for _, m := range models {
		if m.IsControl() {
			h := m.Header
			fmt.Fprintf(&b, "\n## %s\n\n*%s*\n\n%s\n\n- **The rule.** %s\n- **Typical causes.** %s.\n- **What to do.** %s.\n\n"+
				"Severity %s, in %s. The query: [sql/%s](../sql/%s).\n", h["control"], h["question"], m.Summary, m.Why,
				sentence(h["causes"]), sentence(h["action"]), severity(h), h["unit"], m.Path, m.Path)
		}
	}
	return b.String()
}

// severity is a control's, with the reasons that block whatever it is.
func severity(header map[string]string) string {
	if header["blocks"] == "" {
		return header["severity"]
	}
	return header["severity"] + "; block: " + header["blocks"]
}

// sentence begins a header's words with a capital.
func sentence(words string) string {
	if words == "" {
		return ""
	}
	return strings.ToUpper(words[:1]) + words[1:]
}
