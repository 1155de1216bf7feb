package pages_test

import (
	"carat/jobs/books"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// chromium gives a browser, or skips where none is installed.
func chromium(t *testing.T) context.Context {
	t.Helper()
	binary := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			binary = path
			break
		}
	}
	if binary == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("no chromium is installed: .ci/run installs it")
		}
		t.Skip("no chromium is installed")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(binary), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()))
	ctx, end := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(end)
	ctx, end = chromedp.NewContext(ctx)
	t.Cleanup(end)
	ctx, end = context.WithTimeout(ctx, 9*time.Minute) // beside much other work
	t.Cleanup(end)
	return ctx
}

// axe gives the text of axe-core, "" where it isn't there: it is a file of npm's package
// axe-core, which CARAT_AXE names.
func axe(t *testing.T) string {
	t.Helper()
	file := os.Getenv("CARAT_AXE")
	if file == "" {
		found, _ := filepath.Glob(filepath.Join(os.Getenv("HOME"), ".cache", "carat", "axe-core-*", "axe.min.js"))
		if len(found) > 0 {
			file = found[len(found)-1]
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Log("axe-core is not installed (npm pack axe-core; CARAT_AXE names its axe.min.js): what it finds is not looked at")
		return ""
	}
	return string(text)
}

// look is how somebody looks at the pages.
type look struct {
	name          string
	width, height int64
	phone         bool
	scheme        string
	script        bool
}

// Every page is looked at as on a desk and on a phone, in both themes, with a script
// engine and without: it opens by the link's button, nothing is refused by its own policy,
// nothing stands beyond the edge, and axe finds nothing.
func TestPagesInABrowser(t *testing.T) {
	ctx, text := chromium(t), axe(t)
	b := served(t, lake(t), "an-preparer")
	shots := os.Getenv("CARAT_SHOTS") // a folder for pictures, to look at by eye
	for _, l := range []look{
		{"desk", 1280, 900, false, "light", true}, {"desk-dark", 1280, 900, false, "dark", true}, {"phone", 390, 844, true, "light", true}, {"phone-dark", 390, 844, true, "dark", true}, {"without-script", 1280, 900, false, "light", false},
	} {
		tab, end := chromedp.NewContext(ctx)
		err := chromedp.Do(tab, chromedp.EmulateViewport(l.width, l.height, l.emulated()...), l.setup(), chromedp.Navigate(b.base+"/open/"+key),
			chromedp.Click(chromedp.CSS("main button")), chromedp.WaitVisible(chromedp.CSS(".bar, .empty")))
		if err != nil {
			t.Fatalf("%s: open: %v", l.name, err)
		}
		paths := []string{"/docs", "/docs?q=backup", "/docs/operations", "/docs/file/docs/deploy/carat.service"}
		for _, one := range pageRights {
			if slices.Contains(books.Rights[one.right], books.RolePreparer) {
				paths = append(paths, one.path)
			}
		}
		for _, path := range paths {
			path = found(t, path)
			if strings.Contains(path, ".csv") {
				continue // it is a download
			}
			if err := chromedp.Do(tab, chromedp.Navigate(b.base+path), chromedp.WaitVisible(chromedp.CSS("h1"))); err != nil {
				t.Fatalf("%s, %s: %v", l.name, path, err)
			}
			heading, err := chromedp.Run(tab, chromedp.Text(chromedp.CSS("h1")))
			if err != nil || strings.Contains(heading, "no right") || strings.Contains(heading, "failed") {
				t.Errorf("%s, %s: %s %v", l.name, path, heading, err)
			}
			if l.script {
				l.laidOut(t, tab, text, path)
			}
			if shots == "" {
				continue
			}
			picture, err := chromedp.Run(tab, chromedp.CaptureScreenshot())
			if err != nil {
				t.Fatal(err)
			}
			name := l.name + strings.NewReplacer("/", "_", "?", "_", "&", "_", "=", "_").Replace(path) + ".png"
			if err := os.WriteFile(filepath.Join(shots, name), picture, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		end()
	}
}

// emulated says what the browser pretends to be.
func (l look) emulated() (options []chromedp.EmulateViewportOption) {
	if l.phone {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	return options
}

// setup sets the theme, and whether there is a script engine; the last look's cookie goes.
func (l look) setup() chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, network.ClearBrowserCookies, cdp.Empty{})
		if err == nil {
			_, err = chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.scheme}}})
		}
		if err == nil {
			_, err = chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !l.script})
		}
		return err
	})
}

// laidOut wants a page to have its style, nothing beyond the edge and no violation.
func (l look) laidOut(t *testing.T, tab context.Context, text, path string) {
	t.Helper()
	margin, err := chromedp.Run(tab, chromedp.Evaluate[string]("getComputedStyle(document.body).marginTop + ' ' + getComputedStyle(document.body).backgroundColor"))
	if want := map[string]string{"light": "0px rgb(255, 255, 255)", "dark": "0px rgb(18, 23, 30)"}[l.scheme]; err != nil || margin != want {
		t.Errorf("%s, %s: its style is %s, want %s: %v", l.name, path, margin, want, err)
	}
	beyond, err := chromedp.Run(tab, chromedp.Evaluate[int64]("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
	if err != nil || beyond > 0 {
		t.Errorf("%s, %s: %d pixels stand beyond the edge, %v", l.name, path, beyond, err)
	}
	if text != "" {
		violations(t, tab, text, l.name+" "+path)
	}
}

// violations wants axe to find nothing. It is evaluated from outside, as a person's tools
// are, which the page's own policy doesn't hold back.
func violations(t *testing.T, tab context.Context, text, name string) {
	t.Helper()
	// Both in one: between two the page that was looked at could give way to the next, which knows nothing of axe.
	judge := text + `; axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.map(v => v.id + ": " + v.help + " " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(" | ")))`
	found, err := chromedp.Run(tab, chromedp.Evaluate[[]string](judge, chromedp.EvalAwaitPromise))
	for try := 0; err != nil && try < 5; try++ { // the page gave way while it was looked at: the next is
		time.Sleep(200 * time.Millisecond)
		found, err = chromedp.Run(tab, chromedp.Evaluate[[]string](judge, chromedp.EvalAwaitPromise))
	}
	if err != nil {
		t.Fatalf("%s: axe: %v", name, err)
	}
	for _, one := range found {
		t.Errorf("%s: %s", name, one)
	}
}
