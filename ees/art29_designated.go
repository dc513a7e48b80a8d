package ees

import (
	"errors"
	"strings"
	"time"

	"limen/access"
	"limen/db"
	"limen/law"
	"limen/person"
)

// DesignatedKind says what a listed office is (arts 29, 30, 33).
type DesignatedKind string

// The kinds of listed offices. All but the designated authority are kinds of
// authority at the door as well.
const (
	DesignatedAuthority DesignatedKind = "designated_authority"                    // art 29(1), (2)
	ListedUnit          DesignatedKind = DesignatedKind(access.OperatingUnit)      // art 29(5)
	ListedAccessPoint   DesignatedKind = DesignatedKind(access.CentralAccessPoint) // art 29(3), (4)
	ListedEuropolUnit   DesignatedKind = DesignatedKind(access.EuropolUnit)        // art 30(1)
	ListedEuropolPoint  DesignatedKind = DesignatedKind(access.EuropolAccessPoint) // art 30(2)
	ListedNationalUnit  DesignatedKind = DesignatedKind(access.EuropolNational)    // art 33(4)
	europol             person.State   = "EUE"
	designatedCite      law.Citation   = "2017/2226 art 29"
	maxDesignatedShown                 = 1000
)

// Designation is one line of the lists that the states and Europol keep.
type Designation struct {
	Kind      DesignatedKind `json:"kind" enum:"designated_authority,operating_unit,central_access_point,europol_unit,europol_access_point,europol_national" doc:"What the office is."`
	State     person.State   `json:"state" minLength:"1" maxLength:"3" example:"FRA" doc:"Its state; EUE for Europol."`
	Name      string         `json:"name" minLength:"1" maxLength:"128" doc:"Its name, as its staff sign in under."`
	Authority string         `json:"authority,omitempty" maxLength:"128" doc:"Of an operating unit: the designated authority that it belongs to."`
	From      law.Date       `json:"from" format:"date" doc:"First day of the designation."`
	Until     law.Date       `json:"until,omitempty" format:"date" doc:"Last day; absent while it lasts."`
}

// Designations is the list.
type Designations struct {
	Listed []Designation `json:"listed" nullable:"false"`
}

// RegisterDesignated lists an office, or changes its line (art 29(2), (4), (5),
// art 30). An access point is separate from those who ask it: one name is never
// both (art 29(3)).
func (r *Register) RegisterDesignated(p access.Pass, d Designation) (Designation, error) {
	tx, err := p.Tx()
	if err != nil {
		return Designation{}, err
	}
	d.Name, d.Authority = strings.TrimSpace(d.Name), strings.TrimSpace(d.Authority)
	if err := d.check(tx); err != nil {
		return Designation{}, err
	}
	_, err = tx.Exec(`INSERT INTO ees_designated (state, kind, name, authority, from_on, until_on, entered_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (state, kind, name) DO UPDATE SET authority = $4, from_on = $5, until_on = $6, entered_at = $7`,
		string(d.State), string(d.Kind), d.Name, d.Authority, d.From, d.Until, tx.Now().UnixMicro())
	return d, err
}

func (d *Designation) check(tx *db.Tx) error {
	today := law.DateIn(tx.Now(), time.UTC)
	ofEuropol := false
	switch d.Kind {
	case ListedEuropolUnit, ListedEuropolPoint:
		ofEuropol = true
	case DesignatedAuthority, ListedUnit, ListedAccessPoint, ListedNationalUnit:
	default:
		return law.BadField("kind", "unknown_kind", designatedCite, "Say which kind of office it is: a designated authority, an operating unit, an access point, or one of Europol's.")
	}
	switch {
	case ofEuropol != (d.State == europol):
		return law.BadField("state", "state_of_designation", "2017/2226 art 30", "Europol's unit and access point are listed under EUE, all others under their state.")
	case !ofEuropol && !law.OperatesEES(string(d.State), today):
		return law.BadField("state", "state_of_designation", designatedCite, "This state does not operate the Entry/Exit System, so it designates nobody.", "state", string(d.State))
	case d.Name == "":
		return law.BadField("name", "name_missing", designatedCite, "Give the name of the office.")
	case d.From == 0:
		return law.BadField("from", "date_missing", designatedCite, "Give the first day of the designation.")
	case d.Until != 0 && d.Until < d.From:
		return law.BadField("until", "ends_before_it_begins", designatedCite, "The last day lies before the first.")
	case (d.Kind == ListedUnit) != (d.Authority != ""):
		return law.BadField("authority", "authority_of_unit", "2017/2226 art 29(5)", "An operating unit, and nothing else, names the designated authority that it belongs to.")
	}
	if d.Kind == ListedUnit {
		listed, err := isListed(tx, d.State, DesignatedAuthority, d.Authority, max(today, d.From))
		if err != nil {
			return err
		}
		if !listed {
			return law.BadField("authority", "authority_not_listed", "2017/2226 art 29(2)", "This designated authority is not listed. List it first.", "authority", d.Authority)
		}
	}
	other := map[DesignatedKind]DesignatedKind{ListedUnit: ListedAccessPoint, ListedAccessPoint: ListedUnit,
		ListedEuropolUnit: ListedEuropolPoint, ListedEuropolPoint: ListedEuropolUnit}[d.Kind]
	if other == "" {
		return nil
	}
	both, err := isListed(tx, d.State, other, d.Name, max(today, d.From))
	if err == nil && both {
		err = law.BadField("name", "not_independent", "2017/2226 art 29(3)", "Whoever asks for access cannot be the access point that verifies it. List a separate office.")
	}
	return err
}

