package carrier

import (
	"encoding/json"
	"slices"
	"time"

	"limen/access"
	"limen/law"
	"limen/person"
)

// How absent and present without stays are kept alike.
//
// Anybody can ask with any document, so the answer must not tell whether there
// is a file. Three kinds of document end in the same bytes: one that is not in
// the copy, one whose holder's data are withheld, and one whose holder has no
// stay in the period and no visa. For each of them the answer follows from the
// issuer of the document, the dates and the law alone (whether nationals need a
// visa, whether stamps still count); the file's own words are looked at only
// when there is a stay or a visa to speak of, which the answer to its holder
// cannot but show.
//
// The work is alike as well. Each question is one transaction with the same
// statements: the moment of the copy, and one lookup by key. Each opens exactly
// one sealed row, the one found or else a decoy made at the start, reads it and
// asks the judge once. A row's length is padded; what remains is the time that
// a long history takes, some microseconds beneath the flush of the log entry
// that every question waits for.

// StayAnswer is what a traveller is told (art 13(1), 2022/1409 art 15).
type StayAnswer struct {
	Answer TravellerAnswer `json:"answer" enum:"OK,NOT OK,NOT AVAILABLE" doc:"OK: the stay is possible as far as its length goes. No decision on entry."`
	Days   *int            `json:"days" doc:"Days of stay left from the day computed from; null when they are not available."`
	From   law.Date        `json:"from" format:"date" doc:"The day computed from."`
	Basis  string          `json:"basis" enum:"intended_entry,day_of_question" doc:"What the day computed from is. Without an intended entry it is the day of the question."`
	Note   string          `json:"note" enum:",earlier_stays" doc:"earlier_stays: stays before the system's full operation are not known to it and have to be taken off."`
	AsOf   time.Time       `json:"as_of" doc:"Moment as of which the service's data are complete."`
}

// TravellerAnswer is the word of a StayAnswer.
type TravellerAnswer string

// The words.
const (
	StayOK           TravellerAnswer = "OK"
	StayNotOK        TravellerAnswer = "NOT OK"
	StayNotAvailable TravellerAnswer = "NOT AVAILABLE"
)

// What a StayAnswer is computed from, and its note.
const (
	FromEntry        = "intended_entry"
	FromQuestion     = "day_of_question"
	NoteEarlierStays = "earlier_stays"
)

// Stay is a traveller's question: a document and dates, and no name.
type Stay struct {
	Document    StayDocument `json:"document"`
	Destination string       `json:"destination" maxLength:"3" doc:"State of destination." example:"ESP"`
	Entry       *law.Date    `json:"entry,omitempty" format:"date" doc:"Intended day of entry."`
	Exit        *law.Date    `json:"exit,omitempty" format:"date" doc:"Intended day of exit; needs an intended entry."`
}

// StayDocument names a travel document.
type StayDocument struct {
	Type   string `json:"type" maxLength:"2" doc:"Document code: P, ID." example:"P"`
	Number string `json:"number" maxLength:"40" doc:"Number as printed."`
	Issuer string `json:"issuer" maxLength:"3" doc:"Issuing state, code as in the machine readable zone; Germany is D." example:"CAN"`
}

// zone is the time in which the day of a question is told when the traveller
// names no day: Central European Time (2022/1409 art 15).
var zone = func() *time.Location {
	loc, err := time.LoadLocation("Europe/Brussels")
	if err != nil {
		panic("carrier: " + err.Error()) // person brings the zones along
	}
	return loc
}()

// maxAhead bounds how far ahead a stay may be intended, in days.
const maxAhead = 5 * 366

