package desk_test

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"html"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"limen/access"
	"limen/carrier"
	"limen/web/browsertest"
)

// admitted registers an invented carrier and admits it.
func (c *counter) admitted() carrier.Registration {
	c.Helper()
	var r carrier.Registration
	c.call(http.StatusCreated, "", "POST", "/api/carrier/v1/registrations", carrier.RegistrationRequest{Name: "Invented Air", LegalForm: "Ltd", Address: "1 Runway, Somewhere",
		Contact: "Operations", Email: "ops@invented.example", Phone: "+00 1 234", States: []string{"FRA", "ESP"}}, &r)
	c.call(http.StatusOK, c.admin, "POST", "/api/carrier/v1/registrations/"+r.ID+"/decision", carrier.Decision{Status: carrier.Admitted, Reason: "Known.", Version: r.Version}, &r)
	return r
}

// visitor is somebody signed in with the demonstration's one-time code.
type visitor struct {
	*counter
	client *http.Client
}

func (c *counter) signIn(user string) *visitor {
	c.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		c.Fatal(err)
	}
	client := *c.server.Client()
	client.Jar = jar
	p := &visitor{c, &client}
	p.post(http.StatusOK, "/sign-in", url.Values{"user": {user}, "password": {"correct horse battery"}})
	_, text := p.get("/sign-in/code")
	code := regexp.MustCompile(`name="code"[^>]*value="(\d{6})"`).FindStringSubmatch(text)
	if code == nil {
		c.Fatalf("no code is shown: %.600s", text)
	}
	if text := p.post(http.StatusOK, "/sign-in/code", url.Values{"code": {code[1]}}); !strings.Contains(text, "Sign out") {
		c.Fatalf("not signed in: %.600s", text)
	}
	return p
}

func (p *visitor) get(path string) (int, string) {
	p.Helper()
	res, b := p.send(p.client, "GET", path, "")
	return res.StatusCode, string(b)
}

func (p *visitor) post(want int, path string, form url.Values) string {
	p.Helper()
	res, b := p.send(p.client, "POST", path, form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	if res.StatusCode != want {
		p.Fatalf("%s answered %d, want %d: %.900s", path, res.StatusCode, want, b)
	}
	return string(b)
}

// upload sends a file to the page of lists.
func (p *visitor) upload(want int, content string) string {
	p.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "passengers")
	if err != nil {
		p.Fatal(err)
	}
	part.Write([]byte(content))
	form.Close()
	res, b := p.send(p.client, "POST", "/carriers/list", body.String(), "Content-Type", form.FormDataContentType())
	if res.StatusCode != want {
		p.Fatalf("the list answered %d, want %d: %.900s", res.StatusCode, want, b)
	}
	return string(b)
}

func oneForm() url.Values {
	return url.Values{"transport": {"LM123"}, "departure": {"2026-11-02T15:00"}, "offset": {"+03:00"}, "entry.state": {"FRA"}, "arrival": {"2026-11-02"},
		"document.type": {"P"}, "document.number": {"U7788990"}, "document.issuer": {"tur"}, "document.expiry": {"2033-01-01"},
		"surname": {"Yilmaz"}, "first_names": {"Mehmet"}, "birth_date": {"1979-10-30"}, "sex": {"M"}, "nationality": {"TUR"}}
}

// word is the answer at a glance.
func word(page string) string {
	m := regexp.MustCompile(`<section class="glance \w+" role="status"><h1>([^<]*)</h1>`).FindStringSubmatch(page)
	if m == nil {
		return ""
	}
	return m[1]
}

