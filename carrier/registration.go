package carrier

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"limen/access"
	"limen/db"
	"limen/law"
	"limen/ledger"
	"limen/person"
)

// Status is where a registration stands.
type Status string

// The statuses. Only an admitted carrier may ask.
const (
	Requested    Status = "requested"
	Admitted     Status = "admitted"
	TurnedDown   Status = "turned_down"
	Suspended    Status = "suspended"    // on misuse, until somebody decides otherwise
	Deregistered Status = "deregistered" // after a year without use, or on the carrier's wish
)

// RegistrationRequest is what a carrier says of itself.
type RegistrationRequest struct {
	Name      string   `json:"name" maxLength:"200" doc:"Name of the carrier."`
	LegalForm string   `json:"legal_form" maxLength:"100" doc:"Legal form: GmbH, SA, Ltd."`
	Address   string   `json:"address" maxLength:"500" doc:"Postal address of its seat."`
	Contact   string   `json:"contact" maxLength:"200" doc:"Person or office to speak to."`
	Email     string   `json:"email" maxLength:"200" doc:"Address for messages."`
	Phone     string   `json:"phone" maxLength:"50" doc:"Telephone number, also outside of office hours."`
	States    []string `json:"states" minItems:"1" maxItems:"40" nullable:"false" doc:"States that it carries passengers to." example:"[\"FRA\",\"D\"]"`
}

// Registration is a carrier in the register of carriers.
type Registration struct {
	ID          string         `json:"id" doc:"Name of the carrier in the service. Its accounts and certificates bear it as the name of their authority."`
	Name        string         `json:"name"`
	LegalForm   string         `json:"legal_form"`
	Address     string         `json:"address"`
	Contact     string         `json:"contact"`
	Email       string         `json:"email"`
	Phone       string         `json:"phone"`
	States      []person.State `json:"states" nullable:"false"`
	Status      Status         `json:"status" enum:"requested,admitted,turned_down,suspended,deregistered"`
	RequestedAt time.Time      `json:"requested_at"`
	DecidedAt   *time.Time     `json:"decided_at" doc:"null while nobody has decided."`
	DecidedBy   string         `json:"decided_by,omitempty"`
	Reason      string         `json:"reason,omitempty" doc:"Why it was decided so."`
	UsedOn      *law.Date      `json:"used_on" format:"date" doc:"Day of the last question; null when there was none."`
	Version     int64          `json:"version" doc:"Counts the changes."`
}

// Authority is the authority that the carrier's accounts and certificates belong to.
func (r *Registration) Authority() access.Authority {
	return access.Authority{Kind: access.Carrier, State: "EUE", Name: r.ID}
}

// Applicant is whoever asks for a registration without being known yet.
func Applicant() access.Principal {
	return access.Principal{Officer: "applicant", Channel: "web", Authority: access.Authority{Kind: access.Carrier, State: "EUE", Name: applicantName}}
}

const applicantName = "applicant"

// Visitor is a traveller, whom nobody authenticates: the law asks for no name.
func Visitor() access.Principal {
	return access.Principal{Officer: "visitor", Channel: "web", Authority: access.Authority{Kind: access.Traveller, State: "EUE", Name: "Web service"}}
}

const registrationColumns = `id, name, legal_form, address, contact, email, phone, states, status, requested_at, decided_at, decided_by, reason, used_on, version`

func (r *Registration) scan(scan func(...any) error) error {
	var states, status string
	var requested, decided int64
	var used law.Date
	if err := scan(&r.ID, &r.Name, &r.LegalForm, &r.Address, &r.Contact, &r.Email, &r.Phone, &states, &status, &requested, &decided,
		&r.DecidedBy, &r.Reason, &used, &r.Version); err != nil {
		return err
	}
	r.Status, r.RequestedAt = Status(status), time.UnixMicro(requested).UTC()
	if decided != 0 {
		at := time.UnixMicro(decided).UTC()
		r.DecidedAt = &at
	}
	if used != 0 {
		r.UsedOn = &used
	}
	return json.Unmarshal([]byte(states), &r.States)
}