// AskStay answers a traveller. Refusals are of the fields, and "copy_empty" and
// "copy_too_old"; none depends on what the copy holds of the document.
func (c *Copy) AskStay(p access.Pass, s Stay) (StayAnswer, error) {
	tx, err := p.Tx()
	if err != nil {
		return StayAnswer{}, err
	}
	in, err := c.readStay(s, tx.Now())
	if err != nil {
		return StayAnswer{}, err
	}
	if err := p.Search(access.ByDocument, in.document.Key()); err != nil {
		return StayAnswer{}, err
	}
	complete, err := asOf(tx)
	if err != nil {
		return StayAnswer{}, err
	}
	o := c.keys.of(in.document)
	found, err := lookUp(tx, []opener{o})
	if err != nil {
		return StayAnswer{}, err
	}
	k, err := c.decoy.or(&o, found[0])
	if err != nil {
		return StayAnswer{}, err
	}
	answer, err := c.stayAnswer(&k, in)
	if err != nil {
		return StayAnswer{}, err
	}
	answer.From, answer.Basis, answer.AsOf = in.on, in.basis, complete
	return answer, p.Send(access.StayResult)
}

// Probe names the document of a question for counting how often it is asked
// about: a keyed digest, the same however the number is written. It does not look
// anything up.
func (c *Copy) Probe(d StayDocument) (string, error) {
	document, err := readDocument(d.Type, d.Number, d.Issuer)
	if err != nil {
		return "", err
	}
	return string(mac(c.keys.documents, "limen/carrier/probe/v1", document.Key())[:16]), nil
}

// intended is a traveller's question, read.
type intended struct {
	document    person.Document
	destination person.State
	nationality person.Requirement
	specimen    bool
	on, exit    law.Date
	basis       string
	suspended   bool // the service does not answer in the progressive period
	stamps      bool // earlier stays may stand in stamps alone
	authorised  bool // a travel authorisation is required
	partial     bool
}

func (c *Copy) readStay(s Stay, now time.Time) (in intended, err error) {
	today := law.DateIn(now, zone)
	if in.document, err = readDocument(s.Document.Type, s.Document.Number, s.Document.Issuer); err != nil {
		return in, err
	}
	in.on, in.basis = today, FromQuestion
	if s.Entry != nil && *s.Entry != 0 {
		in.on, in.basis = *s.Entry, FromEntry
		if in.on < today {
			return in, law.BadField("entry", "entry_past", citeDates, "The intended entry lies in the past. Give a day from today on, or none to ask about today.",
				"today", today.String())
		}
		if in.on > today+maxAhead {
			return in, law.BadField("entry", "entry_too_far", citeDates, "The intended entry lies too far ahead.")
		}
	}
	if s.Exit != nil && *s.Exit != 0 {
		in.exit = *s.Exit
		if in.exit < in.on {
			return in, law.BadField("exit", "exit_before_entry", citeDates, "The intended exit lies before the day of entry.", "from", in.on.String())
		}
		if in.exit > in.on+maxAhead {
			return in, law.BadField("exit", "exit_too_far", citeDates, "The intended exit lies too far ahead.")
		}
	}
	if in.destination, err = person.ParseState(s.Destination); err != nil {
		return in, atField(err, "destination")
	}
	if !law.OperatesEES(string(in.destination), in.on) {
		return in, law.BadField("destination", "destination_elsewhere", "2017/2226 art 66",
			"This state does not operate the Entry/Exit System: days of stay there are not counted by it.", "state", string(in.destination))
	}
	in.partial = law.PartialState(string(in.destination), in.on)
	if in.document.Issuer == person.Utopia && bool(c.specimens) {
		in.specimen = true
	} else if in.nationality, err = person.VisaRequirement(nationalityOf(in.document.Issuer), in.on); err != nil {
		return in, err
	}
	suspended, err := law.SuspendedArticles.On(today)
	if err != nil {
		return in, err
	}
	in.suspended = slices.Contains(suspended, citeTravellers)
	if in.stamps, err = law.StampsCount.On(in.on); err != nil {
		return in, err
	}
	in.authorised, err = AuthorisationRequired.On(in.on)
	return in, err
}

// nationalityOf is the nationality that a document of the issuer stands for:
// organisations and withdrawn codes stay what they are, and are nobody's.
func nationalityOf(issuer person.State) person.State {
	if n := issuer.Nationality(); n != "" {
		return n
	}
	return issuer
}

// decoy is what is opened in place of a row that is not there.
type decoy struct {
	opener opener
	sealed []byte
}

