package desk_test

import (
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"limen/web/browsertest"
)

// page asks for a page, or sends its form, and returns the text.
func (c *counter) page(method, path string, form url.Values, headers ...string) (int, string) {
	c.Helper()
	req, err := http.NewRequest(method, c.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		c.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := c.server.Client().Do(req)
	if err != nil {
		c.Fatal(err)
	}
	defer res.Body.Close()
	var text strings.Builder
	if _, err := io.Copy(&text, res.Body); err != nil {
		c.Fatal(err)
	}
	return res.StatusCode, text.String()
}

func stayForm(number, issuer, destination, entry, exit string) url.Values {
	return url.Values{"type": {"P"}, "number": {number}, "issuer": {issuer}, "destination": {destination}, "entry": {entry}, "exit": {exit}}
}

// EES-046: a traveller is led to the page in the language of the browser, and
// every language answers in its own words, with its own direction.
func TestArt13_1_PagesInEveryLanguage(t *testing.T) {
	c := open(t)
	for accept, want := range map[string]string{"pl-PL,pl;q=0.9": `<html lang="pl" dir="ltr">`, "ar": `<html lang="ar" dir="rtl">`,
		"de-AT": `<html lang="de" dir="ltr">`, "fr-CA": `<html lang="fr" dir="ltr">`, "es-MX": `<html lang="es" dir="ltr">`, "ja": `<html lang="en" dir="ltr">`, "": `<html lang="en" dir="ltr">`} {
		status, text := c.page("GET", "/stay", nil, "Accept-Language", accept)
		if status != 200 || !strings.Contains(text, want) {
			t.Errorf("%q: status %d without %s", accept, status, want)
		}
	}
	for path, words := range map[string][]string{
		"/en/stay": {"NOT OK", "Canada"}, "/fr/stay": {"PAS OK", "décision d’entrée"}, "/de/stay": {"NICHT OK", "Verbleibende Tage"},
		"/es/stay": {"NO OK", "Días restantes"}, "/pl/stay": {"NIE OK", "Pozostałe dni"}, "/ar/stay": {"غير مقبول", "الأيام المتبقية"},
	} {
		// One hundred days are more than any short stay allows.
		status, text := c.page("POST", path, stayForm("X1", "CAN", "ESP", "2026-11-10", "2027-02-17"))
		if status != 200 || !strings.Contains(text, words[0]) || words[1] != "Canada" && !strings.Contains(text, words[1]) {
			t.Errorf("%s: status %d without %q", path, status, words)
		}
		if _, form := c.page("GET", path, nil); !strings.Contains(form, `value="CAN"`) || strings.Contains(form, `value="FRA">France</option>
<option value="FRA"`) {
			t.Errorf("%s: the form does not offer Canada", path)
		}
		for _, wrong := range []struct {
			form   url.Values
			status int
			field  string
		}{
			{stayForm("", "CAN", "ESP", "", ""), 422, "number"},
			{stayForm("X1", "", "ESP", "", ""), 422, "issuer"},
			{stayForm("X1", "CAN", "", "", ""), 422, "destination"},
			{stayForm("X1", "CAN", "ESP", "2026-02-30", ""), 422, "entry"},
			{stayForm("X1", "CAN", "ESP", "2026-11-10", "2026-11-09"), 422, "exit"},
		} {
			c.clock.Advance(10e9) // beneath the limit of questions from one address
			status, text := c.page("POST", path, wrong.form)
			if status != wrong.status || !regexp.MustCompile(`id="`+wrong.field+`"[^>]*aria-invalid`).MatchString(text) || !strings.Contains(text, `role="alert"`) {
				t.Errorf("%s with %v: status %d, and %s is not marked", path, wrong.form, status, wrong.field)
			}
		}
	}
}

// Art 13(1): the page is the same for a document that nobody knows and for one
// whose holder was never here, but for the request's number.
func TestArt13_1_PageTellsNothingOfTheDocument(t *testing.T) {
	c := open(t)
	number := regexp.MustCompile(`<code>[0-9a-z]{16}</code>`)
	ask := func(document, issuer string) string {
		status, text := c.page("POST", "/en/stay", stayForm(document, issuer, "FRA", "2027-06-01", "2027-06-10"))
		if status != 200 {
			t.Fatalf("%s: %d", document, status)
		}
		return number.ReplaceAllString(text, "")
	}
	for _, c := range [][3]string{{"TUR", "NOBODY1", "NOBODY2"}, {"CAN", "CA884411", "CA884412"}, {"TUR", "U5550001", "U5550002"}} {
		if a, b := ask(c[1], c[0]), ask(c[2], c[0]); a != b {
			t.Errorf("%v get different pages", c)
		}
	}
}

// The page works with the keyboard alone, in both directions of writing.
func TestArt13_1_WithTheKeyboardAlone(t *testing.T) {
	if testing.Short() {
		t.Skip("the browser takes its time; 'make test' runs it")
	}
	c := open(t)
	b := browsertest.Start(t, c.server.URL, c.server.Certificate())
	for _, tag := range []string{"en", "ar"} {
		b.Open("/" + tag + "/stay")
		b.Fill("#number", "X1")
		b.Type("\tCan") // chooses Canada in English
		if tag == "ar" {
			b.Eval(`document.querySelector("#issuer").value = "CAN"`)
		}
		b.Eval(`document.querySelector("#destination").value = "ESP"`)
		if dir := os.Getenv("LIMEN_SCREENSHOTS"); dir != "" {
			b.Screenshot(filepath.Join(dir, "stay-form-"+tag+".png"))
		}
		b.Eval(`document.querySelector("#exit").focus()`)
		b.Type("\t\r")
		b.Wait(".reply")
		// Nothing stands outside of the window, in whichever direction it is written.
		if got := b.Eval(`String(document.documentElement.scrollWidth <= document.documentElement.clientWidth && document.body.getBoundingClientRect().left === 0)`); got != "true" {
			t.Errorf("%s: the page is wider than its window", tag)
		}
		if got := b.Text(".reply .word"); got == "" {
			t.Errorf("%s: no answer", tag)
		}
		if dir := os.Getenv("LIMEN_SCREENSHOTS"); dir != "" {
			b.Screenshot(filepath.Join(dir, "stay-answer-"+tag+".png"))
		}
	}
	for _, complaint := range b.Complaints() {
		t.Errorf("the browser complains: %s", complaint)
	}
}
