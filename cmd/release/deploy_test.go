package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

var deploy = filepath.Join("..", "..", "docs", "deploy")

// tool gives the path of a program that .ci/run installs; where it isn't, and this is no
// CI, the test is skipped by the program's name.
func tool(t *testing.T, name, env string) string {
	t.Helper()
	if env != "" && os.Getenv(env) != "" {
		return os.Getenv(env)
	}
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not here: .ci/run installs it", name)
		}
		t.Skipf("%s is not here", name)
	}
	return path
}

// TestUnitIsWhatSystemdTakes: the unit has no word that systemd doesn't know, and no
// exposure that it calls more than OK.
func TestUnitIsWhatSystemdTakes(t *testing.T) {
	analyze := tool(t, "systemd-analyze", "")
	text, err := os.ReadFile(filepath.Join(deploy, "carat.service"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\n#LoadCredential=", "/run/credentials/carat.service/", "ReadWritePaths=/srv/carat /var/backups/carat\n"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the unit doesn't have %q", want)
		}
	}
	// What it starts, whom as and what it documents aren't on this machine; the credentials
	// are wanted here.
	unit := regexp.MustCompile(`(?m)^(User|Group|Documentation)=.*\n`).ReplaceAllString(string(text), "")
	unit = strings.ReplaceAll(strings.ReplaceAll(unit, "\n#LoadCredential", "\nLoadCredential"), "/usr/local/bin/carat", "/bin/true")
	dir := t.TempDir()
	write(t, dir, "carat.service", unit)
	out, err := exec.Command(analyze, "verify", "--man=no", filepath.Join(dir, "carat.service")).CombinedOutput()
	if err != nil || strings.Contains(string(out), "carat.service") {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	write(t, dir, "carat.service", strings.Replace(unit, "ProtectClock=", "ProtectClocks=", 1))
	if out, _ := exec.Command(analyze, "verify", "--man=no", filepath.Join(dir, "carat.service")).CombinedOutput(); !strings.Contains(string(out), "ProtectClocks") {
		t.Errorf("a word that systemd doesn't know is not told:\n%s", out)
	}
	write(t, dir, "carat.service", string(text))
	out, err = exec.Command(analyze, "security", "--offline=true", "--no-pager", filepath.Join(dir, "carat.service")).CombinedOutput()
	if err != nil {
		t.Fatalf("systemd-analyze security: %v\n%s", err, out)
	}
	level := regexp.MustCompile(`Overall exposure level for carat.service: ([0-9.]+)`).FindSubmatch(out)
	if level == nil {
		t.Fatalf("no exposure level in:\n%s", out)
	}
	if n, err := strconv.ParseFloat(string(level[1]), 64); err != nil || n > 2.5 {
		t.Errorf("exposure %s, want 2.5 at most", level[1])
	}
}

// helm runs helm on the chart, in a home of its own.
func helm(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(tool(t, "helm", "CARAT_HELM"), args...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestChart: helm takes the chart, what comes out is what Kubernetes is to be told, and
// without the name of a release nothing does.
func TestChart(t *testing.T) {
	chart := filepath.Join(deploy, "helm")
	if out, err := helm(t, "lint", "--strict", chart, "--set", "image.tag=v1"); err != nil {
		t.Fatalf("helm lint: %v\n%s", err, out)
	}
	if out, err := helm(t, "template", "books", chart); err == nil || !strings.Contains(out, "image.tag: name a release") {
		t.Errorf("without a tag: %v\n%s", err, out)
	}
	out, err := helm(t, "template", "books", chart, "--set", "image.tag=v1", "--set", "secrets.files={smtp}", "--set", "secrets.environment={hooks}",
		"--set", "metrics.podMonitor=true", "--set", "networkPolicy.from[0].podSelector.matchLabels.app=prometheus")
	if err != nil {
		t.Fatalf("helm template: %v\n%s", err, out)
	}
	kinds := kindsOf(t, out)
	for _, want := range []string{"ConfigMap books-config", "PersistentVolumeClaim books-lake", "PersistentVolumeClaim books-backup", "Deployment books-schedule", "NetworkPolicy books-metrics", "PodMonitor books"} {
		if !kinds[want] {
			t.Errorf("no %s in:\n%s", want, out)
		}
	}
	for _, want := range []string{`image: "carat:v1"`, "--grace=300s", "runAsNonRoot: true", "readOnlyRootFilesystem: true", "type: Recreate",
		"mountPath: /run/secrets/smtp", "secretRef: {name: hooks}", "helm.sh/resource-policy: keep", "app: prometheus"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	// A volume that is there is used, and none asked for.
	out, err = helm(t, "template", "books", chart, "--set", "image.tag=v1", "--set", "lake.existingClaim=old", "--set", "backup.enabled=false")
	if err != nil {
		t.Fatalf("helm template: %v\n%s", err, out)
	}
	if kinds := kindsOf(t, out); kinds["PersistentVolumeClaim books-lake"] || kinds["PersistentVolumeClaim books-backup"] || !strings.Contains(out, "claimName: old") {
		t.Errorf("a volume that is there: %v\n%s", kinds, out)
	}
}

// TestChartTakesFilesAndServesPages: the inbox is a volume that others fill, the pages stand
// beside the schedule, and who reaches them is named.
func TestChartTakesFilesAndServesPages(t *testing.T) {
	chart := filepath.Join(deploy, "helm")
	pages := []string{"template", "books", chart, "--set", "image.tag=v1", "--set", "serve.enabled=true"}
	if out, err := helm(t, pages...); err == nil || !strings.Contains(out, "serve.url: name the address") {
		t.Errorf("without an address: %v\n%s", err, out)
	}
	pages = append(pages, "--set", "serve.url=https://books.example", "--set", "inbox.existingClaim=drop", "--set", "serve.args={--user=cron}")
	if out, err := helm(t, pages...); err == nil || !strings.Contains(out, "serve.behindProxy: name the network") {
		t.Errorf("without the ingress's network: %v\n%s", err, out)
	}
	out, err := helm(t, append(pages, "--set", "serve.behindProxy={10.0.0.0/8}", "--set", "serve.from[0].podSelector.matchLabels.app=ingress")...)
	if err != nil {
		t.Fatalf("helm template: %v\n%s", err, out)
	}
	kinds := kindsOf(t, out)
	for _, want := range []string{"Deployment books-schedule", "Service books-pages", "NetworkPolicy books-pages", "NetworkPolicy books-metrics"} {
		if !kinds[want] {
			t.Errorf("no %s in:\n%s", want, out)
		}
	}
	if strings.Count(out, "mountPath: /data/inbox") != 2 || strings.Count(out, "readOnlyRootFilesystem: true") != 2 {
		t.Errorf("the two containers have other mounts or rights:\n%s", out)
	}
	for _, want := range []string{"claimName: drop", "--url=https://books.example", "--behind-proxy=10.0.0.0/8", `"--user=cron"`, "app: ingress"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
}

// kindsOf gives the kind and name of each document.
func kindsOf(t *testing.T, text string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for d := yaml.NewDecoder(bytes.NewReader([]byte(text))); ; {
		var doc struct {
			Kind     string
			Metadata struct{ Name string }
		}
		if err := d.Decode(&doc); errors.Is(err, io.EOF) {
			return found
		} else if err != nil {
			t.Fatalf("%v in:\n%s", err, text)
		}
		found[doc.Kind+" "+doc.Metadata.Name] = true
	}
}

// TestImageHasNoShell: the recipe's last stage begins with nothing, and is an account's.
func TestImageHasNoShell(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(deploy, "Containerfile"))
	if err != nil {
		t.Fatal(err)
	}
	_, last, ok := strings.Cut(string(text), "\nFROM scratch\n")
	if !ok || strings.Contains(last, "FROM ") || strings.Contains(last, "RUN ") || !strings.Contains(last, "\nUSER 10001:10001\n") {
		t.Errorf("the last stage is:\n%s", last)
	}
	if !strings.Contains(string(text), "ca-certificates.crt") {
		t.Error("no certificates")
	}
}