// A carrier's agent asks about one passenger and about a list in each form, sees
// the answer and nothing more, and saves a receipt that verifies. 2022/1409.
func TestArt13_3_AnAgentAsksInTheBrowser(t *testing.T) {
	c := openAs(t, true)
	r := c.admitted()
	c.account("agent", access.CarrierAgent, r.Authority(), carrier.OpAsk)
	p := c.signIn("agent")

	page := p.post(http.StatusOK, "/carriers/ask", oneForm())
	if word(page) != "OK" || strings.Contains(page, "FRA123456") || strings.Contains(page, "2026-12-15") {
		t.Errorf("the answer is %q: %.900s", word(page), page)
	}
	two := oneForm()
	two.Set("two_entries", "yes")
	if got := word(p.post(http.StatusOK, "/carriers/ask", two)); got != "NOT OK" {
		t.Errorf("two entries on a visa for one: %q", got)
	}
	exempt := oneForm()
	exempt.Set("exempt", "yes")
	if got := word(p.post(http.StatusOK, "/carriers/ask", exempt)); got != "NOT APPLICABLE" {
		t.Errorf("exempt: %q", got)
	}
	zone := url.Values{"mrz": {"p<turyilmaz<<mehmet<<<<<<<<<<<<<<<<<<<<<<<<<<\nU7788990<1TUR7910308M3301012<<<<<<<<<<<<<<08"}}
	for _, name := range []string{"transport", "departure", "offset", "entry.state", "arrival"} {
		zone[name] = oneForm()[name]
	}
	if got := p.post(http.StatusUnprocessableEntity, "/carriers/ask", zone); !strings.Contains(got, `aria-invalid="true"`) || !strings.Contains(got, "mrz-error") {
		t.Errorf("a zone with wrong digits is not marked: %.300s", got)
	}

	// The receipt, as it is saved, verifies with the published keys.
	saved := regexp.MustCompile(`(?s)<textarea name="answer" hidden readonly>(.*?)</textarea>`).FindStringSubmatch(page)
	if saved == nil {
		t.Fatal("no receipt to be saved")
	}
	answer := html.UnescapeString(saved[1])
	res, b := p.send(p.client, "POST", "/carriers/receipt", url.Values{"answer": {answer}}.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Disposition"), `attachment; filename="receipt-20261101T`) ||
		res.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d %v", res.StatusCode, res.Header)
	}
	var out carrier.FlightAnswer
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	if s, err := out.Receipt.Verify(c.house.Copy.Receipts().Public()); err != nil || s.Carrier != r.ID || len(out.Answers) != 1 {
		t.Errorf("%+v %v", s, err)
	}
	// What was changed is not given back as if the service had said it, nor what
	// it said to another.
	p.post(http.StatusUnprocessableEntity, "/carriers/receipt", url.Values{"answer": {strings.Replace(answer, `"answer": "OK"`, `"answer": "NOT OK"`, 1)}})
	p.post(http.StatusUnprocessableEntity, "/carriers/receipt", url.Values{"answer": {"<script>"}})
	other := c.admitted()
	c.account("other", access.CarrierAgent, other.Authority(), carrier.OpAsk)
	c.signIn("other").post(http.StatusUnprocessableEntity, "/carriers/receipt", url.Values{"answer": {answer}})

	for _, name := range []string{"flight.json", "flight.xml", "flight.edi"} {
		page := p.upload(http.StatusOK, sample(t, name))
		if !strings.Contains(page, `<li class="good"><strong>1</strong> <span>OK</span>`) || !strings.Contains(page, `<li class="soft"><strong>1</strong> <span>NOT APPLICABLE</span>`) {
			t.Errorf("%s: %.1500s", name, page)
		}
	}
	if page := p.post(http.StatusOK, "/carriers/list", url.Values{"text": {sample(t, "flight.json")}}); !strings.Contains(page, "YILMAZ MEHMET") {
		t.Errorf("pasted: %.900s", page)
	}
	for wrong, status := range map[string]int{"": http.StatusUnprocessableEntity, "{": http.StatusBadRequest, "<flight/>": http.StatusUnprocessableEntity, "UNB+UNOC:4'": http.StatusUnprocessableEntity} {
		if page := p.upload(status, wrong); !strings.Contains(page, `role="alert"`) {
			t.Errorf("%q: %.300s", wrong, page)
		}
	}
}

// What cannot be used is marked at its field, and an early question says which
// hours there are. EES-047.
func TestArt13_3_TheFormSaysWhatIsWrong(t *testing.T) {
	c := openAs(t, true)
	r := c.admitted()
	c.account("agent", access.CarrierAgent, r.Authority(), carrier.OpAsk)
	p := c.signIn("agent")
	for name, value := range map[string]string{"transport": "", "departure": "2026-11-02", "arrival": "never", "entry.state": "", "document.number": "", "document.expiry": "2033", "surname": "",
		"birth_date": "30.10.1979", "sex": "", "nationality": "ZZZ", "document.issuer": "ZZZ"} {
		form := oneForm()
		form.Set(name, value)
		page := p.post(http.StatusUnprocessableEntity, "/carriers/ask", form)
		id := map[string]string{"entry.state": `entry\.state`}[name]
		if id == "" {
			id = regexp.QuoteMeta(name)
		}
		if !regexp.MustCompile(`id="`+id+`"[^>]*aria-invalid`).MatchString(page) && name != "entry.state" {
			t.Errorf("%s=%q is not marked", name, value)
		}
		if !strings.Contains(page, `role="alert"`) {
			t.Errorf("%s=%q: nothing is said", name, value)
		}
	}
	early := oneForm()
	early.Set("departure", "2026-11-03T12:01")
	if page := p.post(http.StatusUnprocessableEntity, "/carriers/ask", early); !strings.Contains(page, "48h") || !strings.Contains(page, "2022/1409 art 3(4)") {
		t.Errorf("too early: %.900s", page)
	}
}

// Each page is for whom it is: agents do not decide, administrators do not ask,
// and nobody asks unknown; a carrier that is suspended is told so.
func TestArt13_3_PagesAreForThoseWhoMay(t *testing.T) {
	c := openAs(t, true)
	r := c.admitted()
	c.account("agent", access.CarrierAgent, r.Authority(), carrier.OpAsk)
	agent, admin := c.signIn("agent"), c.signIn("administrator")
	for _, path := range []string{"/carriers/registrations", "/carriers/registrations/" + r.ID} {
		if status, _ := agent.get(path); status != http.StatusForbidden {
			t.Errorf("an agent reads %s: %d", path, status)
		}
	}
	if status, _ := admin.get("/carriers/own"); status != http.StatusForbidden {
		t.Errorf("an administrator has a registration: %d", status)
	}
	agent.post(http.StatusForbidden, "/carriers/registrations/"+r.ID+"/decision", url.Values{"version": {"2"}, "status": {"suspended"}, "reason": {"x"}})
	admin.post(http.StatusForbidden, "/carriers/ask", oneForm())
	if status, text := c.page("GET", "/carriers/ask", nil); status != http.StatusOK || !strings.Contains(text, "Sign in") {
		t.Errorf("nobody in particular asks: %d", status)
	}
	admin.post(http.StatusOK, "/carriers/registrations/"+r.ID+"/decision", url.Values{"version": {"2"}, "status": {"suspended"}, "reason": {"Misuse."}})
	if page := agent.post(http.StatusForbidden, "/carriers/ask", oneForm()); !strings.Contains(page, "suspended") {
		t.Errorf("%.500s", page)
	}
	if _, own := agent.get("/carriers/own"); !strings.Contains(own, "Misuse.") || strings.Contains(own, "administrator</") || !strings.Contains(own, "agent") {
		t.Errorf("%.900s", own)
	}
}

// An administrator admits a carrier that applied in the browser, makes it an
// account and registers and removes its certificate. A decision on what has
// changed is refused.
func TestArt13_3_AnAdministratorDecidesInTheBrowser(t *testing.T) {
	c := openAs(t, true)
	form := url.Values{"name": {"Ferry <Line>"}, "legal_form": {"SA"}, "address": {"Quay 1"}, "contact": {"Bridge"}, "email": {"bridge@invented.example"}, "phone": {"+00 2"}, "states": {"ESP", "FRA"}}
	status, text := c.page("POST", "/carriers/apply", form)
	id := regexp.MustCompile(`<code>(C[A-Z0-9]{11})</code>`).FindStringSubmatch(text)
	if status != http.StatusCreated || id == nil {
		t.Fatalf("%d: %.900s", status, text)
	}
	form.Del("states")
	if status, text := c.page("POST", "/carriers/apply", form); status != http.StatusUnprocessableEntity || !strings.Contains(text, `class="states wrong"`) || !strings.Contains(text, "Ferry &lt;Line&gt;") {
		t.Errorf("without a state: %d", status)
	}
	p := c.signIn("administrator")
	if _, list := p.get("/carriers/registrations"); !strings.Contains(list, id[1]) || !strings.Contains(list, "Ferry &lt;Line&gt;") {
		t.Errorf("%.900s", list)
	}
	at := "/carriers/registrations/" + id[1]
	page := p.post(http.StatusOK, at+"/decision", url.Values{"version": {"1"}, "status": {"admitted"}, "reason": {"Known to us."}})
	if !strings.Contains(page, "Known to us.") || !strings.Contains(page, "<strong>admitted</strong>") {
		t.Errorf("%.900s", page)
	}
	p.post(http.StatusConflict, at+"/decision", url.Values{"version": {"1"}, "status": {"suspended"}, "reason": {"x"}})
	if page = p.post(http.StatusOK, at+"/accounts", url.Values{"user": {"bridge-1"}, "password": {"correct horse battery"}}); !strings.Contains(page, "otpauth://") || !strings.Contains(page, "bridge-1") {
		t.Errorf("%.900s", page)
	}
	if page = p.post(http.StatusUnprocessableEntity, at+"/accounts", url.Values{"user": {"bridge-2"}, "password": {"short"}}); !strings.Contains(page, "aria-invalid") {
		t.Error("a short password is not marked")
	}
	_, cert := c.certificate(c.issuer, c.key, false)
	pemText := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))
	page = p.post(http.StatusOK, at+"/certificates", url.Values{"system": {"bridge"}, "certificate": {pemText}})
	print := access.Fingerprint(cert)
	if !strings.Contains(page, print) {
		t.Fatalf("%.900s", page)
	}
	if page = p.post(http.StatusOK, at+"/remove", url.Values{"fingerprint": {print}}); strings.Contains(page, print) {
		t.Error("the certificate is still there")
	}
	// Accounts and certificates are made for carriers that there are.
	c.call(http.StatusNotFound, c.admin, "POST", "/api/carrier/v1/registrations/C0/accounts", map[string]string{"user": "nobody", "password": "correct horse battery"}, nil)
	c.call(http.StatusNotFound, c.admin, "POST", "/api/carrier/v1/registrations/C0/certificates", map[string]string{"system": "x", "certificate": pemText}, nil)
}

// Art 13a: a carrier tells in the browser and by the API that it could not ask,
// an administrator tells of a failure, and each reads what concerns it.
func TestArt13a_NoticesInTheBrowserAndByTheAPI(t *testing.T) {
	c := openAs(t, true)
	r := c.admitted()
	token := c.account("agent", access.CarrierAgent, r.Authority(), carrier.OpReport, carrier.OpNotices, carrier.OpOwn)
	agent, admin := c.signIn("agent"), c.signIn("administrator")
	page := agent.post(http.StatusOK, "/carriers/notices", url.Values{"kind": {"carrier_unable"}, "from": {"2026-11-01T08:00"}, "transports": {"LM1 2026-11-01\r\n\r\nLM2 2026-11-01"}, "words": {"Our line is cut."}})
	if !strings.Contains(page, "LM1 2026-11-01, LM2 2026-11-01") || !strings.Contains(page, "It is over") {
		t.Fatalf("%.1500s", page)
	}
	if page := agent.post(http.StatusUnprocessableEntity, "/carriers/notices", url.Values{"kind": {"failure_met"}, "from": {"yesterday"}, "words": {"x"}}); !strings.Contains(page, "aria-invalid") {
		t.Error("a moment that cannot be read is not marked")
	}
	var list struct{ Notices []carrier.Notice }
	c.call(http.StatusOK, token, "GET", "/api/carrier/v1/notices?lasting=true", nil, &list)
	if len(list.Notices) != 1 || list.Notices[0].Kind != carrier.CarrierUnable {
		t.Fatalf("%+v", list)
	}
	// The administrator sees it with the carrier, and has no button to end it.
	if _, page := admin.get("/carriers/notices"); !strings.Contains(page, r.ID) || strings.Contains(page, "It is over") {
		t.Errorf("%.1500s", page)
	}
	agent.post(http.StatusOK, "/carriers/notices/"+list.Notices[0].ID+"/end", url.Values{"version": {"1"}})
	admin.post(http.StatusOK, "/carriers/notices", url.Values{"from": {"2026-11-01T08:30"}, "words": {"The network is down."}})
	if _, page := agent.get("/carriers/ask"); !strings.Contains(page, "The network is down.") || !strings.Contains(page, "exempt") {
		t.Error("the agent is not told of the failure")
	}
	list.Notices = nil
	c.call(http.StatusOK, token, "GET", "/api/carrier/v1/notices?lasting=true", nil, &list)
	if len(list.Notices) != 1 || list.Notices[0].Kind != carrier.ServiceFailure || list.Notices[0].Carrier != "" {
		t.Fatalf("%+v", list)
	}
	c.call(http.StatusForbidden, token, "POST", "/api/carrier/v1/failures/"+list.Notices[0].ID+"/end", carrier.NoticeEnd{Until: c.clock.Now(), Version: 1}, nil)
	admin.post(http.StatusOK, "/carriers/notices/"+list.Notices[0].ID+"/end", url.Values{"version": {"1"}})
	var n carrier.Notice
	c.call(http.StatusCreated, token, "POST", "/api/carrier/v1/notices", carrier.NoticeReport{Kind: carrier.FailureMet, From: c.clock.Now(), Words: "No answer."}, &n)
	c.call(http.StatusOK, token, "POST", "/api/carrier/v1/notices/"+n.ID+"/end", carrier.NoticeEnd{Until: c.clock.Now(), Version: 1}, &n)
	if n.Until == nil || n.Version != 2 {
		t.Errorf("%+v", n)
	}
	var own carrier.Registration
	c.call(http.StatusOK, token, "GET", "/api/carrier/v1/registration", nil, &own)
	if own.ID != r.ID || own.DecidedBy != "" {
		t.Errorf("%+v", own)
	}
}

// A carrier's agent and an administrator work with the keyboard alone.
func TestArt13_3_CarriersWithTheKeyboardAlone(t *testing.T) {
	if testing.Short() {
		t.Skip("the browser takes its time; 'make test' runs it")
	}
	c := openAs(t, true)
	r := c.admitted()
	c.account("agent", access.CarrierAgent, r.Authority(), carrier.OpAsk)
	b := browsertest.Start(t, c.server.URL, c.server.Certificate())
	shot := func(name string) {
		if dir := os.Getenv("LIMEN_SCREENSHOTS"); dir != "" {
			b.Screenshot(filepath.Join(dir, "carrier-"+name+".png"))
		}
	}
	b.Open("/carriers/apply")
	b.Focused("#name")
	b.Type("Coach Line\tGmbH\t1 Street\tOffice\toffice@invented.example\t+00 3\t \t\t ")
	shot("apply")
	b.Eval(`document.querySelector("main form button").focus()`)
	b.Type("\r")
	b.Until(`document.body.innerText.includes("Your request was received")`)
	shot("applied")

	b.Open("/carriers/ask")
	b.Focused("#user")
	b.Type("agent\tcorrect horse battery\r")
	b.Focused("#code")
	b.Type("\r")
	b.Focused("#transport")
	b.Type("LM123")
	for id, value := range map[string]string{"departure": "2026-11-02T15:00", "offset": "+03:00", "entry.state": "FRA", "arrival": "2026-11-02"} {
		b.Eval(`document.getElementById("` + id + `").value = "` + value + `"`)
	}
	b.Eval(`document.querySelector("summary").focus()`)
	b.Type(" \tP\tU7788990\tTUR\t2033-01-01\tYilmaz\tMehmet\t1979-10-30\tMale\tTUR")
	shot("ask")
	b.Type("\r")
	b.Wait(".glance")
	if got := b.Text(".glance h1"); got != "OK" {
		t.Errorf("the answer is %q", got)
	}
	shot("answer")
	b.Open("/carriers/list")
	b.Eval(`document.querySelector("#text").value = ` + quoted(sample(t, "flight.json")))
	shot("list")
	b.Eval(`document.querySelector("main form button").focus()`)
	b.Type("\r")
	b.Wait(".counts")
	shot("answers")
	b.Open("/carriers/notices")
	b.Eval(`document.querySelector("#from").value = "2026-11-01T08:00"`)
	b.Eval(`document.querySelector("#words").focus()`)
	b.Type("Our line was cut\r")
	b.Until(`document.body.innerText.includes("It is over")`)
	shot("notices")
	b.Open("/carriers/own")
	b.Wait("h2")
	shot("own")
	b.Click(".who button")
	b.Wait("#user")

	b.Open("/carriers/registrations")
	b.Focused("#user")
	b.Type("administrator\tcorrect horse battery\r")
	b.Focused("#code")
	b.Type("\r")
	b.Wait(".tabs")
	shot("registrations")
	b.Click("tbody a")
	b.Wait("#reason")
	b.Eval(`document.querySelector("#reason").focus()`)
	b.Type("Known to us\r")
	b.Until(`document.body.innerText.includes("is admitted")`)
	shot("registration")
	b.Open("/carriers/notices")
	b.Wait("table")
	shot("notices-administrator")
	for _, complaint := range b.Complaints() {
		t.Errorf("the browser complains: %s", complaint)
	}
}

func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}
