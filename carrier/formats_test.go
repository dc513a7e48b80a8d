package carrier

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"limen/law"
	"limen/person"
)

var moment = time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)

func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The three samples, which docs/edifact.md shows too, say the same.
func TestFormats_TheSamplesSayTheSame(t *testing.T) {
	fromJSON, err := ReadJSON(sample(t, "flight.json"))
	if err != nil {
		t.Fatal(err)
	}
	fromXML, err := ReadXML(sample(t, "flight.xml"))
	if err != nil {
		t.Fatal(err)
	}
	in, err := ReadPAXLST(sample(t, "flight.edi"), moment)
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]*Flight{"XML": &fromXML, "EDIFACT": &in.Flight} {
		if !f.Departure.Equal(fromJSON.Departure) {
			t.Errorf("%s departs at %s", name, f.Departure)
		}
		f.Departure = fromJSON.Departure
		if !reflect.DeepEqual(*f, fromJSON) {
			t.Errorf("%s: %+v\nJSON: %+v", name, *f, fromJSON)
		}
	}
	if in.Sender != "INVENTED" || in.Control != "000000042" || !in.Grouped || in.Message != "PAX001" || in.Reference != "LM123-20261102" || in.bookings[0] != "ABC123" {
		t.Errorf("%+v", in)
	}
	guide, err := os.ReadFile("../docs/edifact.md")
	if err != nil || !bytes.Contains(guide, bytes.TrimSpace(sample(t, "flight.edi"))) {
		t.Errorf("docs/edifact.md does not show testdata/flight.edi as it is (%v)", err)
	}
}

// writePAXLST writes a flight as a carrier's program does.
func writePAXLST(f Flight, zoned bool) []byte {
	var w writer
	w.b.WriteString("UNA:+.? '\n")
	w.put("UNB", el("UNOC", "4"), el("CARRIER"), el("LIMEN"), el("261101", "0900"), el("C1"))
	w.segments = 0
	w.put("UNH", el("M1"), el("PAXLST", "D", "05B", "UN", "IATA"))
	w.put("BGM", el("745"))
	w.put("TDT", el("20"), el(f.Transport))
	w.put("LOC", el("125"), el(f.From))
	if zoned {
		w.put("DTM", el("189", f.Departure.Format("200601021504-0700"), "205"))
	} else {
		w.put("DTM", el("189", f.Departure.Format("200601021504"), "203"))
	}
	w.put("LOC", el("87"), el(f.Entry.Point))
	y, m, d := f.Arrival.YMD()
	w.put("DTM", el("232", fmt.Sprintf("%04d%02d%02d2359", y, m, d), "203"))
	latin := func(s string) string {
		var b []byte
		for _, r := range s {
			b = append(b, byte(r))
		}
		return string(b)
	}
	for _, p := range f.People {
		w.put("NAD", el("FL"), el(), el(), append(el(latin(p.Surname)), strings.Split(latin(p.FirstNames), " ")...))
		w.put("ATT", el("2"), el(), el(p.Sex))
		w.put("DTM", el("329", strings.ReplaceAll(p.BirthDate, "-", ""), "102"))
		for code, said := range map[string]bool{declareExempt: p.Exempt, declareTransit: p.Transit, declareTwo: p.TwoEntries} {
			if said {
				w.put("GEI", el("4"), el(code))
			}
		}
		w.put("NAT", el("2"), el(p.Nationality))
		w.put("RFF", el("ABO", p.Reference))
		w.put("DOC", el(p.Document.Type, "110", "111"), el(p.Document.Number))
		w.put("DTM", el("36", strings.ReplaceAll(p.Document.Expiry.String(), "-", ""), "102"))
		w.put("LOC", el("91"), el(p.Document.Issuer))
		if p.Visa != "" {
			w.put("DOC", el("V"), el(p.Visa))
		}
	}
	w.put("CNT", el("42", strconv.Itoa(len(f.People))))
	w.put("UNT", el(strconv.Itoa(w.segments+1)), el("M1"))
	w.put("UNZ", el("1"), el("C1"))
	return []byte(w.b.String())
}

