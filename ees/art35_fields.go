package ees

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"limen/interop/cir"
	"limen/law"
	"limen/person"
)

// identityField reads and sets a field of an identity.
func (c *correcting) identityField(ch Correction) (func() string, func(string) error) {
	id := &c.a.known.data.Identities[ch.N-1]
	parse := func(change func(*IdentityInput)) error {
		in := IdentityInput{Surname: id.Name.Surname, FirstNames: id.Name.FirstNames, BirthDate: id.Birth.String(), Sex: string(id.Sex)}
		for _, n := range id.Nationalities {
			in.Nationalities = append(in.Nationalities, string(n))
		}
		change(&in)
		corrected, err := readIdentity(in, c.a.today, c.register.Specimens)
		if err != nil {
			return err
		}
		*id = corrected
		if c.ids == nil {
			c.ids = map[int]cir.Identity{}
		}
		c.ids[ch.N] = corrected
		return nil
	}
	switch ch.Field {
	case "surname":
		return func() string { return id.Name.Surname }, func(s string) error { return parse(func(in *IdentityInput) { in.Surname = s }) }
	case "first_names":
		return func() string { return id.Name.FirstNames }, func(s string) error { return parse(func(in *IdentityInput) { in.FirstNames = s }) }
	case "birth_date":
		return func() string { return id.Birth.String() }, func(s string) error { return parse(func(in *IdentityInput) { in.BirthDate = s }) }
	case "sex":
		return func() string { return string(id.Sex) }, func(s string) error { return parse(func(in *IdentityInput) { in.Sex = s }) }
	case "nationalities":
		return func() string { return joinStates(id.Nationalities) }, func(s string) error {
			return parse(func(in *IdentityInput) { in.Nationalities = strings.Fields(s) })
		}
	}
	return nil, nil
}

// documentField reads and sets a field of a travel document.
func (c *correcting) documentField(ch Correction) (func() string, func(string) error) {
	docs := c.a.known.data.Documents
	doc := &docs[ch.N-1]
	parse := func(change func(*DocumentInput)) error {
		in := DocumentInput{Type: string(doc.Type), Number: string(doc.Number), Issuer: string(doc.Issuer), Expiry: doc.Expiry}
		change(&in)
		corrected, err := readDocument(in)
		if err != nil {
			return err
		}
		*doc = corrected
		if c.docs == nil {
			c.docs = map[int]person.Document{}
		}
		c.docs[ch.N] = corrected
		return nil
	}
	switch ch.Field {
	case "type":
		return func() string { return string(doc.Type) }, func(s string) error { return parse(func(in *DocumentInput) { in.Type = s }) }
	case "number":
		return func() string { return string(doc.Number) }, func(s string) error { return parse(func(in *DocumentInput) { in.Number = s }) }
	case "issuer":
		return func() string { return string(doc.Issuer) }, func(s string) error { return parse(func(in *DocumentInput) { in.Issuer = s }) }
	case "expiry":
		return func() string { return doc.Expiry.String() }, func(s string) error {
			day, err := readDay(s)
			if err != nil {
				return err
			}
			return parse(func(in *DocumentInput) { in.Expiry = day })
		}
	}
	return nil, nil
}

// recordField reads and sets a field of an entry/exit record.
func (c *correcting) recordField(r *record, ch Correction) (func() string, func(string) error) {
	switch ch.Field {
	case "entry_at":
		return momentField(&r.Entry)
	case "exit_at":
		return momentField(&r.Exit)
	case "entry_crossing_point":
		return placeField(&r.Entry)
	case "exit_crossing_point":
		return placeField(&r.Exit)
	case "family_member":
		return func() string { return strconv.FormatBool(r.FamilyMember) }, func(s string) (err error) {
			r.FamilyMember, err = readBool(s)
			return err
		}
	}
	if r.Visa == nil || !strings.HasPrefix(ch.Field, "visa_") {
		return nil, nil
	}
	v := *r.Visa // the stored record shares the value
	get, set := visaField(&v, strings.TrimPrefix(ch.Field, "visa_"))
	if get == nil {
		return nil, nil
	}
	return get, func(s string) error {
		if err := set(s); err != nil {
			return err
		}
		r.Visa = &v
		if c.visas == nil {
			c.visas = map[int]bool{}
		}
		c.visas[r.N] = true
		findByVisa(c.tx, r.Ref, r.Visa)
		return nil
	}
}

