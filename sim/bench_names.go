package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"limen/access"
	"limen/ees"
	"limen/interop/cir"
	"limen/person"
)

// NamesOptions of BenchNames. Zero values take what stands beside them.
type NamesOptions struct {
	BenchOptions
	Store   string // SQLiteStore
	Files   int    // persons in the register: 1 000 000
	Queries int    // of each kind: 400
	// Density brings the birth dates together, as many times: what a search by
	// identity reads depends on how many persons share birth date, sex and
	// nationality, not on the size of the register. A million persons with a
	// density of 150 are as close as those of a register of 150 million.
	Density int // 1
}

// NamesReport is how searches by name answer.
type NamesReport struct {
	Machine Machine      `json:"machine"`
	Seed    uint64       `json:"seed"`
	Store   string       `json:"store"`
	Files   int          `json:"files"`
	Density int          `json:"density"`
	Sharing float64      `json:"sharing"` // persons with the birth date, sex and nationality of the one sought, that one counted: mean
	Most    int          `json:"sharing_most"`
	Rows    []NameFigure `json:"rows"`
}

// NameFigure is one kind of misspelling.
type NameFigure struct {
	Kind     string  `json:"kind"`
	Queries  int     `json:"queries"`
	Recall   float64 `json:"recall"`    // the person sought is among the answers
	First    float64 `json:"first"`     // the person sought is the first answer (precision at 1)
	Answers  float64 `json:"answers"`   // mean number
	AnyWrong float64 `json:"any_wrong"` // share of queries that brought somebody else too
	Search   Latency `json:"search"`    // ees.search_files through the threshold, its log entry on the disk
	Lookup   Latency `json:"lookup"`    // the repository's lookup alone
	Errors   int     `json:"errors"`
	Error    string  `json:"error,omitempty"`
}

// misspelling makes a query for a person, or answers false where the kind does
// not apply to the name.
type misspelling struct {
	kind string
	make func(r *rand.Rand, n person.Name) (person.Name, bool)
}

var misspellings = []misspelling{
	{"exact", func(_ *rand.Rand, n person.Name) (person.Name, bool) { return n, true }},
	{"wrong letter", edited(func(r *rand.Rand, w []byte, i int) []byte { w[i] = otherLetter(r, w[i]); return w })},
	{"letters swapped", edited(func(_ *rand.Rand, w []byte, i int) []byte {
		i = min(i, len(w)-2)
		w[i], w[i+1] = w[i+1], w[i]
		return w
	})},
	{"letter dropped", edited(func(_ *rand.Rand, w []byte, i int) []byte { return slices.Delete(w, i, i+1) })},
	{"letter added", edited(func(r *rand.Rand, w []byte, i int) []byte { return slices.Insert(w, i, otherLetter(r, 0)) })},
	{"order changed", reordered},
	{"other transliteration", otherSpelling},
	{"second name missing", shortened},
	{"stranger", nil}, // a name drawn anew, beside the same birth date, sex and nationality
}

func otherLetter(r *rand.Rand, not byte) byte {
	for {
		if c := byte('A' + r.IntN(26)); c != not {
			return c
		}
	}
}

// edited applies a change to one word of four letters or more, in the surname or
// the first names.
func edited(change func(r *rand.Rand, word []byte, at int) []byte) func(*rand.Rand, person.Name) (person.Name, bool) {
	return func(r *rand.Rand, n person.Name) (person.Name, bool) {
		part := &n.Surname
		if r.IntN(2) == 0 {
			part = &n.FirstNames
		}
		words := strings.Fields(*part)
		var long []int
		for i, w := range words {
			if len(w) >= 4 {
				long = append(long, i)
			}
		}
		if len(long) == 0 {
			return n, false
		}
		i := pick(r, long)
		before := words[i]
		words[i] = string(change(r, []byte(before), r.IntN(len(before))))
		*part = strings.Join(words, " ")
		return n, words[i] != before
	}
}

// reordered takes the first names for the surname, or turns two words round.
func reordered(r *rand.Rand, n person.Name) (person.Name, bool) {
	if n.FirstNames == "" {
		return n, false
	}
	words := strings.Fields(n.Surname)
	if len(words) > 1 && r.IntN(2) == 0 {
		slices.Reverse(words)
		return person.Name{Surname: strings.Join(words, " "), FirstNames: n.FirstNames}, true
	}
	return person.Name{Surname: n.FirstNames, FirstNames: n.Surname}, true
}

