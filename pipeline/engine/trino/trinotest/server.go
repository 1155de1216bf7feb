package trinotest

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"encoding/json"
)

// Server is a coordinator that is a worker too, with a catalog named scratch in memory.
type Server struct {
	URL      string // http://carat@127.0.0.1:PORT
	port     int
	catalogs map[string]string
	stop     func()
}

// Stop kills it, as a machine that fails does.
func (s *Server) Stop() { s.stop() }

// patience is how long a server may take to come up where other tests run beside it.
const patience = 6 * time.Minute

// Start starts a server with more catalogs, the text of a properties file by name, until
// the test ends.
func Start(t *testing.T, catalogs map[string]string) *Server {
	t.Helper()
	s := &Server{port: freePort(t), catalogs: catalogs}
	s.URL = fmt.Sprintf("http://carat@127.0.0.1:%d", s.port)
	s.stop = s.launch(t, s.port, "coordinator=true\nnode-scheduler.include-coordinator=true\n")
	return s
}

// Worker adds a node, until the test ends or it is killed by what is returned.
func (s *Server) Worker(t *testing.T) (stop func()) {
	t.Helper()
	return s.launch(t, freePort(t), "coordinator=false\n")
}

// launch starts a node and waits until it is up. Tests have a handful of rows, and what a
// query costs is its stages: they have as few as can be.
func (s *Server) launch(t *testing.T, port int, role string) (stop func()) {
	t.Helper()
	home := os.Getenv("CARAT_TRINO_HOME")
	if home == "" {
		t.Skip("CARAT_TRINO_HOME names no Trino: make test-trino fetches it")
	}
	java := java25(t)
	dir := t.TempDir()
	files := map[string]string{
		"node.properties": fmt.Sprintf("node.environment=test\nnode.id=node%d\nnode.data-dir=%s/data\nnode.internal-address=127.0.0.1\n", port, dir),
		"jvm.config": "-server\n-Xms512M\n-Xmx2500M\n-XX:+UseSerialGC\n-XX:TieredStopAtLevel=1\n-XX:+ExitOnOutOfMemoryError\n-XX:ReservedCodeCacheSize=256M\n" +
			"-Djdk.attach.allowAttachSelf=true\n-Dfile.encoding=UTF-8\n-Duser.timezone=UTC\n-XX:+EnableDynamicAgentLoading\n",
		"config.properties": role + fmt.Sprintf("http-server.http.port=%d\ndiscovery.uri=http://127.0.0.1:%d\n"+
			"http-server.process-forwarded=true\nquery.max-memory=1GB\nquery.max-memory-per-node=1GB\nmemory.heap-headroom-per-node=500MB\nquery.max-stage-count=400\nquery.max-length=2000000\n"+
			"task.concurrency=1\ntask.max-writer-count=1\njoin-distribution-type=BROADCAST\noptimizer.join-reordering-strategy=NONE\n"+
			"redistribute-writes=false\nscale-writers=false\ntask.scale-writers.enabled=false\ndistributed-sort=false\nenable-dynamic-filtering=false\n", port, s.port),
		"log.properties":             "io.trino=WARN\n",
		"catalog/scratch.properties": "connector.name=memory\nmemory.max-data-per-node=500MB\n",
	}
	for name, text := range s.catalogs {
		files["catalog/"+name+".properties"] = text
	}
	for name, text := range files {
		path := filepath.Join(dir, "etc", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	// Below the tests beside it, of which some measure time.
	cmd := exec.Command("nice", "-n", "10", filepath.Join(home, "bin", "launcher"), "run", "--etc-dir="+dir+"/etc", "--data-dir="+dir+"/data", "--config="+dir+"/etc/config.properties")
	cmd.Dir, cmd.Stdout, cmd.Stderr = home, log, log
	cmd.Env = append(os.Environ(), "JAVA_HOME="+java, "PATH="+filepath.Join(java, "bin")+":"+os.Getenv("PATH"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that the JVM ends with its launcher
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	go func() { _ = cmd.Wait(); close(gone) }()
	stop = func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); <-gone }
	t.Cleanup(func() { stop(); _ = log.Close() })
	for end := time.Now().Add(patience); ; time.Sleep(500 * time.Millisecond) {
		select {
		case <-gone:
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("Trino ended:\n%s", text[max(0, len(text)-4000):])
		default:
		}
		if isUp(port) {
			return stop
		}
		if time.Now().After(end) {
			t.Fatal("Trino doesn't come up")
		}
	}
}

func isUp(port int) bool {
	answer, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/v1/info", port))
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	var info struct{ Starting bool }
	info.Starting = true
	return json.NewDecoder(answer.Body).Decode(&info) == nil && !info.Starting
}

// java25 finds a Java that the server runs on.
func java25(t *testing.T) string {
	t.Helper()
	homes := []string{os.Getenv("JAVA_HOME")}
	found, _ := os.ReadDir("/usr/lib/jvm")
	for _, entry := range found {
		homes = append(homes, filepath.Join("/usr/lib/jvm", entry.Name()))
	}
	for _, home := range homes {
		release, err := os.ReadFile(filepath.Join(home, "release"))
		if err != nil {
			continue
		}
		_, version, _ := strings.Cut(string(release), `JAVA_VERSION="`)
		major, _, _ := strings.Cut(strings.FieldsFunc(version+`"`, func(r rune) bool { return r == '"' })[0], ".")
		if n, err := strconv.Atoi(major); err == nil && n >= 25 {
			return home
		}
	}
	t.Skip("there is no Java 25, which Trino runs on")
	return ""
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