func visaField(v *VisaOnRecord, name string) (func() string, func(string) error) {
	number := func(to *int, low, high int) (func() string, func(string) error) {
		return func() string { return strconv.Itoa(*to) }, func(s string) error {
			n, err := strconv.Atoi(s)
			if err != nil || n < low || n > high {
				return law.BadField("", "no_number", citeCorrect, "Type a whole number from "+strconv.Itoa(low)+" to "+strconv.Itoa(high)+".")
			}
			*to = n
			return nil
		}
	}
	day := func(to *law.Date) (func() string, func(string) error) {
		return to.String, func(s string) (err error) {
			*to, err = readDay(s)
			return err
		}
	}
	switch name {
	case "number":
		return func() string { return string(v.Sticker) }, func(s string) (err error) {
			v.Sticker, err = person.ParseDocumentNumber(s)
			return err
		}
	case "issuer":
		return func() string { return string(v.Issuer) }, func(s string) (err error) {
			v.Issuer, err = person.ParseState(s)
			return err
		}
	case "type":
		return func() string { return string(v.Type) }, func(s string) error {
			if t := person.VisaType(s); t != person.VisaC && t != person.VisaLTV {
				return law.BadField("", "visa_type", citeCorrect, "The type is C or LTV.")
			}
			v.Type = person.VisaType(s)
			return nil
		}
	case "valid_from":
		return day(&v.ValidFrom)
	case "valid_until":
		return day(&v.ValidTo)
	case "days":
		return number(&v.Days, 0, 90)
	case "entries":
		return number(&v.Entries, 0, 2)
	}
	return nil, nil
}

// refusalField reads and sets a field of a refusal. A refusal that is annulled
// gets a negative number here, and goes.
func (c *correcting) refusalField(row *refusalRow, ch Correction) (func() string, func(string) error) {
	mark := func() {
		if c.touched == nil {
			c.touched = map[int]bool{}
		}
		c.touched[row.N] = true
	}
	e := &event{At: time.UnixMicro(row.At).UTC(), On: row.On, BCP: row.BCP}
	keep := func(get func() string, set func(string) error) (func() string, func(string) error) {
		return get, func(s string) error {
			if err := set(s); err != nil {
				return err
			}
			row.At, row.On, row.BCP = e.At.UnixMicro(), e.On, e.BCP
			mark()
			return nil
		}
	}
	switch ch.Field {
	case "refused_at":
		return keep(momentField(e))
	case "crossing_point":
		return keep(placeField(e))
	case "reasons":
		return func() string { return row.Reasons }, func(s string) error {
			var letters []RefusalReason
			for _, l := range strings.Fields(s) {
				letters = append(letters, RefusalReason(l))
			}
			rows, err := parseReasons(letters)
			if err != nil {
				return err
			}
			letters = letters[:0]
			for _, r := range rows {
				letters = append(letters, r.Letter)
			}
			row.Reasons = joinLetters(letters)
			mark()
			return nil
		}
	case "annulled":
		return func() string { return "false" }, func(s string) error {
			if s != "true" {
				return law.BadField("", "no_truth_value", citeCorrect, "Say true: the refusal was annulled.")
			}
			row.N = -row.N
			return nil
		}
	}
	return nil, nil
}

// momentField is when somebody crossed. The civil day follows from the zone of
// the crossing point.
func momentField(e *event) (func() string, func(string) error) {
	if e.On == 0 {
		return nil, nil
	}
	return func() string {
			if e.At.IsZero() {
				return e.On.String()
			}
			return e.At.Format(time.RFC3339Nano)
		}, func(s string) error {
			moment, err := time.Parse(time.RFC3339, s)
			if err != nil {
				return law.BadField("", "no_moment", citeCorrect, "Write the moment as 2026-05-20T09:00:00Z, or with an offset from UTC.")
			}
			e.At = moment.UTC().Truncate(time.Microsecond)
			return e.moveTo(e.BCP)
		}
}

// placeField is where somebody crossed.
func placeField(e *event) (func() string, func(string) error) {
	if e.On == 0 || e.BCP == "" {
		return nil, nil
	}
	return func() string { return e.BCP }, e.moveTo
}

// moveTo puts an event to a crossing point, with the civil day there.
func (e *event) moveTo(code string) error {
	point, err := person.ParseCrossingPoint(code)
	if err != nil {
		return err
	}
	e.BCP = point.Code
	if !e.At.IsZero() {
		e.On = point.LocalDate(e.At)
	}
	if e.On < law.EESStart() {
		return law.BadField("", "before_the_start", "2025/1534 art 1", "The Entry/Exit System was not in operation on that day.", "day", e.On.String())
	}
	return nil
}

func readDay(s string) (law.Date, error) {
	day, err := law.ParseDate(s)
	if err != nil {
		return 0, law.BadField("", "no_date", citeCorrect, "Type the date as YYYY-MM-DD, for example 2031-05-20.")
	}
	return day, nil
}

func readBool(s string) (bool, error) {
	if !slices.Contains([]string{"true", "false"}, s) {
		return false, law.BadField("", "no_truth_value", citeCorrect, "Say true or false.")
	}
	return s == "true", nil
}
