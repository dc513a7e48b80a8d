package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"limen/ees"
	"limen/law"
	"limen/person"
)

// Sample is a telling traveller, with what a stranger needs to try the booth.
type Sample struct {
	What        string                `json:"what"` // why this one is worth trying
	Name        string                `json:"name"` // as printed
	Nationality person.State          `json:"nationality"`
	Sex         person.Sex            `json:"sex"`
	BirthDate   string                `json:"birth_date"`
	Document    person.DocumentNumber `json:"document"`
	MRZ         []string              `json:"mrz"`
	Try         ees.CheckRequest      `json:"try"`                // the check to make, on the last day of the history
	Proposal    ees.Proposal          `json:"proposal"`           // what the check proposes then; "" where it is refused outright
	Look        law.Code              `json:"look_for,omitempty"` // a finding to look for, or the code of the refusal
}

// script is one sample traveller: who it is and what happened, by days before
// the end of the history.
type script struct {
	what     string
	nation   person.State
	surname  string
	first    string
	language string
	sex      person.Sex
	age      int
	born     func(today law.Date) law.Date // instead of age

	visa     *scriptVisa
	trips    []scriptTrip
	family   bool
	hand     string // what became of the fingerprints at the first entry; "" as usual
	expired  int    // the passport ran out so many days ago
	renewed  bool   // is tried with a passport that the register does not know
	bare     bool   // tried without the visa
	exit     bool   // tried at an exit
	point    string // where to try
	intended int
	proposal ees.Proposal
	look     law.Code
}

// scriptVisa is a visa by days before the end of the history.
type scriptVisa struct {
	from, until   int // days ago; until is negative when it lies ahead
	days, entries int
	kind          person.VisaType
	states        []string
}

// scriptTrip is a stay by days ago; leave is 0 while it lasts.
type scriptTrip struct {
	enter, leave int
	point        string
	straddles    bool // instead of the days: from before the System began to some weeks after
	unseen       bool
	turnedDown   string
}

