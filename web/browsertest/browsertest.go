// Package browsertest drives a real browser through pages in tests. Where no
// browser is found, the test fails and says what to install.
package browsertest

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// stepTimeout bounds each step, so that a page that never comes names itself.
const stepTimeout = 20 * time.Second

// Browser is one headless browser with one tab, an empty profile and no access
// to anything but the server under test. Its methods fail the test.
type Browser struct {
	Context context.Context // for what the methods do not offer

	tb         testing.TB
	base       string
	mu         sync.Mutex
	complaints []string
}

// Start starts a browser that trusts the server's certificate and no other,
// and closes it with the test. base is the server's origin:
// "https://localhost:8443".
func Start(tb testing.TB, base string, server *x509.Certificate) *Browser {
	tb.Helper()
	key := sha256.Sum256(server.RawSubjectPublicKeyInfo)
	b := &Browser{tb: tb, base: strings.TrimSuffix(base, "/")}
	var ctx context.Context
	for attempt := 1; ; attempt++ {
		err := b.start(base64.StdEncoding.EncodeToString(key[:]))
		if err == nil {
			ctx = b.Context
			break
		}
		// Once in some hundred times the program dies before it shows a page.
		if attempt == 3 {
			tb.Fatalf("the browser did not start: %v", err)
		}
		tb.Logf("the browser did not start, which is tried again: %v", err)
	}
	// Pages of a headless browser are in the background otherwise.
	if _, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		tb.Fatalf("the browser's page takes no focus: %v", err)
	}
	return b
}

// start runs the browser's program, with a certificate's key that it trusts.
func (b *Browser) start(trusted string) error {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(find(b.tb)),
		chromedp.UserDataDir(b.tb.TempDir()), // this certificate flag holds only beside a profile of its own
		chromedp.Flag("ignore-certificate-errors-spki-list", trusted),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-quic", true),
		chromedp.DisableGPU,
		chromedp.WindowSize(1280, 900),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // the sandbox does not start for root
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeTab := chromedp.NewContext(allocator, chromedp.WithListener(b.listen))
	end := func() {
		closeTab()
		stop()
	}
	// The first run starts the browser and keeps it for as long as its context.
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		end()
		return err
	}
	b.tb.Cleanup(end)
	b.Context = ctx
	return nil
}

// find returns the browser's program.
func find(tb testing.TB) string {
	tb.Helper()
	if path := os.Getenv("CHROMIUM"); path != "" {
		return path
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	tb.Fatal("Page tests need Chromium, and none was found.\n" +
		"Debian, Ubuntu: apt-get install chromium\n" +
		"Elsewhere: install Chromium or Chrome, or set CHROMIUM to its path.")
	return ""
}

// listen keeps what the browser complains about: refused content, script
// errors, answers that failed.
func (b *Browser) listen(event any) {
	var complaint string
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" {
			complaint = e.Entry.Text + " " + e.Entry.URL
		}
	case *runtime.EventExceptionThrown:
		complaint = e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			complaint += " " + e.ExceptionDetails.Exception.Description
		}
	}
	if complaint != "" {
		b.mu.Lock()
		b.complaints = append(b.complaints, complaint)
		b.mu.Unlock()
	}
}

// Complaints returns what the browser complained about since the last call.
// A page that is as it should be leaves none.
func (b *Browser) Complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.complaints
	b.complaints = nil
	return c
}

// do runs steps and fails the test with the page's text if one fails.
func (b *Browser) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.tb.Helper()
	ctx, cancel := context.WithTimeout(b.Context, stepTimeout)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.tb.Fatalf("%s: %v\n%s", what, err, b.page())
	}
}

// page describes where the browser stands, for failures.
func (b *Browser) page() string {
	ctx, cancel := context.WithTimeout(b.Context, 5*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.title + "\n" + document.body.innerText.slice(0, 2000)`))
	if err != nil {
		return "(no page: " + err.Error() + ")"
	}
	return text + "\n" + strings.Join(b.complaints, "\n")
}

// Open goes to a path of the server.
func (b *Browser) Open(path string) {
	b.tb.Helper()
	b.do("open "+path, chromedp.Navigate(b.base+path))
}

// Type types into whatever has the focus, as a keyboard or a document reader
// does. "\r" is Enter and "\t" is Tab.
func (b *Browser) Type(keys string) {
	b.tb.Helper()
	b.do("type", chromedp.KeyEvent(keys))
}

// Fill replaces the value of a field by typing.
func (b *Browser) Fill(selector, text string) {
	b.tb.Helper()
	b.do("fill "+selector, chromedp.Clear(selector), chromedp.SendKeys(selector, text))
}

// Click clicks what the selector finds.
func (b *Browser) Click(selector string) {
	b.tb.Helper()
	b.do("click "+selector, chromedp.Click(selector, chromedp.NodeVisible))
}

// Wait waits until the selector finds something visible.
func (b *Browser) Wait(selector string) {
	b.tb.Helper()
	b.do("wait for "+selector, chromedp.WaitVisible(selector))
}

// Until waits until a script expression is true: that something has the focus,
// say. Type reaches whatever has it, so tests wait for it first.
func (b *Browser) Until(expression string) {
	b.tb.Helper()
	ctx, cancel := context.WithTimeout(b.Context, stepTimeout)
	defer cancel()
	for {
		// While a page gives way to the next one, there is nothing to ask.
		done, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`Boolean(`+expression+`)`))
		if err == nil && done {
			return
		}
		select {
		case <-ctx.Done():
			b.tb.Fatalf("waited for %s in vain (%v)\n%s", expression, err, b.page())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Focused waits until what the selector finds has the focus.
func (b *Browser) Focused(selector string) {
	b.tb.Helper()
	quoted, err := json.Marshal(selector)
	if err != nil {
		b.tb.Fatal(err)
	}
	b.Until(`document.activeElement && document.activeElement.matches(` + string(quoted) + `)`)
}

// Text returns the visible text of what the selector finds.
func (b *Browser) Text(selector string) string {
	b.tb.Helper()
	ctx, cancel := context.WithTimeout(b.Context, stepTimeout)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Text(selector))
	if err != nil {
		b.tb.Fatalf("text of %s: %v\n%s", selector, err, b.page())
	}
	return text
}

// Eval returns the text that a script expression comes to.
func (b *Browser) Eval(expression string) string {
	b.tb.Helper()
	ctx, cancel := context.WithTimeout(b.Context, stepTimeout)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`String(`+expression+`)`))
	if err != nil {
		b.tb.Fatalf("%s: %v\n%s", expression, err, b.page())
	}
	return text
}

// Path returns the path that the browser stands at.
func (b *Browser) Path() string {
	b.tb.Helper()
	return b.Eval("location.pathname")
}