func newDecoy() (decoy, error) {
	k, err := newKeys(make([]byte, 32))
	if err != nil {
		return decoy{}, err
	}
	d := decoy{opener: k.named("decoy")}
	plain, err := json.Marshal(known{Type: "P", Expiry: law.MaxDate, People: []tags{d.opener.tagger().tags(Identity{Nationalities: []person.State{""}})}})
	if err == nil {
		d.sealed, err = d.opener.close(plain)
	}
	return d, err
}

// or opens the row found, or the decoy; of several files with one document it is
// the first by token that says anything. Withheld data are not looked at.
func (d *decoy) or(o *opener, rows [][]byte) (known, error) {
	if len(rows) == 0 {
		return unseal(&d.opener, d.sealed)
	}
	var k known
	for i, sealed := range rows {
		one, err := unseal(o, sealed)
		if err != nil {
			return known{}, err
		}
		if i == 0 || k.silent() && !one.silent() {
			k = one
		}
	}
	if k.Withheld {
		return known{}, nil
	}
	return k, nil
}

// silent tells whether a row has nothing to speak of.
func (k *known) silent() bool {
	return k.Withheld || len(k.History) == 0 && len(k.Visas) == 0 && k.Authorisation == nil
}

// stayAnswer is the table of 2022/1409 art 15.
func (c *Copy) stayAnswer(k *known, in intended) (StayAnswer, error) {
	visa := k.visaFor(in)
	q := StayQuestion{On: in.on, Exit: in.exit, Present: in.basis == FromQuestion && in.exit == 0, Visa: visa, Partial: in.partial}
	if in.partial {
		q.Visa = nil // the common period alone
	}
	verdict, err := c.judge(k.History, q)
	if err != nil {
		return StayAnswer{}, wrong("judge", err)
	}
	if in.suspended {
		return unavailable(), nil
	}
	// The file's own word counts only where there is something to speak of.
	unknown := verdict.Used == 0 && len(k.Visas) == 0 && k.Authorisation == nil
	required := in.nationality.Rule == person.VisaRequired
	switch {
	case !unknown:
		required = k.VisaRequired
	case in.specimen:
	case in.nationality.Rule == person.FreeMovement, in.nationality.Rule == person.NotNationality, in.nationality.Rule == person.VisaDepends:
		return unavailable(), nil
	}
	if !verdict.Computed {
		return unavailable(), nil
	}
	if !in.partial {
		if required && visa == nil {
			return notOK(), nil
		}
		if !required && in.authorised {
			a := k.Authorisation
			if a == nil || a.ValidTo < in.on || len(a.States) > 0 && !slices.Contains(a.States, in.destination) {
				return notOK(), nil
			}
			verdict.Days = min(verdict.Days, int(a.ValidTo-in.on)+1)
			verdict.Suffices = verdict.Suffices && in.exit <= a.ValidTo
		}
	}
	switch {
	case verdict.Days < 1 || !verdict.Suffices:
		return notOK(), nil
	case verdict.Used == 0 && in.stamps:
		// No entry is known, and earlier ones may stand in stamps alone.
		return StayAnswer{Answer: StayOK, Note: NoteEarlierStays}, nil
	}
	days := verdict.Days
	return StayAnswer{Answer: StayOK, Days: &days}, nil
}

// visaFor is the visa that the stay would rest on: valid on the day, good for
// the destination, with an entry left if one is needed; the one that runs longest.
func (k *known) visaFor(in intended) *Visa {
	var best *Visa
	for i := range k.Visas {
		v := &k.Visas[i]
		if !v.validOn(in.on) || v.National || v.Type != person.VisaC && v.Type != person.VisaLTV {
			continue
		}
		if v.Type == person.VisaLTV && !slices.Contains(v.States, in.destination) {
			continue
		}
		if in.basis == FromEntry && v.Entries > 0 && v.Used >= v.Entries {
			continue
		}
		if best == nil || v.ValidTo > best.ValidTo {
			best = v
		}
	}
	return best
}

func notOK() StayAnswer {
	none := 0
	return StayAnswer{Answer: StayNotOK, Days: &none}
}

func unavailable() StayAnswer { return StayAnswer{Answer: StayNotAvailable} }