// scripts are the travellers of the demonstration. The figures count the last
// day of the history as day 0.
var scripts = []script{
	{what: "inside for 13 days on a visa for a year: let her leave", nation: "TUR", surname: "Yılmaz", first: "Ayşe", sex: "F", age: 36,
		visa: &scriptVisa{from: 40, until: -325, days: 90}, trips: []scriptTrip{{enter: 12, point: "DEFRA"}}, exit: true, point: "DEFRA", proposal: ees.Admit},
	{what: "inside for 76 days: 15 are left, today included", nation: "USA", surname: "Carter", first: "Emma Grace", sex: "F", age: 41,
		trips: []scriptTrip{{enter: 75, point: "FRCDG"}}, exit: true, point: "ESMAD", proposal: ees.Admit},
	{what: "90 days used up, and turned away six days ago: no entry today either", nation: "GBR", surname: "Hughes", first: "Oliver", sex: "M", age: 58,
		trips: []scriptTrip{{enter: 100, leave: 11, point: "ESAGP"}, {enter: 6, point: "ESALC"}}, point: "ESAGP", proposal: ees.Refuse, look: "ninety_days_used"},
	{what: "inside, and tomorrow is the last lawful day", nation: "BRA", surname: "da Silva", first: "João Pedro", language: "pt", sex: "M", age: 29,
		trips: []scriptTrip{{enter: 88, point: "PTLIS"}}, exit: true, point: "PTLIS", proposal: ees.Admit},
	{what: "a single-entry visa, used: the entries are exhausted", nation: "IND", surname: "Patel", first: "Priya", sex: "F", age: 33,
		visa: &scriptVisa{from: 50, until: -20, days: 30, entries: 1}, trips: []scriptTrip{{enter: 40, leave: 30, point: "ITFCO"}}, point: "ITFCO",
		proposal: ees.Refuse, look: "entries_exhausted"},
	{what: "a visa for two entries, one of them left", nation: "IND", surname: "Sharma", first: "Vikram", sex: "M", age: 45,
		visa: &scriptVisa{from: 80, until: -99, days: 60, entries: 2}, trips: []scriptTrip{{enter: 70, leave: 58, point: "FRCDG"}}, point: "FRCDG", proposal: ees.Admit},
	{what: "a visa of 30 days with two days left, means to stay ten", nation: "MAR", surname: "Benali", first: "Rachid", sex: "M", age: 39,
		visa: &scriptVisa{from: 90, until: -60, days: 30}, trips: []scriptTrip{{enter: 80, leave: 67, point: "ESALG"}, {enter: 40, leave: 27, point: "ESALG"}},
		point: "ESALG", intended: 10, proposal: ees.SecondLine, look: "intended_stay_too_long"},
	{what: "the days of the visa are used up, though it is valid", nation: "TUN", surname: "Trabelsi", first: "Ines", sex: "F", age: 27,
		visa: &scriptVisa{from: 90, until: -60, days: 20}, trips: []scriptTrip{{enter: 60, leave: 41, point: "FRMRS"}}, point: "FRMRS",
		proposal: ees.Refuse, look: "visa_days_used"},
	{what: "the visa expired last week; turned away two days ago", nation: "DZA", surname: "Meziane", first: "Karim", sex: "M", age: 51,
		visa: &scriptVisa{from: 372, until: 7, days: 90}, trips: []scriptTrip{{enter: 200, leave: 190, point: "FRORY"}, {enter: 2, point: "FRMR0"}}, point: "FRORY",
		proposal: ees.Refuse, look: "visa_expired"},
	{what: "needs a visa and shows none", nation: "CHN", surname: "王", first: "建国", language: "zh", sex: "M", age: 62,
		visa: &scriptVisa{from: 210, until: 100, days: 30, entries: 1}, trips: []scriptTrip{{enter: 150, leave: 139, point: "ITMXP"}}, bare: true, point: "ITMXP",
		proposal: ees.Refuse, look: "visa_missing"},
	{what: "overstayer: inside since 120 days, on the list", nation: "ALB", surname: "Hoxha", first: "Arben", sex: "M", age: 31,
		trips: []scriptTrip{{enter: 120, point: "GRKAK"}}, exit: true, point: "ITBR0", proposal: ees.SecondLine, look: "overstay"},
	{what: "left nine days late, months ago: the flag alone decides nothing", nation: "SRB", surname: "Jovanović", first: "Dragan", sex: "M", age: 47,
		trips: []scriptTrip{{enter: 298, leave: 200, point: "HUROS"}}, point: "HUROS", proposal: ees.Admit, look: "earlier_overstay"},
	{what: "overstayer on a short visa, still inside", nation: "ARM", surname: "Սարգսյան", first: "Տիգրան", language: "hy", sex: "M", age: 37,
		visa: &scriptVisa{from: 70, until: 30, days: 15, entries: 1}, trips: []scriptTrip{{enter: 60, point: "ATVIE"}}, exit: true, point: "ATVIE",
		proposal: ees.SecondLine, look: "overstay"},
	{what: "unknown: first registration", nation: "KOR", surname: "Kim", first: "Minjun", sex: "M", age: 26, point: "NLAMS", proposal: ees.Admit, look: "first_registration"},
	{what: "unknown child: no fingerprints under twelve", nation: "JPN", surname: "Tanaka", first: "Yui", sex: "F", age: 7, point: "FIHEL", proposal: ees.Admit, look: "child_without_fingerprints"},
	{what: "turned twelve since the first registration: fingerprints are due", nation: "ISR", surname: "Levi", first: "Noa", sex: "F",
		born:  func(today law.Date) law.Date { return (law.Period{Years: 12}).Before(today) - 10 },
		trips: []scriptTrip{{enter: 200, leave: 190, point: "GRATH"}}, point: "GRATH", proposal: ees.Admit},
	{what: "known, with a passport that has expired", nation: "CAN", surname: "Campbell", first: "Hannah", sex: "F", age: 24, expired: 20,
		trips: []scriptTrip{{enter: 300, leave: 285, point: "ISKEF"}}, point: "ISKEF", proposal: ees.Refuse, look: "document_expired"},
	{what: "known, with a new passport: found by the identity, and the face must be compared", nation: "AUS", surname: "Wilson", first: "Jack Thomas", sex: "M", age: 34, renewed: true,
		trips: []scriptTrip{{enter: 250, leave: 232, point: "GRATH"}}, point: "GRATH", proposal: ees.SecondLine, look: "new_document"},
	{what: "a file of her own, and a twin whose name is nearly the same", nation: "GBR", surname: "Clarke", first: "Catherine", sex: "F",
		born: twinsBorn, trips: []scriptTrip{{enter: 95, leave: 80, point: "GBSP0"}}, point: "GBSP0", proposal: ees.Admit},
	{what: "the twin: unknown, and so like a known person that the guard must decide", nation: "GBR", surname: "Clark", first: "Katherine", sex: "F",
		born: twinsBorn, point: "GBSP0", proposal: ees.SecondLine, look: "possible_files"},
	{what: "exempt: a national of Andorra is in no register", nation: "AND", surname: "Riba", first: "Meritxell", sex: "F", age: 44, point: "ESBCN", look: "exempt_person"},
	{what: "exempt: a national of San Marino", nation: "SMR", surname: "Gasperoni", first: "Luca", sex: "M", age: 53, point: "ITBLQ", look: "exempt_person"},
	{what: "a citizen of the Union is no third-country national", nation: "FIN", surname: "Virtanen", first: "Aino", sex: "F", age: 38, point: "FIHEL", look: "not_a_third_country_national"},
	{what: "specimen of Utopia: read in a demonstration only", nation: person.Utopia, surname: "Eriksson", first: "Anna Maria", sex: "F", age: 52, point: "SEARN", proposal: ees.Admit,
		look: "first_registration"},
	{what: "stateless person: whether a visa is needed depends on the residence", nation: "XXA", surname: "Haddad", first: "Samir", sex: "M", age: 40, point: "SEARN",
		proposal: ees.SecondLine, look: "visa_to_be_settled"},
	{what: "family member of a citizen of the Union: recorded, not counted", nation: "COL", surname: "Rojas Peña", first: "Valentina", language: "es", sex: "F", age: 30, family: true,
		trips: []scriptTrip{{enter: 260, leave: 120, point: "ESMAD"}}, point: "ESMAD", proposal: ees.Admit, look: "family_member"},
	{what: "an earlier entry has no exit: left unseen", nation: "MEX", surname: "Hernández Gómez", first: "Mateo", language: "es", sex: "M", age: 35,
		trips: []scriptTrip{{enter: 60, leave: 50, point: "ESMAD", unseen: true}}, point: "ESMAD", proposal: ees.SecondLine, look: "entry_still_open"},
	{what: "leaves, and the register knows nothing of an entry", nation: "ARG", surname: "Bianchi", first: "Martina", language: "es", sex: "F", age: 23, exit: true, point: "ESBCN",
		proposal: ees.SecondLine, look: "no_file_at_exit"},
	{what: "entered before the System began, left after: the exit alone is recorded", nation: "NZL", surname: "Walker", first: "Liam", sex: "M", age: 28,
		trips: []scriptTrip{{straddles: true, point: "FRCDG"}}, point: "FRCDG", proposal: ees.Admit},
	{what: "refused twenty days ago: no visa was shown. Has one now", nation: "NGA", surname: "Okafor", first: "Chioma", sex: "F", age: 32,
		visa: &scriptVisa{from: 10, until: -80, days: 30, entries: 1}, trips: []scriptTrip{{enter: 20, turnedDown: "-", point: "NLAMS"}}, point: "NLAMS", proposal: ees.Admit},
	{what: "refused five days ago: the purpose of the stay was not shown", nation: "PER", surname: "Quispe Mamani", first: "Rosa", language: "es", sex: "F", age: 49,
		trips: []scriptTrip{{enter: 5, turnedDown: "E", point: "ESMAD"}}, point: "ESMAD", proposal: ees.Admit},
	{what: "refused on ground J: would not give fingerprints", nation: "USA", surname: "Mitchell", first: "Daniel", sex: "M", age: 66,
		trips: []scriptTrip{{enter: 33, turnedDown: "J", point: "DEMUC"}}, point: "DEMUC", proposal: ees.Admit},
	{what: "60 days used, yet 90 possible: the old ones fall out of the window one by one", nation: "UKR", surname: "Шевченко", first: "Соломія", language: "uk", sex: "F", age: 31,
		trips: []scriptTrip{{enter: 156, leave: 97, point: "PLMED"}}, point: "PLMED", proposal: ees.Admit},
	{what: "back on the first possible day after 90 days in a row", nation: "GEO", surname: "ბერიძე", first: "გიორგი", language: "ka", sex: "M", age: 42,
		trips: []scriptTrip{{enter: 180, leave: 91, point: "PLWAW"}}, point: "PLWAW", proposal: ees.Admit},
	{what: "back one day too early after 90 days in a row", nation: "MDA", surname: "Țurcan", first: "Mihai", language: "ro", sex: "M", age: 36,
		trips: []scriptTrip{{enter: 179, leave: 90, point: "ROAL0"}}, point: "ROAL0", proposal: ees.Refuse, look: "ninety_days_used"},
	{what: "20 days left, means to stay 30", nation: "CHL", surname: "Muñoz", first: "Andrés", language: "es", sex: "M", age: 55,
		trips: []scriptTrip{{enter: 110, leave: 41, point: "ITFCO"}}, point: "ITFCO", intended: 30, proposal: ees.SecondLine, look: "intended_stay_too_long"},
	{what: "fingerprints were impossible for the time being: they are due now", nation: "BIH", surname: "Hadžić", first: "Emir", language: "sr", sex: "M", age: 50, hand: "temporarily_impossible",
		trips: []scriptTrip{{enter: 45, leave: 39, point: "HRSGS"}}, point: "HRSGS", proposal: ees.Admit},
	{what: "a name longer than the machine readable zone", nation: "BRA", surname: "de Albuquerque Cavalcanti Guimarães", first: "Maria da Conceição Fernanda", language: "pt", sex: "F", age: 61,
		point: "PTOPO", proposal: ees.Admit, look: "name_cut"},
	{what: "a visa valid in France alone, shown in Spain", nation: "COD", surname: "Kabongo", first: "Trésor", sex: "M", age: 34,
		visa: &scriptVisa{from: 3, until: -27, days: 15, entries: 1, kind: person.VisaLTV, states: []string{"FRA"}}, point: "ESBCN", proposal: ees.Refuse, look: "visa_of_other_territory"},
	{what: "the visa begins next week; turned away yesterday", nation: "PHL", surname: "Reyes", first: "María Teresa", language: "es", sex: "F", age: 46,
		visa: &scriptVisa{from: -7, until: -60, days: 30, entries: 1}, trips: []scriptTrip{{enter: 1, point: "ITMXP"}}, point: "ITFCO", proposal: ees.Refuse, look: "visa_not_yet_valid"},
	{what: "crosses every other week to work", nation: "MKD", surname: "Trajkovski", first: "Goran", language: "mk", sex: "M", age: 44,
		trips: everyOtherWeek("GREVZ", 26), point: "GREVZ", proposal: ees.Admit},
}