// isListed tells whether an office is listed on a day.
func isListed(tx *db.Tx, state person.State, kind DesignatedKind, name string, day law.Date) (bool, error) {
	var from, until law.Date
	err := tx.Row(`SELECT from_on, until_on FROM ees_designated WHERE state = $1 AND kind = $2 AND name = $3`, string(state), string(kind), name).Scan(&from, &until)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	return err == nil && from <= day && (until == 0 || day <= until), err
}

// ListDesignated reads the list, by state, kind and name.
func (r *Register) ListDesignated(p access.Pass) (Designations, error) {
	tx, err := p.Tx()
	if err != nil {
		return Designations{}, err
	}
	rows, err := tx.Query(`SELECT state, kind, name, authority, from_on, until_on FROM ees_designated ORDER BY state, kind, name LIMIT $1`, maxDesignatedShown)
	if err != nil {
		return Designations{}, err
	}
	defer rows.Close()
	list := Designations{Listed: []Designation{}}
	for rows.Next() {
		var d Designation
		var state, kind string
		if err := rows.Scan(&state, &kind, &d.Name, &d.Authority, &d.From, &d.Until); err != nil {
			return Designations{}, err
		}
		d.State, d.Kind = person.State(state), DesignatedKind(kind)
		list.Listed = append(list.Listed, d)
	}
	return list, rows.Err()
}

// office is whoever takes part in a law-enforcement access, found in the list.
type office struct {
	state person.State // of the requests: EUE for Europol's
	kind  access.Kind
	name  string
	day   law.Date
}

// listedOffice finds who stands at the door in the list, and refuses whoever is
// not in it today (arts 29(2), (5), (6), 30).
func listedOffice(p access.Pass) (office, *db.Tx, error) {
	tx, err := p.Tx()
	if err != nil {
		return office{}, nil, err
	}
	who := p.Principal().Authority
	o := office{state: person.State(who.State), kind: who.Kind, name: who.Name, day: law.DateIn(tx.Now(), time.UTC)}
	listed, err := isListed(tx, o.state, DesignatedKind(o.kind), o.name, o.day)
	if err != nil {
		return office{}, nil, err
	}
	// The designated authority of a unit must stand in the list as well.
	if listed && o.kind == access.OperatingUnit {
		var authority string
		if err := tx.Row(`SELECT authority FROM ees_designated WHERE state = $1 AND kind = $2 AND name = $3`,
			string(o.state), string(ListedUnit), o.name).Scan(&authority); err != nil {
			return office{}, nil, err
		}
		if listed, err = isListed(tx, o.state, DesignatedAuthority, authority, o.day); err != nil {
			return office{}, nil, err
		}
	}
	if !listed {
		cite := law.Citation("2017/2226 art 29(5)")
		switch o.kind {
		case access.CentralAccessPoint:
			cite = "2017/2226 art 29(4)"
		case access.EuropolUnit, access.EuropolAccessPoint:
			cite = "2017/2226 art 30"
		case access.EuropolNational:
			cite = "2017/2226 art 33(4)"
		}
		return office{}, nil, law.Refuse(law.NotPermitted, "not_designated", cite,
			"Your office does not stand in the list of those designated for law-enforcement access today. Whoever keeps the list for your state can enter it.",
			"state", string(o.state), "kind", string(o.kind), "name", o.name)
	}
	return o, tx, nil
}

// asks tells whether the office submits requests, and so sees its own alone.
func (o office) asks() bool { return o.kind == access.OperatingUnit || o.kind == access.EuropolUnit }