// writeXMLFlight writes a flight as a carrier's program does.
func writeXMLFlight(f Flight) []byte {
	var b strings.Builder
	put := func(name, value string) {
		if value != "" {
			b.WriteString("<" + name + ">")
			xml.EscapeText(&b, []byte(value))
			b.WriteString("</" + name + ">\n")
		}
	}
	flag := func(name string, v bool) {
		if v {
			put(name, "true")
		}
	}
	b.WriteString(`<flight xmlns="` + Namespace + `">`)
	put("transport", f.Transport)
	put("from", f.From)
	put("departure", f.Departure.Format(time.RFC3339))
	b.WriteString("<entry>")
	put("point", f.Entry.Point)
	b.WriteString("</entry>")
	put("arrival", f.Arrival.String())
	b.WriteString("<passengers>")
	for _, p := range f.People {
		b.WriteString("<passenger>")
		put("reference", p.Reference)
		put("surname", p.Surname)
		put("first_names", p.FirstNames)
		put("birth_date", p.BirthDate)
		put("sex", p.Sex)
		put("nationality", p.Nationality)
		b.WriteString("<document>")
		put("type", p.Document.Type)
		put("number", p.Document.Number)
		put("issuer", p.Document.Issuer)
		put("expiry", p.Document.Expiry.String())
		b.WriteString("</document>")
		put("visa", p.Visa)
		flag("exempt", p.Exempt)
		flag("airport_transit", p.Transit)
		flag("two_entries", p.TwoEntries)
		b.WriteString("</passenger>")
	}
	b.WriteString("</passengers></flight>")
	return []byte(b.String())
}

// invented is a flight of random passengers, some of whom the copy knows.
func invented(r *rand.Rand, people int) (Flight, []Extract) {
	f := flight()
	f.Departure = f.Departure.In(time.FixedZone("", 3*3600))
	names := []string{"Yilmaz", "O'Neill", "Müller-Lüdenscheidt", "De La Cruz", "Ek: the + sign?", "Ñandú"}
	var extracts []Extract
	for i := range people {
		e, p := mehmet(), passengerMehmet()
		p.Reference, p.Surname, p.FirstNames = strconv.Itoa(i), names[r.IntN(len(names))], []string{"", "Can", "Ana María"}[r.IntN(3)]
		if strings.ContainsAny(p.Surname, ":+?") {
			p.Surname = "Ek"
		}
		p.Document.Number = fmt.Sprintf("U%06d", r.IntN(1_000_000))
		p.Sex = []string{"M", "F", "X"}[r.IntN(3)]
		p.BirthDate = (day("1930-01-01") + law.Date(r.IntN(30_000))).String()
		p.Exempt, p.Transit, p.TwoEntries = r.IntN(9) == 0, r.IntN(9) == 0, r.IntN(3) == 0
		if r.IntN(3) == 0 {
			p.Visa = "FRA123456"
		}
		e.Token, e.Documents[0].Number = tokens.Token(p.Document.Number), person.DocumentNumber(p.Document.Number)
		e.Identities[0] = Identity{Name: person.Name{Surname: p.Surname, FirstNames: p.FirstNames}, Birth: must(person.ParsePartialDate(p.BirthDate)), Sex: person.Sex(p.Sex), Nationalities: []person.State{"TUR"}}
		for range r.IntN(3) {
			v := visa(r.IntN(3), r.IntN(3))
			v.Status = []VisaStatus{VisaValid, VisaValid, VisaRevoked}[r.IntN(3)]
			e.Visas = append(e.Visas, v)
		}
		if r.IntN(4) > 0 {
			extracts = append(extracts, e)
		}
		f.People = append(f.People, p)
	}
	return f, extracts
}