func twinsBorn(law.Date) law.Date { return law.MustDate("1989-03-17") }

func everyOtherWeek(point string, times int) []scriptTrip {
	var trips []scriptTrip
	for i := times; i > 0; i-- {
		trips = append(trips, scriptTrip{enter: 14*i - 3, leave: 14*i - 5, point: point})
	}
	return trips
}

// input is the visa as it is shown.
func (v *scriptVisa) input(today law.Date, serial int) *ees.VisaInput {
	if v == nil {
		return nil
	}
	in := &ees.VisaInput{Number: fmt.Sprintf("LIM%08d", serial), Issuer: "FRA", Type: string(person.VisaC), ValidFrom: today - law.Date(v.from),
		ValidUntil: today - law.Date(v.until), Days: v.days, Entries: v.entries, LTVStates: v.states}
	if v.kind != "" {
		in.Type = string(v.kind)
	}
	return in
}

// traveller makes the person of a script, with the passport.
func (s *script) traveller(index int, today law.Date) (Traveller, error) {
	t := Traveller{Index: index, Household: -1 - index, Nation: s.nation, Language: s.language, Sex: s.sex, nation: nationOf(s.nation),
		Name: person.Name{Surname: s.surname, FirstNames: s.first}}
	if t.Born = today - law.Date(s.age*365+s.age/4+40); s.born != nil {
		t.Born = s.born(today)
	}
	issued, expiry := today-900, today+2000
	if s.expired > 0 {
		issued, expiry = today-law.Date(s.expired)-3650, today-law.Date(s.expired)
	}
	return t, t.issue(uint64(index)*passportsEach, issued, expiry)
}

