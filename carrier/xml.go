package carrier

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"limen/law"
)

// Namespace of the service's XML documents.
const Namespace = "urn:limen:carrier:1"

// Bounds on an XML document.
const (
	maxXML      = 2 << 20 // bytes
	maxXMLDepth = 6
	maxXMLText  = 2000 // bytes of one element's text
	maxXMLNodes = 40_000
)

// ReadXML reads a flight. The reader is strict: no document type, no entities of
// its own, no processing instructions, no attributes, no element that it does
// not know, none twice; and nothing deeper or longer than a flight is.
func ReadXML(b []byte) (Flight, error) {
	if len(b) > maxXML {
		return Flight{}, law.Refuse(law.TooMuch, "body_too_large", citeRegister, "The document is too long. Ask in parts.")
	}
	root, err := readNodes(b)
	if err != nil {
		return Flight{}, err
	}
	if root.name != "flight" {
		return Flight{}, xmlError("The document is a flight in the namespace " + Namespace + ".")
	}
	r := xmlReader{}
	f := Flight{Transport: r.text(root, "transport", true), From: r.text(root, "from", false)}
	if f.Departure, err = time.Parse(time.RFC3339, r.text(root, "departure", true)); err != nil && r.err == nil {
		r.err = law.BadField("departure", "departure_form", citeRegister, "Give the moment of departure with its offset, as 2026-06-01T10:30:00+02:00.")
	}
	f.Arrival = r.date(root, "arrival")
	if entry := r.child(root, "entry", true); entry != nil {
		f.Entry = Place{State: r.text(entry, "state", false), Point: r.text(entry, "point", false)}
		r.done(entry)
	}
	if people := r.child(root, "passengers", true); people != nil {
		for _, n := range people.children {
			if n.name != "passenger" {
				r.fail("passengers", "There is no element of this name here.")
				break
			}
			fault := r.err
			p := r.passenger(n)
			if r.err != nil && fault == nil {
				r.err = inPassenger(r.err, len(f.People))
			}
			f.People = append(f.People, p)
		}
		people.children = nil
		r.done(people)
	}
	r.done(root)
	return f, r.err
}

func (r *xmlReader) passenger(n *xmlNode) Passenger {
	p := Passenger{Reference: r.text(n, "reference", false), Surname: r.text(n, "surname", true), FirstNames: r.text(n, "first_names", false),
		BirthDate: r.text(n, "birth_date", true), Sex: r.text(n, "sex", true), Nationality: r.text(n, "nationality", true), Visa: r.text(n, "visa", false),
		Exempt: r.flag(n, "exempt"), Transit: r.flag(n, "airport_transit"), TwoEntries: r.flag(n, "two_entries")}
	if d := r.child(n, "document", true); d != nil {
		p.Document = DocumentInput{Type: r.text(d, "type", true), Number: r.text(d, "number", true), Issuer: r.text(d, "issuer", true), Expiry: r.date(d, "expiry")}
		r.done(d)
	}
	r.done(n)
	return p
}

// xmlNode is one element. What is read is taken out of it; what is left over was
// not known.
type xmlNode struct {
	name     string
	text     string
	children []*xmlNode
}

func xmlError(message string) *law.Refusal {
	return law.Refuse(law.BadInput, "xml_unreadable", citeRegister, message)
}

func readNodes(b []byte) (*xmlNode, error) {
	d := xml.NewDecoder(bytes.NewReader(b))
	d.Strict = true
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errors.New("another encoding than UTF-8") }
	var root *xmlNode
	var open []*xmlNode
	nodes := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			if root == nil || len(open) > 0 {
				return nil, xmlError("The document breaks off.")
			}
			return root, nil
		}
		if err != nil {
			return nil, xmlError(fmt.Sprintf("The document is not well formed, or not UTF-8, near byte %d.", d.InputOffset()))
		}
		switch t := token.(type) {
		case xml.StartElement:
			if nodes++; nodes > maxXMLNodes {
				return nil, law.Refuse(law.TooMuch, "xml_too_long", citeRegister, "The document has too many elements. Ask in parts.")
			}
			if len(open) == maxXMLDepth {
				return nil, xmlError("The document is nested deeper than a flight is.")
			}
			if t.Name.Space != Namespace {
				return nil, xmlError("Every element stands in the namespace " + Namespace + ".")
			}
			for _, a := range t.Attr {
				if a.Name.Space != "xmlns" && a.Name.Local != "xmlns" {
					return nil, xmlError("No element has attributes.")
				}
			}
			n := &xmlNode{name: t.Name.Local}
			switch {
			case len(open) > 0:
				parent := open[len(open)-1]
				parent.children = append(parent.children, n)
			case root != nil:
				return nil, xmlError("The document has a second root.")
			default:
				root = n
			}
			open = append(open, n)
		case xml.EndElement:
			n := open[len(open)-1]
			n.text = strings.TrimSpace(n.text)
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) == 0 {
				if len(bytes.TrimSpace(t)) > 0 {
					return nil, xmlError("Text stands outside of the document.")
				}
				continue
			}
			n := open[len(open)-1]
			if len(n.text)+len(t) > maxXMLText {
				if len(bytes.TrimSpace(t)) == 0 {
					continue // white space between many children
				}
				return nil, xmlError("The text of an element is too long.")
			}
			n.text += string(t)
		case xml.Comment:
		case xml.ProcInst:
			if t.Target != "xml" {
				return nil, xmlError("Processing instructions are not taken.")
			}
		default:
			return nil, xmlError("A document type is not taken, and so no entities of its own.")
		}
	}
}