func registration(tx *db.Tx, id string) (r Registration, err error) {
	err = r.scan(tx.Row(`SELECT `+registrationColumns+` FROM carrier_registration WHERE id = $1`, id).Scan)
	if errors.Is(err, db.ErrNoRows) {
		err = law.Refuse(law.NotFound, "carrier_unknown", citeRegister, "No carrier is registered under this name.")
	}
	return r, err
}

var idAlphabet = base32.NewEncoding("ABCDEFGHJKMNPQRSTUVWXYZ023456789").WithPadding(base32.NoPadding)

// Request takes a request for registration. Whoever is known as a carrier asks
// anew for its own registration, once it was turned down or deregistered; anybody
// else gets a new one. An administrator decides.
func (c *Copy) Request(p access.Pass, in RegistrationRequest) (Registration, error) {
	tx, err := p.Tx()
	if err != nil {
		return Registration{}, err
	}
	today := law.DateIn(tx.Now(), time.UTC)
	states, err := in.read(today)
	if err != nil {
		return Registration{}, err
	}
	served, err := json.Marshal(states)
	if err != nil {
		return Registration{}, err
	}
	if id := p.Principal().Authority.Name; id != applicantName {
		r, err := registration(tx, id)
		if err != nil {
			return Registration{}, err
		}
		if r.Status != Deregistered && r.Status != TurnedDown {
			return Registration{}, law.Refuse(law.Conflict, "registration_stands", citeRegister,
				"This carrier's registration stands as it is. It can be asked for anew when it was turned down or has ended.", "status", string(r.Status))
		}
		_, err = tx.Exec(`UPDATE carrier_registration SET name = $1, legal_form = $2, address = $3, contact = $4, email = $5, phone = $6, states = $7,
				status = $8, requested_at = $9, decided_at = 0, decided_by = '', reason = '', version = version + 1 WHERE id = $10`,
			in.Name, in.LegalForm, in.Address, in.Contact, in.Email, in.Phone, string(served), string(Requested), tx.Now().UnixMicro(), id)
		if err != nil {
			return Registration{}, err
		}
		return registration(tx, id)
	}
	var random [10]byte
	rand.Read(random[:])
	id := "C" + idAlphabet.EncodeToString(random[:])[:11]
	_, err = tx.Exec(`INSERT INTO carrier_registration (`+registrationColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, '', '', NULL, 1)`,
		id, in.Name, in.LegalForm, in.Address, in.Contact, in.Email, in.Phone, string(served), string(Requested), tx.Now().UnixMicro())
	if err != nil {
		return Registration{}, err
	}
	return registration(tx, id)
}

// read checks a request, trims it and reads its states.
func (in *RegistrationRequest) read(today law.Date) ([]person.State, error) {
	for _, f := range []struct {
		name  string
		value *string
		most  int
	}{{"name", &in.Name, 200}, {"legal_form", &in.LegalForm, 100}, {"address", &in.Address, 500}, {"contact", &in.Contact, 200},
		{"email", &in.Email, 200}, {"phone", &in.Phone, 50}} {
		*f.value = strings.TrimSpace(*f.value)
		if !printable(*f.value, f.most, f.name == "address") {
			return nil, law.BadField(f.name, "registration_field", citeRegister, "Fill this field in, with printable characters and not too long.")
		}
	}
	if at := strings.IndexByte(in.Email, '@'); at < 1 || at == len(in.Email)-1 || strings.ContainsAny(in.Email, " \t") {
		return nil, law.BadField("email", "email_form", citeRegister, "Give an address for messages, as office@carrier.example.")
	}
	states := []person.State{}
	for _, code := range in.States {
		s, err := person.ParseState(code)
		if err != nil {
			return nil, atField(err, "states")
		}
		if !law.OperatesEES(string(s), today) {
			return nil, law.BadField("states", "state_elsewhere", "2017/2226 art 66", "This state does not operate the Entry/Exit System.", "state", string(s))
		}
		states = append(states, s)
	}
	if len(states) == 0 {
		return nil, law.BadField("states", "states_missing", citeRegister, "Name at least one state that you carry passengers to.")
	}
	slices.Sort(states)
	return slices.Compact(states), nil
}

func printable(s string, most int, lines bool) bool {
	if s == "" || !utf8.ValidString(s) || utf8.RuneCountInString(s) > most {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return (r < ' ' && !(lines && r == '\n')) || r >= 0x7f && r < 0xa0 })
}

// Decision is an administrator's word on a registration.
type Decision struct {
	Status  Status `json:"status" enum:"admitted,turned_down,suspended,deregistered" doc:"What becomes of the registration."`
	Reason  string `json:"reason" maxLength:"1000" doc:"Why. The carrier is told."`
	Version int64  `json:"version" doc:"Version that was looked at."`
}

// decisions are the statuses that each status may be followed by.
var decisions = map[Status][]Status{
	Requested:    {Admitted, TurnedDown},
	Admitted:     {Suspended, Deregistered},
	Suspended:    {Admitted, Deregistered},
	Deregistered: {},
	TurnedDown:   {},
}

// Decisions lists what may follow a status.
func Decisions(s Status) []Status { return slices.Clone(decisions[s]) }

// Decide admits or turns down a request, suspends an admitted carrier on misuse,
// lifts a suspension, or deregisters. Each needs a reason in words.
func (c *Copy) Decide(p access.Pass, id string, d Decision) (Registration, error) {
	tx, err := p.Tx()
	if err != nil {
		return Registration{}, err
	}
	if err := p.Search(access.ByAccount, id); err != nil {
		return Registration{}, err
	}
	if d.Reason = strings.TrimSpace(d.Reason); !printable(d.Reason, 1000, true) {
		return Registration{}, law.BadField("reason", "reason_missing", citeRegister, "Say why: the carrier is told, and the decision can be looked at again.")
	}
	r, err := registration(tx, id)
	if err != nil {
		return Registration{}, err
	}
	if r.Version != d.Version {
		return Registration{}, law.Refuse(law.Conflict, "registration_changed", citeRegister, "The registration has changed since. Look at it again and decide again.")
	}
	if !slices.Contains(decisions[r.Status], d.Status) {
		return Registration{}, law.Refuse(law.Conflict, "decision_not_open", citeRegister, "This decision is not open for a registration that stands so.",
			"status", string(r.Status), "decision", string(d.Status))
	}
	if _, err = tx.Exec(`UPDATE carrier_registration SET status = $1, decided_at = $2, decided_by = $3, reason = $4, version = version + 1 WHERE id = $5`,
		string(d.Status), tx.Now().UnixMicro(), string(p.Principal().Officer), d.Reason, id); err != nil {
		return Registration{}, err
	}
	return registration(tx, id)
}

// Registrations lists registrations of a status, or all of them, by identifier;
// after is the last one of the page before. At most limit, 1 to 200.
func (c *Copy) Registrations(p access.Pass, status Status, after string, limit int) ([]Registration, error) {
	tx, err := p.Tx()
	if err != nil {
		return nil, err
	}
	if limit < 1 || limit > 200 {
		return nil, law.BadField("limit", "page_size", citeRegister, "Ask for 1 to 200 registrations at a time.")
	}
	query, args := `SELECT `+registrationColumns+` FROM carrier_registration WHERE id > $1 ORDER BY id LIMIT $2`, []any{after, limit}
	if status != "" {
		query, args = `SELECT `+registrationColumns+` FROM carrier_registration WHERE id > $1 AND status = $3 ORDER BY id LIMIT $2`, append(args, string(status))
	}
	rows, err := tx.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := []Registration{}
	for rows.Next() {
		var r Registration
		if err := r.scan(rows.Scan); err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

// Registered refuses whoever is not in the register of carriers, or was turned
// down: an account or a certificate of nobody would wait for whoever gets the
// name later. It takes the pass of whoever is about to make one.
func (c *Copy) Registered(p access.Pass, id string) error {
	tx, err := p.Tx()
	if err != nil {
		return err
	}
	r, err := registration(tx, id)
	if err == nil && r.Status == TurnedDown {
		err = law.Refuse(law.Conflict, "carrier_not_admitted", citeRegister, "The registration was turned down.", "status", string(r.Status))
	}
	return err
}

// One reads a registration for an administrator.
func (c *Copy) One(p access.Pass, id string) (Registration, error) {
	tx, err := p.Tx()
	if err != nil {
		return Registration{}, err
	}
	if err := p.Search(access.ByAccount, id); err != nil {
		return Registration{}, err
	}
	return registration(tx, id)
}

// Own reads the registration of the carrier that asks. Who decided on it is not
// told; why is.
func (c *Copy) Own(p access.Pass) (Registration, error) {
	tx, err := p.Tx()
	if err != nil {
		return Registration{}, err
	}
	r, err := registration(tx, p.Principal().Authority.Name)
	r.DecidedBy = ""
	return r, err
}

// useRegistration refuses whom the service is not open to, and notes that it was
// used today.
func useRegistration(tx *db.Tx, who access.Principal) error {
	id := who.Authority.Name
	var status string
	var used law.Date
	err := tx.Row(`SELECT status, used_on FROM carrier_registration WHERE id = $1`, id).Scan(&status, &used)
	if errors.Is(err, db.ErrNoRows) {
		return law.Refuse(law.NotGranted, "carrier_not_registered", citeRegister, "This account or certificate belongs to no registered carrier. Ask for registration first.")
	}
	if err != nil {
		return err
	}
	if Status(status) != Admitted {
		return law.Refuse(law.NotGranted, "carrier_not_admitted", citeRegister,
			map[Status]string{Requested: "The registration was not decided on yet.", TurnedDown: "The registration was turned down.",
				Suspended: "The registration is suspended. Speak to the administrator.", Deregistered: "The registration has ended. Ask for it anew."}[Status(status)],
			"status", status)
	}
	if today := law.DateIn(tx.Now(), time.UTC); used < today {
		tx.Later(`UPDATE carrier_registration SET used_on = $1 WHERE id = $2`, today, id)
	}
	return nil
}

// deregisterStep is how many registrations one transaction ends.
const deregisterStep = 200

// DeregisterUnused ends the registrations of carriers that have not used the
// service for a year, counted from the last question or else from the admission,
// in steps of one transaction and one log entry each. If we stop anywhere, the
// next start goes on with those that are left. It returns how many ended.
func (c *Copy) DeregisterUnused(ctx context.Context, door *access.Door) (int, error) {
	total := 0
	for {
		n, err := access.Run(ctx, door, access.Request{Principal: access.DutyPrincipal("carrier_deregister"), Op: OpDeregister}, deregisterSome)
		total += n
		if err != nil || n == 0 {
			return total, err
		}
	}
}

func deregisterSome(p access.Pass) (int, error) {
	tx, err := p.Tx()
	if err != nil {
		return 0, err
	}
	today := law.DateIn(tx.Now(), time.UTC)
	period, err := UnusedUntilDeregistered.On(today)
	if err != nil {
		return 0, err
	}
	// Candidates are those not used within the period; the day of admission of
	// those never used is looked at one by one.
	rows, err := tx.Query(`SELECT id, used_on, decided_at FROM carrier_registration
		WHERE status = $1 AND (used_on IS NULL OR used_on < $2) ORDER BY id`, string(Admitted), period.Before(today)+1)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var due []string
	for rows.Next() && len(due) < deregisterStep {
		var id string
		var used law.Date
		var decided int64
		if err := rows.Scan(&id, &used, &decided); err != nil {
			return 0, err
		}
		last := max(used, law.DateIn(time.UnixMicro(decided), time.UTC))
		if period.After(last) < today {
			due = append(due, id)
		}
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	rows.Close()
	for _, id := range due {
		if _, err := tx.Exec(`UPDATE carrier_registration SET status = $1, decided_at = $2, decided_by = 'duty', reason = $3, version = version + 1 WHERE id = $4`,
			string(Deregistered), tx.Now().UnixMicro(), "The service was not used for "+period.String()+".", id); err != nil {
			return 0, err
		}
	}
	return len(due), nil
}

// EraseLogs erases the entries of the copy's log whose two years are over (art
// 13(4), EES-049), and notices that ended as long ago, the oldest first, in steps of one transaction each.
func EraseLogs(ctx context.Context, door *access.Door, log *ledger.Log) (int, error) {
	total := 0
	for after := ""; ; {
		erased, err := access.Run(ctx, door, access.Request{Principal: access.DutyPrincipal("carrier_logs"), Op: OpEraseLogs},
			func(p access.Pass) (ledger.Erased, error) { return eraseSome(p, log, after) })
		total += erased.Entries
		if err != nil || erased.Next == "" {
			return total, err
		}
		after = erased.Next
	}
}
