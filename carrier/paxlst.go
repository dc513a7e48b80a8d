package carrier

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"limen/law"
	"limen/person"
)

// Interchange is a PAXLST question with what its answer repeats.
type Interchange struct {
	Flight    Flight
	Sender    string // UNB 0004 of the question: the recipient of the answer
	Recipient string // UNB 0010
	Control   string // UNB 0020
	Grouped   bool   // the message stood in a functional group
	Message   string // UNH 0062
	Reference string // RFF+TN, or UNH 0068
	bookings  []string
}

// The declarations of a passenger, as element 7365 of GEI+4. The codes are this
// project's: the implementation guide has none.
const (
	declareExempt  = "EXM"
	declareTransit = "TRN"
	declareTwo     = "2EN"
)

// ReadPAXLST reads one PAXLST message of directory D.05B in one interchange, as
// docs/edifact.md describes it. Segments of the message that the service does
// not need are read over; segments that it does not have are refused, for a
// misread list would answer for the wrong people. now gives the century of two
// digits of a year.
func ReadPAXLST(b []byte, now time.Time) (Interchange, error) {
	segments, err := readSegments(b)
	if err != nil {
		return Interchange{}, err
	}
	r := paxlst{segments: segments, today: law.DateIn(now, time.UTC), latin: true}
	if err := r.interchange(); err != nil {
		return Interchange{}, err
	}
	return r.out, nil
}

// paxlst is a message being read.
type paxlst struct {
	segments []segment
	next     int
	today    law.Date
	latin    bool // the interchange is in ISO 8859-1
	out      Interchange
}

// peek returns the next segment; an empty one at the end.
func (r *paxlst) peek() *segment {
	if r.next < len(r.segments) {
		return &r.segments[r.next]
	}
	return &segment{number: len(r.segments)}
}

// take returns the next segment if it has the tag.
func (r *paxlst) take(tag string) (*segment, bool) {
	if s := r.peek(); s.tag == tag {
		r.next++
		return s, true
	}
	return nil, false
}

func (r *paxlst) need(tag string) (*segment, error) {
	s, ok := r.take(tag)
	if !ok {
		return nil, edifactError(r.peek().number, r.peek().tag, "Segment "+tag+" is expected here.")
	}
	return s, nil
}

func (r *paxlst) fault(s *segment, message string) error {
	return edifactError(s.number, s.tag, message)
}

func (r *paxlst) interchange() error {
	unb, err := r.need("UNB")
	if err != nil {
		return err
	}
	switch unb.at(0, 0) {
	case "UNOA", "UNOB", "UNOC", "IATA", "IATB":
	case "UNOY", "UNOW":
		r.latin = false
	default:
		return r.fault(unb, "The character set is one of UNOA, UNOB, UNOC and UNOY.")
	}
	r.out.Sender, r.out.Recipient, r.out.Control = unb.at(1, 0), unb.at(2, 0), unb.at(4, 0)
	if r.out.Control == "" || r.out.Sender == "" {
		return r.fault(unb, "The interchange needs a sender and a control reference.")
	}
	ung, grouped := r.take("UNG")
	r.out.Grouped = grouped
	if grouped && ung.at(0, 0) != "PAXLST" {
		return r.fault(ung, "The functional group is of another message than PAXLST.")
	}
	if err := r.message(); err != nil {
		return err
	}
	if s := r.peek(); s.tag == "UNH" {
		return r.fault(s, "An interchange holds one message. Send the next one by itself.")
	}
	if grouped {
		une, err := r.need("UNE")
		if err != nil {
			return err
		}
		if err := r.count(une, 0, 1); err != nil {
			return err
		}
		if une.at(1, 0) != ung.at(4, 0) {
			return r.fault(une, "The group's trailer has another reference than its header.")
		}
	}
	unz, err := r.need("UNZ")
	if err != nil {
		return err
	}
	if err := r.count(unz, 0, 1); err != nil {
		return err
	}
	if unz.at(1, 0) != r.out.Control {
		return r.fault(unz, "The interchange's trailer has another control reference than its header.")
	}
	if r.next != len(r.segments) {
		return r.fault(r.peek(), "Something follows the end of the interchange.")
	}
	return nil
}

// count compares a control count.
func (r *paxlst) count(s *segment, e, want int) error {
	n, err := strconv.Atoi(s.at(e, 0))
	if err != nil || n != want {
		return edifactError(s.number, s.tag, "The control count is not what was counted.")
	}
	return nil
}