// plannedTrips are the script's stays as trips.
func (s *script) plannedTrips(today law.Date, visa *ees.VisaInput) []Trip {
	var trips []Trip
	for _, st := range s.trips {
		t := Trip{Enter: today - law.Date(st.enter), In: st.point, Out: st.point, Unseen: st.unseen, Visa: visa}
		if st.leave != 0 {
			t.Leave = today - law.Date(st.leave)
		}
		if st.straddles {
			t.Enter, t.Leave = law.EESStart()-24, law.EESStart()+26
		}
		switch st.turnedDown {
		case "":
		case "-":
			t.NoVisaShown, t.Visa, t.Leave = true, nil, 0
		default:
			t.TurnedDown, t.Leave = st.turnedDown, 0
		}
		trips = append(trips, t)
	}
	return trips
}

// sample is what the script's traveller is tried with.
func (s *script) sample(t *Traveller, today law.Date, visa *ees.VisaInput) (Sample, error) {
	if s.renewed {
		if err := t.issue(uint64(t.Index)*passportsEach+1, today, today+3600); err != nil {
			return Sample{}, err
		}
	}
	p := t.Passports[len(t.Passports)-1]
	out := Sample{What: s.what, Name: t.Name.String(), Nationality: t.Nation, Sex: t.Sex, BirthDate: t.Born.String(), Document: p.Document.Number,
		MRZ: p.MRZ, Proposal: s.proposal, Look: s.look,
		Try: ees.CheckRequest{Direction: ees.Entry, CrossingPoint: s.point, MRZ: p.MRZ, Visa: visa, IntendedDays: s.intended, FamilyMember: s.family}}
	if s.exit {
		out.Try.Direction, out.Try.Visa = ees.Exit, nil
	}
	if s.bare {
		out.Try.Visa = nil
	}
	return out, nil
}

// Samples returns the telling travellers of the demonstration whose history ends
// on a day: the same that Populate puts into the register. What they promise
// holds for histories of a year or more, and on that day.
func Samples(today law.Date) ([]Sample, error) {
	var out []Sample
	for i := range scripts {
		t, err := scripts[i].traveller(i, today)
		if err != nil {
			return nil, err
		}
		s, err := scripts[i].sample(&t, today, scripts[i].visa.input(today, 10_000_000+i))
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// WriteSamples writes travellers.json. The file appears whole or not at all.
func WriteSamples(path string, samples []Sample) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // a machine readable zone is full of "<"
	enc.SetIndent("", "  ")
	if err := enc.Encode(samples); err != nil {
		return err
	}
	return replaceFile(path, b.Bytes())
}

// ReadSamples reads what WriteSamples wrote.
func ReadSamples(path string) ([]Sample, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var samples []Sample
	if err := json.Unmarshal(b, &samples); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return samples, nil
}

// replaceFile writes a file in one step.
func replaceFile(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".sim-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err := f.Write(b); err != nil {
		f.Close()
		return err
	}
	if err := f.Sync(); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