// shortened leaves the last of several first names out, or of several surnames.
func shortened(_ *rand.Rand, n person.Name) (person.Name, bool) {
	for _, part := range []*string{&n.FirstNames, &n.Surname} {
		if words := strings.Fields(*part); len(words) > 1 {
			*part = strings.Join(words[:len(words)-1], " ")
			return n, true
		}
	}
	return n, false
}

// spellings are ways to write one name of another script or with marks in the
// letters A to Z, as found on documents of different years and states.
var spellings = [][2]string{
	{"MOHAMMED", "MUHAMMAD"}, {"MOHAMMAD", "MOHAMED"}, {"MOHAMED", "MUHAMMAD"}, {"MUHAMMAD", "MOHAMMED"}, {"AHMAD", "AHMED"}, {"AHMED", "AHMAD"},
	{"YOUSSEF", "YUSUF"}, {"YUSUF", "YOUSEF"}, {"HUSSEIN", "HUSAYN"}, {"HUSSAIN", "HOSSAIN"}, {"ABDULLAH", "ABDALLAH"}, {"FATIMAH", "FATIMA"}, {"FATIMA", "FATEMA"},
	{"KHALID", "KHALED"}, {"OMAR", "UMAR"}, {"IBRAHIM", "EBRAHIM"}, {"ALEKSANDR", "ALEXANDER"}, {"OLEKSANDR", "OLEXANDR"}, {"DMITRII", "DMITRY"}, {"SERGEI", "SERGEY"},
	{"ANDREI", "ANDREY"}, {"IURII", "YURIY"}, {"EVGENII", "YEVGENY"}, {"SHCH", "SCH"}, {"KH", "H"}, {"ZH", "J"}, {"IU", "YU"}, {"IA", "YA"}, {"II", "IY"}, {"EI", "EY"},
	{"OE", "O"}, {"UE", "U"}, {"AE", "A"}, {"OU", "U"}, {"SH", "CH"}, {"TS", "TZ"}, {"DJ", "J"}, {"Y", "I"},
}

func otherSpelling(r *rand.Rand, n person.Name) (person.Name, bool) {
	var fits [][2]string
	for _, s := range spellings {
		if strings.Contains(n.Surname, s[0]) || strings.Contains(n.FirstNames, s[0]) {
			fits = append(fits, s)
		}
	}
	if len(fits) == 0 {
		return n, false
	}
	s := pick(r, fits)
	return person.Name{Surname: strings.Replace(n.Surname, s[0], s[1], 1), FirstNames: strings.Replace(n.FirstNames, s[0], s[1], 1)}, true
}

// BenchNames searches a register for persons whose names are misspelt in known
// ways.
func BenchNames(ctx context.Context, w io.Writer, o NamesOptions) (report NamesReport, err error) {
	if o.Store == "" {
		o.Store = SQLiteStore
	}
	if o.Files <= 0 {
		o.Files = 1_000_000
	}
	if o.Queries <= 0 {
		o.Queries = 400
	}
	o.Density = max(1, o.Density)
	report = NamesReport{Machine: ThisMachine(), Seed: o.Seed, Files: o.Files, Density: o.Density}
	b, err := o.openBench(ctx, o.Store, o.Files, o.Density, false)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	defer sealing(ctx, func(ctx context.Context) { b.Log.Run(ctx, benchSealEvery, nil) })()
	report.Store = b.engine(ctx) + " (" + disk(b.dir) + ")"
	s := seeking{bench: b, r: stream(o.Seed, streamBench, 99)}
	for _, kind := range misspellings {
		o.tell("\rnames: %s            ", kind.kind)
		row, err := s.kind(ctx, kind, o.Queries)
		if err != nil {
			return report, err
		}
		report.Rows = append(report.Rows, row)
	}
	o.tell("\n")
	report.Sharing, report.Most = float64(s.sharing)/float64(max(1, s.blocks)), s.most
	return report, printed(w, o.BenchOptions, report, report.text)
}

// seeking is a BenchNames under way.
type seeking struct {
	bench *benchHouse
	r     *rand.Rand

	sharing, blocks, most int
}

// kind measures one kind of misspelling.
func (s *seeking) kind(ctx context.Context, m misspelling, queries int) (NameFigure, error) {
	f := NameFigure{Kind: m.kind}
	var searches, lookups []time.Duration
	for tries := 0; f.Queries < queries && tries < 50*queries; tries++ {
		if err := ctx.Err(); err != nil {
			return f, err
		}
		who, err := s.bench.crowd.member(s.r.IntN(s.bench.crowd.size))
		if err != nil {
			return f, err
		}
		name, ok := s.query(m, who)
		if !ok {
			continue
		}
		f.Queries++
		search, lookup, err := s.seek(ctx, &f, who, name)
		if err != nil {
			if f.Errors++; f.Error == "" {
				f.Error = err.Error()
			}
			continue
		}
		searches, lookups = append(searches, search), append(lookups, lookup)
	}
	if n := float64(f.Queries); n > 0 {
		f.Recall, f.First, f.Answers, f.AnyWrong = f.Recall/n, f.First/n, f.Answers/n, f.AnyWrong/n
	}
	f.Search, f.Lookup = latency(searches), latency(lookups)
	return f, nil
}