func (r *paxlst) message() error {
	unh, err := r.need("UNH")
	if err != nil {
		return err
	}
	if unh.at(1, 0) != "PAXLST" || unh.at(1, 1) != "D" || unh.at(1, 2) != "05B" || unh.at(1, 3) != "UN" {
		return r.fault(unh, "The message is PAXLST of directory D.05B.")
	}
	first := r.next - 1
	r.out.Message, r.out.Reference = unh.at(0, 0), unh.at(2, 0)
	bgm, err := r.need("BGM")
	if err != nil {
		return err
	}
	if bgm.at(0, 0) != "745" {
		return r.fault(bgm, "The document is a list of passengers, 745.")
	}
	if err := r.header(); err != nil {
		return err
	}
	for r.peek().tag == "NAD" {
		if err := r.passenger(); err != nil {
			return err
		}
	}
	counted := false
	for {
		cnt, ok := r.take("CNT")
		if !ok {
			break
		}
		if cnt.at(0, 0) != "42" {
			continue
		}
		counted = true
		if n, err := strconv.Atoi(cnt.at(0, 1)); err != nil || n != len(r.out.Flight.People) {
			return r.fault(cnt, "The number of passengers is not what was counted.")
		}
	}
	if !counted {
		return r.fault(r.peek(), "The number of passengers, CNT+42, is expected here.")
	}
	unt, err := r.need("UNT")
	if err != nil {
		return err
	}
	if err := r.count(unt, 0, r.next-first); err != nil {
		return err
	}
	if unt.at(1, 0) != r.out.Message {
		return r.fault(unt, "The message's trailer has another reference than its header.")
	}
	return nil
}

// header reads the reporting party and the transport.
func (r *paxlst) header() error {
	f := &r.out.Flight
	var at string // function of the place last named
	for {
		s := r.peek()
		switch {
		case s.tag == "RFF":
			if s.at(0, 0) == "TN" {
				r.out.Reference = s.at(0, 1)
			}
		case s.tag == "DTM" && at == "":
		case s.tag == "NAD" && s.at(0, 0) == "MS", s.tag == "COM", s.tag == "FTX":
		case s.tag == "TDT":
			if f.Transport != "" {
				return r.fault(s, "A list is of one transport.")
			}
			if f.Transport = r.text(s.at(1, 0)); f.Transport == "" {
				return r.fault(s, "The transport needs its flight or voyage number.")
			}
			at = "transport"
		case s.tag == "LOC":
			at = s.at(0, 0)
			place := s.at(1, 0)
			switch at {
			case "125":
				f.From = r.text(place)
			case "87":
				entry, err := placeOf(place)
				if err != nil {
					return err
				}
				f.Entry = entry
			}
		case s.tag == "DTM":
			if err := r.moment(s); err != nil {
				return err
			}
		default:
			switch {
			case f.Transport == "":
				return r.fault(s, "The transport, TDT, is missing before this segment.")
			case f.Departure.IsZero():
				return r.fault(s, "The moment of departure, DTM+189, is missing before this segment.")
			case f.Arrival == 0:
				return r.fault(s, "The moment of arrival, DTM+232, is missing before this segment.")
			case f.Entry == Place{}:
				return r.fault(s, "The place of arrival, LOC+87, is missing before this segment.")
			}
			return nil
		}
		r.next++
		if len(r.segments) == r.next {
			return r.fault(s, "The message breaks off.")
		}
	}
}

// moment reads departure and arrival.
func (r *paxlst) moment(s *segment) error {
	value, format := s.at(0, 1), s.at(0, 2)
	t, zoned, err := readMoment(value, format)
	if err != nil {
		return r.fault(s, "The moment cannot be read in its format: 201, 203 or 205.")
	}
	switch s.at(0, 0) {
	case "189":
		r.out.Flight.Departure, r.out.Flight.Floating = t, !zoned
	case "232":
		// The day of arrival is that of the place, as it is written.
		y, m, d := t.Date()
		r.out.Flight.Arrival = law.MakeDate(y, int(m), d)
	}
	return nil
}

// readMoment reads 201 YYMMDDHHMM, 203 CCYYMMDDHHMM and 205 CCYYMMDDHHMMZHHMM,
// the last with its zone.
func readMoment(value, format string) (t time.Time, zoned bool, err error) {
	switch format {
	case "201", "":
		t, err = time.Parse("0601021504", value)
	case "203":
		t, err = time.Parse("200601021504", value)
	case "205":
		t, err = time.Parse("200601021504-0700", value)
		zoned = true
	default:
		err = law.BadField("departure", "moment_format", citeRegister, "Unknown format.")
	}
	if err == nil && (t.Year() < 1 || t.Year() > 9998) {
		err = law.BadField("departure", "moment_format", citeRegister, "No such year.")
	}
	return t, zoned, err
}

// placeOf reads the place of arrival: a crossing point's code, the code of a
// place of a state, or the three letters of an airport.
func placeOf(code string) (Place, error) {
	code = strings.ToUpper(strings.TrimSpace(code))
	if len(code) == 3 {
		for _, p := range person.CrossingPoints() {
			if p.Code[2:] == code && p.Kind == law.AirBorder {
				return Place{Point: p.Code}, nil
			}
		}
	}
	if len(code) == 5 {
		if p, err := person.ParseCrossingPoint(code); err == nil {
			return Place{Point: p.Code}, nil
		}
		if s, err := person.ParseState(code[:2]); err == nil {
			return Place{State: string(s)}, nil
		}
	}
	return Place{}, law.BadField("entry", "entry_unknown", citeCarriers,
		"The place of arrival is not known. Give its code of five letters, which begins with the country.")
}