// The same passengers in JSON, XML and PAXLST get the same answers, and all
// answers carry a receipt that verifies, in each format's own words.
func TestFormats_TheSamePassengersGetTheSameAnswers(t *testing.T) {
	onBoth(t, func(n *counter) {
		who := n.admitted()
		keys := n.copy.Receipts().Public()
		seen := map[Answer]int{}
		for seed := range uint64(4) {
			f, extracts := invented(rand.New(rand.NewPCG(seed, 1)), 23)
			n.apply(extracts...)
			text, err := json.Marshal(f)
			if err != nil {
				t.Fatal(err)
			}
			fromJSON, err := ReadJSON(text)
			if err != nil {
				t.Fatal(err)
			}
			fromXML, err := ReadXML(writeXMLFlight(f))
			if err != nil {
				t.Fatalf("%v\n%s", err, writeXMLFlight(f))
			}
			in, err := ReadPAXLST(writePAXLST(f, true), moment)
			if err != nil {
				t.Fatalf("%v\n%s", err, writePAXLST(f, true))
			}
			floating, err := ReadPAXLST(writePAXLST(f, false), moment)
			if err != nil || !floating.Flight.Floating {
				t.Fatal(floating.Flight.Floating, err)
			}
			var want []PassengerAnswer
			for name, asked := range map[string]Flight{"JSON": fromJSON, "XML": fromXML, "EDIFACT": in.Flight} {
				out, err := n.ask(who, asked)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if want == nil {
					want = out.Answers
					for _, a := range want {
						seen[a.Answer]++
					}
				}
				if !slices.Equal(out.Answers, want) {
					t.Errorf("%s: %v\nwant %v", name, out.Answers, want)
				}
				// Back in each format.
				asXML, err := WriteXML(&out)
				if err != nil {
					t.Fatal(err)
				}
				backXML, err := ReadXMLAnswer(asXML)
				if err != nil {
					t.Fatal(err)
				}
				backEDI, err := ReadCUSRES(WriteCUSRES(&in, &out))
				if err != nil {
					t.Fatal(err)
				}
				for form, back := range map[string]FlightAnswer{"XML": backXML, "CUSRES": backEDI} {
					if !slices.Equal(back.Answers, want) {
						t.Errorf("%s as %s: %v", name, form, back.Answers)
					}
					s, err := back.Receipt.Verify(keys)
					if err != nil || s.Passengers != len(want) {
						t.Errorf("%s as %s: the receipt: %v", name, form, err)
					}
				}
			}
		}
		if len(seen) != 3 {
			t.Errorf("the invented flights got %v only", seen)
		}
	})
}