func (s *seeking) query(m misspelling, who *member) (person.Name, bool) {
	if m.make != nil {
		return m.make(s.r, who.name)
	}
	g := nameGroups[who.nation.group]
	t := who.Traveller
	t.Name = person.Name{Surname: g.surname(s.r), FirstNames: g.given(s.r, t.Sex)}
	name := person.Name{Surname: person.Transliterate(t.Name.Surname, g.language), FirstNames: person.Transliterate(t.Name.FirstNames, g.language)}
	name = person.Name{Surname: strings.ReplaceAll(name.Surname, "<", " "), FirstNames: strings.ReplaceAll(name.FirstNames, "<", " ")}
	_, verdict := person.CompareNormal(name.Normal(), who.name.Normal())
	return name, verdict == person.Different
}

// seek searches once each way and counts what came.
func (s *seeking) seek(ctx context.Context, f *NameFigure, who *member, name person.Name) (search, lookup time.Duration, err error) {
	q := ees.FileQuery{Surname: name.Surname, FirstNames: name.FirstNames, BirthDate: person.BornOn(who.Born).String(), Sex: string(who.Sex),
		Nationality: string(who.Nation), On: s.bench.today}
	knock := s.bench.knock(ees.OpSearchFiles, nil)
	start := time.Now()
	list, err := access.Run(ctx, s.bench.Door, knock, func(p access.Pass) (ees.FileList, error) { return s.bench.EES.SearchFiles(p, q) })
	search = time.Since(start)
	if err != nil {
		return 0, 0, err
	}
	identity := cir.Identity{Name: name, Birth: person.BornOn(who.Born), Sex: who.Sex, Nationalities: []person.State{who.Nation}}
	_, err = access.Run(ctx, s.bench.Door, knock, func(p access.Pass) (bool, error) {
		start := time.Now()
		_, _, err := cir.FindByIdentity(p, cir.EES, identity)
		lookup = time.Since(start)
		if err != nil {
			return false, err
		}
		tx, err := p.Tx()
		if err != nil {
			return false, err
		}
		var n int
		err = tx.Row(`SELECT count(*) FROM (SELECT DISTINCT record_ref FROM cir_by_name WHERE block = $1) AS sharing`,
			q.BirthDate+"|"+q.Sex+"|"+q.Nationality).Scan(&n)
		s.sharing, s.blocks, s.most = s.sharing+n, s.blocks+1, max(s.most, n)
		return true, err
	})
	f.Answers += float64(len(list.Files))
	for i, m := range list.Files {
		if string(m.Ref) == who.ref {
			f.Recall++
			if i == 0 {
				f.First++
			}
		}
	}
	if slices.ContainsFunc(list.Files, func(m ees.FileMatch) bool { return string(m.Ref) != who.ref }) {
		f.AnyWrong++
	}
	return search, lookup, err
}

func (r NamesReport) text(t *tabwriter.Writer) {
	fmt.Fprintf(t, "Searches by identity with misspelt names, one at a time; seed %d\n%s\n%s, %d persons, density %d: %.1f persons share the birth date, sex and nationality of the one sought, at most %d\n\n",
		r.Seed, r.Machine, r.Store, r.Files, r.Density, r.Sharing, r.Most)
	fmt.Fprintln(t, "KIND\tQUERIES\tRECALL\tFIRST\tANSWERS\tOTHERS TOO\tSEARCH P50 ms\tP95\tP99\tLOOKUP P50 ms\tP95\tP99\tERRORS")
	for _, f := range r.Rows {
		fmt.Fprintf(t, "%s\t%d\t%.1f %%\t%.1f %%\t%.2f\t%.1f %%\t%s\t%s\t%d\n", f.Kind, f.Queries, 100*f.Recall, 100*f.First, f.Answers, 100*f.AnyWrong, f.Search.cells(), f.Lookup.cells(), f.Errors)
		if f.Error != "" {
			fmt.Fprintf(t, "\tfirst error: %s\n", f.Error)
		}
	}
	fmt.Fprintln(t, "\nRECALL: the person sought is among the answers; FIRST: and is the first of them. Of a stranger recall is an error.")
}