// passenger reads one passenger's group.
func (r *paxlst) passenger() error {
	nad, _ := r.take("NAD")
	if nad.at(0, 0) != "FL" {
		return r.fault(nad, "A list of passengers names passengers, NAD+FL.")
	}
	p := Passenger{Surname: r.text(nad.at(3, 0))}
	var first []string
	for i := 1; i < 5; i++ {
		if name := r.text(nad.at(3, i)); name != "" {
			first = append(first, name)
		}
	}
	p.FirstNames = strings.Join(first, " ")
	booking := ""
	for {
		s := r.peek()
		switch s.tag {
		case "ATT":
			if s.at(0, 0) == "2" {
				p.Sex = sexOf(s)
			}
		case "DTM":
			if s.at(0, 0) == "329" {
				day, err := r.day(s, true)
				if err != nil {
					return err
				}
				p.BirthDate = day.String()
			}
		case "GEI":
			for _, code := range []string{s.at(1, 0), s.at(2, 0), s.at(3, 0)} {
				p.Exempt = p.Exempt || s.at(0, 0) == "4" && code == declareExempt
				p.Transit = p.Transit || s.at(0, 0) == "4" && code == declareTransit
				p.TwoEntries = p.TwoEntries || s.at(0, 0) == "4" && code == declareTwo
			}
		case "MEA", "FTX", "LOC", "COM", "EMP":
		case "NAT":
			if p.Nationality == "" {
				p.Nationality = s.at(1, 0)
			}
		case "RFF":
			switch s.at(0, 0) {
			case "AVF":
				booking = r.text(s.at(0, 1))
			case "ABO":
				p.Reference = r.text(s.at(0, 1))
			}
		case "DOC":
			if err := r.document(&p); err != nil {
				return err
			}
			continue
		default:
			r.out.Flight.People = append(r.out.Flight.People, p)
			r.out.bookings = append(r.out.bookings, booking)
			return nil
		}
		r.next++
	}
}

// document reads one document's group: a travel document, or the visa.
func (r *paxlst) document(p *Passenger) error {
	doc, _ := r.take("DOC")
	kind, number := doc.at(0, 0), r.text(doc.at(1, 0))
	visa := strings.HasPrefix(kind, "V")
	switch {
	case visa && p.Visa != "":
		return r.fault(doc, "A passenger has one visa in a question.")
	case visa:
		p.Visa = number
	case p.Document.Type != "":
		return r.fault(doc, "A passenger has one travel document in a question.")
	default:
		p.Document.Type, p.Document.Number = kind, number
	}
	for {
		s := r.peek()
		switch s.tag {
		case "DTM":
			if s.at(0, 0) == "36" && !visa {
				day, err := r.day(s, false)
				if err != nil {
					return err
				}
				p.Document.Expiry = day
			}
		case "GEI", "RFF":
			if s.tag == "RFF" {
				return nil // of the passenger again
			}
		case "LOC":
			if s.at(0, 0) == "91" && !visa {
				p.Document.Issuer = s.at(1, 0)
			}
		default:
			return nil
		}
		r.next++
	}
}

func sexOf(s *segment) string {
	code := s.at(2, 0)
	if code == "" {
		code = s.at(1, 0)
	}
	if code == "U" {
		return "X"
	}
	return code
}

// day reads CCYYMMDD (102), or YYMMDD, whose century is the latest that is not in
// the future for a birth, and else at most fifty years ahead.
func (r *paxlst) day(s *segment, birth bool) (law.Date, error) {
	value, format := s.at(0, 1), s.at(0, 2)
	bad := r.fault(s, "The day cannot be read: CCYYMMDD with format 102, or YYMMDD.")
	for i := range len(value) {
		if value[i] < '0' || value[i] > '9' {
			return 0, bad
		}
	}
	number := func(from, to int) int { n, _ := strconv.Atoi(value[from:to]); return n }
	switch {
	case len(value) == 8 && (format == "102" || format == ""):
		if d := law.MakeDate(number(0, 4), number(4, 6), number(6, 8)); d != 0 {
			return d, nil
		}
	case len(value) == 6 && (format == "101" || format == ""):
		year, _, _ := r.today.YMD()
		latest := r.today
		if !birth {
			ahead, err := person.ExpiryYearsAhead.On(r.today)
			if err != nil {
				return 0, err
			}
			latest = law.Period{Years: ahead}.After(r.today)
		}
		for century := year/100 + 1; century >= year/100-1; century-- {
			if d := law.MakeDate(century*100+number(0, 2), number(2, 4), number(4, 6)); d != 0 && d <= latest {
				return d, nil
			}
		}
	}
	return 0, bad
}

// text reads a component in the interchange's character set. Without UNOY every
// byte is a letter of ISO 8859-1.
func (r *paxlst) text(s string) string {
	s = strings.TrimSpace(s)
	ascii := true
	for i := range len(s) {
		ascii = ascii && s[i] < utf8.RuneSelf
	}
	if ascii || !r.latin {
		return s
	}
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}