// What a PAXLST message must not be is refused: control counts, references,
// order, a second message, what follows the end.
func TestPAXLST_IsRefusedWhenItDoesNotAddUp(t *testing.T) {
	good := string(sample(t, "flight.edi"))
	for what, change := range map[string]func(string) string{
		"segments counted":          replace("UNT+34", "UNT+33"),
		"message reference":         replace("UNT+34+PAX001", "UNT+34+PAX002"),
		"passengers counted":        replace("CNT+42:2", "CNT+42:3"),
		"no passengers counted":     func(s string) string { return strings.Replace(replace("CNT+42:2'\n", "")(s), "UNT+34", "UNT+33", 1) },
		"messages counted":          replace("UNE+1+1", "UNE+2+1"),
		"group reference":           replace("UNE+1+1", "UNE+1+2"),
		"group left open":           replace("UNE+1+1'\n", ""),
		"groups counted":            replace("UNZ+1", "UNZ+2"),
		"control reference":         replace("UNZ+1+000000042", "UNZ+1+000000043"),
		"no trailer":                replace("UNZ+1+000000042'", ""),
		"no terminator":             func(s string) string { return strings.TrimSuffix(strings.TrimSpace(s), "'") },
		"something after the end":   func(s string) string { return s + "UNB+UNOC:4+A+B+261101:0855+1'" },
		"another message":           replace("PAXLST:D:05B:UN:IATA", "PAXLST:D:12B:UN:IATA"),
		"another document":          replace("BGM+745", "BGM+250"),
		"another group":             replace("UNG+PAXLST", "UNG+CUSRES"),
		"another character set":     replace("UNOC:4", "UNOX:4"),
		"no departure":              replace("DTM+189", "DTM+190"),
		"no arrival":                replace("DTM+232", "DTM+233"),
		"no place of arrival":       replace("LOC+87", "LOC+92"),
		"an unknown place":          replace("LOC+87+CDG", "LOC+87+QQQ"),
		"no transport":              replace("TDT+20+LM123+++LM", "TDT+20+"),
		"crew among passengers":     replace("NAD+FL+++O", "NAD+FM+++O"),
		"a day that does not exist": replace("329:791030", "329:791330"),
		"a second passport":         replace("DOC+V+FRA123456", "DOC+P+FRA123456"),
		"a control character":       replace("YILMAZ", "YIL\x02MAZ"),
		"service characters":        replace("UNA:+.? '", "UNA::.? '"),
		"letters as service":        replace("UNA:+.? '", "UNA:+.A '"),
		"a tag of two letters":      replace("BGM+745", "BG+745"),
		"a release at the end":      func(s string) string { return s + "XXX+?" },
		"a segment of another kind": replace("NAT+2+CAN'", "NAT+2+CAN'\nPNA+1'"),
		"an element without end":    replace("MEHMET", strings.Repeat("M", 700)),
		"elements without end":      replace("BGM+745", "BGM+745"+strings.Repeat("+", 60)),
		"components without end":    replace("BGM+745", "BGM+745"+strings.Repeat(":", 60)),
	} {
		changed := change(good)
		if changed == good {
			t.Fatalf("%s: nothing was changed", what)
		}
		_, err := ReadPAXLST([]byte(changed), moment)
		if err == nil {
			t.Errorf("%s: taken", what)
		} else if r := wantRefusal(t, err, codeOf(err)); r.Kind != law.BadInput && r.Kind != law.TooMuch {
			t.Errorf("%s: refused as %v", what, r.Kind)
		}
	}
	if _, err := ReadPAXLST(bytes.Repeat([]byte(" "), maxInterchange+1), moment); codeOf(err) != "body_too_large" {
		t.Errorf("too long: %v", err)
	}
	if _, err := ReadPAXLST([]byte(strings.Repeat("ABC'", maxSegments+1)), moment); codeOf(err) != "edifact_too_long" {
		t.Errorf("too many segments: %v", err)
	}
}

func replace(old, with string) func(string) string {
	return func(s string) string { return strings.Replace(s, old, with, 1) }
}

// Other service characters, folded lines, the usual ones without UNA, and text
// in ISO 8859-1 or UTF-8 are read.
func TestPAXLST_IsReadHoweverItIsWritten(t *testing.T) {
	good := string(sample(t, "flight.edi"))
	want, err := ReadPAXLST([]byte(good), moment)
	if err != nil {
		t.Fatal(err)
	}
	other := strings.NewReplacer("UNA:+.? '", "UNA^|.\\ ~", ":", "^", "+", "|", "?'", "'", "?+", "+", "'", "~").Replace(good)
	folded := strings.ReplaceAll(strings.ReplaceAll(good, "\n", ""), "LM123", "LM\r\n123")
	plain := strings.TrimPrefix(good, "UNA:+.? '\n")
	for name, text := range map[string]string{"other service characters": strings.Replace(other, "O'P", "O'P", 1), "folded lines": folded, "no service string": plain} {
		got, err := ReadPAXLST([]byte(text), moment)
		if err != nil || !reflect.DeepEqual(got.Flight.People, want.Flight.People) {
			t.Errorf("%s: %v\n%+v", name, err, got.Flight.People)
		}
	}
	for name, text := range map[string]string{"ISO 8859-1": strings.Replace(good, "YILMAZ", "M\xdcLLER", 1),
		"UTF-8": strings.Replace(strings.Replace(good, "YILMAZ", "MÜLLER", 1), "UNOC", "UNOY", 1)} {
		got, err := ReadPAXLST([]byte(text), moment)
		if err != nil || got.Flight.People[0].Surname != "MÜLLER" {
			t.Errorf("%s: %v, %+v", name, err, got.Flight.People)
		}
	}
}

