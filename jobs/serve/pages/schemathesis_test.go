package pages_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"carat/jobs/books"
)

// Schemathesis (PyPI) makes requests of the API's own document, good ones and odd ones, and
// finds no answer that the document doesn't have, and none of carat's own failures.
func TestAPIBySchemathesis(t *testing.T) {
	python := os.Getenv("CARAT_PYTHON")
	if python == "" || exec.CommandContext(t.Context(), python, "-c", "import schemathesis").Run() != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("CARAT_PYTHON names no Python with Schemathesis: .ci/run installs it")
		}
		t.Skip("CARAT_PYTHON names no Python with Schemathesis (pip install schemathesis)")
	}
	s, _ := talked(t)
	b, token := served(t, s, "an-administrator"), tokenFor(t, s, "aud", books.RoleAuditor)
	run := exec.CommandContext(t.Context(), python, "-m", "schemathesis.cli", "run", b.base+"/api/v1/openapi.json", "--header", "Authorization: Bearer "+token, "--no-color", "--seed", "1", "--max-examples", "10", "--continue-on-failure",
		"--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance")
	run.Dir, run.Env = t.TempDir(), append(os.Environ(), "SCHEMATHESIS_HOOKS=", "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
	out, err := run.CombinedOutput()
	if err != nil {
		t.Errorf("%v:\n%s", err, strings.ReplaceAll(string(out), token, "TOKEN"))
	}
	// It has asked, and was let in.
	if m := generated.FindStringSubmatch(string(out)); m == nil || m[1] != m[2] || len(m[1]) < 3 || strings.Contains(strings.ToLower(string(out)), "authentication") {
		t.Errorf("it says:\n%s", strings.ReplaceAll(string(out), token, "TOKEN"))
	}
}

var generated = regexp.MustCompile(`(\d+) generated, (\d+) passed`)