// xmlReader takes children out of nodes and keeps the first thing wrong.
type xmlReader struct{ err error }

func (r *xmlReader) fail(field, message string) {
	if r.err == nil {
		r.err = law.BadField(field, "xml_field", citeRegister, message)
	}
}

func (r *xmlReader) child(n *xmlNode, name string, needed bool) *xmlNode {
	var found *xmlNode
	n.children = slices.DeleteFunc(n.children, func(c *xmlNode) bool {
		if c.name != name {
			return false
		}
		if found != nil {
			r.fail(name, "The element stands here twice.")
		}
		found = c
		return true
	})
	if found == nil && needed {
		r.fail(name, "The element is missing.")
	}
	return found
}

func (r *xmlReader) text(n *xmlNode, name string, needed bool) string {
	c := r.child(n, name, needed)
	if c == nil {
		return ""
	}
	if len(c.children) > 0 {
		r.fail(name, "The element holds text and no further elements.")
	}
	return c.text
}

func (r *xmlReader) date(n *xmlNode, name string) law.Date {
	d, err := law.ParseDate(r.text(n, name, true))
	if err != nil {
		r.fail(name, "Give the day as YYYY-MM-DD.")
	}
	return d
}

func (r *xmlReader) flag(n *xmlNode, name string) bool {
	switch r.text(n, name, false) {
	case "":
		return false
	case "true":
		return true
	case "false":
		return false
	}
	r.fail(name, "Say true or false.")
	return false
}

// done refuses what is left over in a node.
func (r *xmlReader) done(n *xmlNode) {
	if len(n.children) > 0 || n.text != "" {
		r.fail(n.name, "The element holds something that is not known here.")
	}
}

type xmlAnswer struct {
	XMLName xml.Name       `xml:"urn:limen:carrier:1 flight_answer"`
	AsOf    string         `xml:"as_of"`
	Asked   string         `xml:"asked_at"`
	People  []xmlPassenger `xml:"answers>passenger"`
	Receipt xmlReceipt     `xml:"receipt"`
}

type xmlPassenger struct {
	Reference string `xml:"reference,omitempty"`
	Answer    Answer `xml:"answer"`
}

type xmlReceipt struct {
	Statement string    `xml:"statement"`
	Signature string    `xml:"signature"`
	Leaves    []xmlLeaf `xml:"leaves>leaf"`
}

type xmlLeaf struct {
	Question string `xml:"question"`
	Salt     string `xml:"salt"`
	Answer   Answer `xml:"answer"`
}

// WriteXML writes an answer.
func WriteXML(out *FlightAnswer) ([]byte, error) {
	a := xmlAnswer{AsOf: out.AsOf.Format(time.RFC3339Nano), Asked: out.Asked.Format(time.RFC3339Nano),
		Receipt: xmlReceipt{Statement: out.Receipt.Statement, Signature: out.Receipt.Signature}}
	for _, p := range out.Answers {
		a.People = append(a.People, xmlPassenger(p))
	}
	for _, l := range out.Receipt.Leaves {
		a.Receipt.Leaves = append(a.Receipt.Leaves, xmlLeaf(l))
	}
	b, err := xml.MarshalIndent(&a, "", " ")
	return append([]byte(xml.Header), append(b, '\n')...), err
}

// ReadXMLAnswer reads what WriteXML wrote, as a carrier's program does.
func ReadXMLAnswer(b []byte) (FlightAnswer, error) {
	var a xmlAnswer
	if err := xml.Unmarshal(b, &a); err != nil {
		return FlightAnswer{}, xmlError("The answer cannot be read.")
	}
	out := FlightAnswer{Receipt: Receipt{Statement: a.Receipt.Statement, Signature: a.Receipt.Signature}}
	var err error
	if out.AsOf, err = time.Parse(time.RFC3339Nano, a.AsOf); err != nil {
		return FlightAnswer{}, xmlError("The moment of the data cannot be read.")
	}
	if out.Asked, err = time.Parse(time.RFC3339Nano, a.Asked); err != nil {
		return FlightAnswer{}, xmlError("The moment of the answer cannot be read.")
	}
	for _, p := range a.People {
		out.Answers = append(out.Answers, PassengerAnswer(p))
	}
	for _, l := range a.Receipt.Leaves {
		out.Receipt.Leaves = append(out.Receipt.Leaves, Leaf(l))
	}
	return out, nil
}

// maxJSON bounds a flight as JSON, in bytes.
const maxJSON = 2 << 20

// ReadJSON reads a flight from JSON that did not come through the API's own
// checks: members that are not known are refused, and so is what follows.
func ReadJSON(b []byte) (Flight, error) {
	if len(b) > maxJSON {
		return Flight{}, law.Refuse(law.TooMuch, "body_too_large", citeRegister, "The body is too long. Ask in parts.")
	}
	var f Flight
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil || d.More() {
		return Flight{}, law.Refuse(law.BadInput, "body_unreadable", citeRegister,
			fmt.Sprintf("The body is no flight in JSON: it goes wrong near byte %d.", d.InputOffset()))
	}
	return f, nil
}