// Two digits of a year: a birth is not in the future, an expiry may be.
func TestPAXLST_TwoDigitsOfAYear(t *testing.T) {
	r := paxlst{today: day("2026-11-01")}
	for _, c := range []struct {
		value, want string
		birth       bool
	}{{"791030", "1979-10-30", true}, {"261101", "2026-11-01", true}, {"261102", "1926-11-02", true}, {"330101", "2033-01-01", false},
		{"761101", "2076-11-01", false}, {"761102", "1976-11-02", false}, {"000229", "2000-02-29", true}} {
		got, err := r.day(&segment{elements: [][]string{{"36", c.value}}}, c.birth)
		if err != nil || got != day(c.want) {
			t.Errorf("%s: %s %v; want %s", c.value, got, err, c.want)
		}
	}
}

// What the strict reader of XML does not take.
func TestXML_IsRefused(t *testing.T) {
	good := string(sample(t, "flight.xml"))
	for what, change := range map[string]func(string) string{
		"a document type": replace("<flight ", "<!DOCTYPE flight [<!ENTITY x \"y\">]><flight "),
		"an external entity": func(s string) string {
			return replace("YILMAZ", "&x;")(replace("<flight ", `<!DOCTYPE flight [<!ENTITY x SYSTEM "file:///etc/hostname">]><flight `)(s))
		},
		"an entity":                replace("YILMAZ", "&x;"),
		"a processing instruction": replace("<flight ", "<?php x?><flight "),
		"another encoding":         replace("UTF-8", "UTF-16"),
		"an attribute":             replace("<passenger>", "<passenger id=\"1\">"),
		"an unknown element":       replace("<sex>", "<rank>1</rank><sex>"),
		"an element twice":         replace("<sex>M</sex>", "<sex>M</sex><sex>F</sex>"),
		"an element missing":       replace("<sex>M</sex>", ""),
		"text between":             replace("<document>", "hello<document>"),
		"no namespace":             replace(` xmlns="urn:limen:carrier:1"`, ""),
		"another root": func(s string) string {
			return strings.NewReplacer("<flight ", "<voyage ", "</flight>", "</voyage>").Replace(s)
		},
		"a second root":             func(s string) string { return s + "<flight xmlns=\"urn:limen:carrier:1\"/>" },
		"text after":                func(s string) string { return s + "x" },
		"an element inside text":    replace("<sex>M</sex>", "<sex><m/></sex>"),
		"another truth":             replace("<exempt>true</exempt>", "<exempt>yes</exempt>"),
		"no offset":                 replace("+03:00", ""),
		"no day":                    replace("2026-11-02</arrival>", "2026-11-31</arrival>"),
		"breaks off":                func(s string) string { return s[:len(s)/2] },
		"text without end":          replace("MEHMET", strings.Repeat("M", 3000)),
		"something for a passenger": replace("<passengers>", "<passengers><crew/>"),
		"too deep":                  replace("<sex>M</sex>", strings.Repeat("<a>", 9)+strings.Repeat("</a>", 9)),
	} {
		changed := change(good)
		if changed == good {
			t.Fatalf("%s: nothing was changed", what)
		}
		if _, err := ReadXML([]byte(changed)); err == nil {
			t.Errorf("%s: taken", what)
		} else if r := wantRefusal(t, err, codeOf(err)); r.Kind != law.BadInput {
			t.Errorf("%s: refused as %v", what, r.Kind)
		}
	}
	if _, err := ReadXML([]byte("<flight xmlns=\"" + Namespace + "\">" + strings.Repeat("<a/>", maxXMLNodes+1) + "</flight>")); codeOf(err) != "xml_too_long" {
		t.Errorf("too many elements: %v", err)
	}
}

// JSON outside of the API's own checks: nothing unknown, nothing behind.
func TestJSON_IsRefused(t *testing.T) {
	good := string(sample(t, "flight.json"))
	for what, changed := range map[string]string{"an unknown member": replace(`"sex"`, `"rank": 1, "sex"`)(good), "something behind": good + "{}",
		"another type": replace(`"M"`, "1")(good), "a day that does not exist": replace("2033-01-01", "2033-02-30")(good)} {
		if _, err := ReadJSON([]byte(changed)); codeOf(err) != "body_unreadable" {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func FuzzPAXLST(f *testing.F) {
	f.Add(sample(f, "flight.edi"))
	f.Add(writePAXLST(flight(passengerMehmet(), passengerAnna()), false))
	f.Add([]byte("UNA:+.? 'UNB+UNOA:4'"))
	c := must(New(Options{Secret: secret, Judge: judgeStays, Receipts: must(NewReceiptKeys(moment))}))
	f.Fuzz(func(t *testing.T, b []byte) {
		segments, err := readSegments(b)
		if err == nil {
			var w writer
			for _, s := range segments {
				w.put(s.tag, s.elements...)
			}
			again, err := readSegments([]byte(w.b.String()))
			if err != nil || len(again) != len(segments) {
				t.Fatalf("%d segments come back as %d: %v", len(segments), len(again), err)
			}
		}
		in, err := ReadPAXLST(b, moment)
		if err != nil {
			return
		}
		if j, err := c.read(&in.Flight, moment); err == nil && len(j.people) != len(in.Flight.People) {
			t.Error("a passenger was lost")
		}
		out := FlightAnswer{Asked: moment, AsOf: moment}
		for range in.Flight.People {
			out.Answers = append(out.Answers, PassengerAnswer{Answer: NotOK})
			out.Receipt.Leaves = append(out.Receipt.Leaves, Leaf{Answer: NotOK})
		}
		back, err := ReadCUSRES(WriteCUSRES(&in, &out))
		if err != nil || len(back.Answers) != len(out.Answers) {
			t.Errorf("%d answers come back as %d: %v", len(out.Answers), len(back.Answers), err)
		}
	})
}

func FuzzXML(f *testing.F) {
	f.Add(sample(f, "flight.xml"))
	f.Add([]byte(`<flight xmlns="urn:limen:carrier:1"><entry/></flight>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := ReadXML(b)
		if err != nil {
			return
		}
		again, err := ReadXML(writeXMLFlight(got))
		if err == nil && len(again.People) != len(got.People) {
			t.Errorf("%d passengers come back as %d", len(got.People), len(again.People))
		}
	})
}

func FuzzJSON(f *testing.F) {
	f.Add(sample(f, "flight.json"))
	c := must(New(Options{Secret: secret, Judge: judgeStays, Receipts: must(NewReceiptKeys(moment))}))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := ReadJSON(b)
		if err != nil {
			return
		}
		if j, err := c.read(&got, moment); err == nil && (len(j.people) != len(got.People) || j.state == "") {
			t.Errorf("%+v", j)
		}
	})
}

func FuzzCUSRES(f *testing.F) {
	f.Add([]byte("UNA:+.? 'UNB+UNOA:4+LIMEN+C+261101:0900+1'UNH+1+CUSRES:D:05B:UN'ERP+2'RFF+ABO:1'ERC+OK'UNT+4+1'UNZ+1+1'"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if out, err := ReadCUSRES(b); err == nil && len(out.Receipt.Leaves) != len(out.Answers) {
			t.Error("an answer has no leaf")
		}
	})
}

// What cannot be used in XML is named with its passenger, as in JSON.
func TestXML_NamesThePassenger(t *testing.T) {
	document := writeXMLFlight(flight(passengerMehmet(), passengerAnna()))
	broken := bytes.Replace(document, []byte("<surname>Pelletier</surname>"), nil, 1)
	if bytes.Equal(broken, document) {
		t.Fatal("nothing was taken out")
	}
	_, err := ReadXML(broken)
	if r := wantRefusal(t, err, "xml_field"); r.Field != "passengers[1].surname" {
		t.Errorf("%+v", r)
	}
}
