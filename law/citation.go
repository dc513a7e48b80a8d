package law

import (
	"fmt"
	"strings"
)

// Citation names a place in a legal act, in one grammar:
//
//	2017/2226 art 23(2)         article, paragraph
//	2016/399 art 8a(4)(b)       article with a letter, paragraph, point
//	2016/399 annex V part B     annex, part
//	2018/1806 annex II          annex
//	9303-3 s 6                  section of a standard
//
// The act comes first, by its number as in the Official Journal (see Acts).
type Citation string

// Pinpoint is a Citation taken apart.
type Pinpoint struct {
	Act     string   // "2017/2226"
	Kind    string   // "art", "annex", "s" (section of a standard) or "" for the whole act
	Number  string   // "23", "8a", "V", "4.3"
	Path    []string // "2", "a": what stands in parentheses, outermost first
	Part    string   // annex part: "B"
	Ordinal int      // numeric part of an article's number, for sorting
}

// Parse takes the citation apart. It fails on an act that Acts does not know
// and on anything outside the grammar.
func (c Citation) Parse() (Pinpoint, error) {
	bad := func(why string) (Pinpoint, error) {
		return Pinpoint{}, fmt.Errorf("citation %q: %s", string(c), why)
	}
	words := strings.Split(string(c), " ")
	p := Pinpoint{Act: words[0]}
	if _, ok := ActByNumber(p.Act); !ok {
		return bad("unknown act; add it to law.Acts")
	}
	if len(words) == 1 {
		return p, nil
	}
	p.Kind = words[1]
	switch {
	case len(words) == 3 && (p.Kind == "art" || p.Kind == "s" || p.Kind == "annex"):
	case len(words) == 5 && p.Kind == "annex" && words[3] == "part":
		p.Part = words[4]
	default:
		return bad(`expected "art N", "s N", "annex N" or "annex N part P"`)
	}
	number, rest, _ := strings.Cut(words[2], "(")
	p.Number = number
	if number == "" {
		return bad("no number")
	}
	if p.Kind == "art" {
		i := 0
		for i < len(number) && number[i] >= '0' && number[i] <= '9' {
			p.Ordinal = p.Ordinal*10 + int(number[i]-'0')
			i++
		}
		if i == 0 || len(number)-i > 2 || strings.ToLower(number[i:]) != number[i:] {
			return bad("an article is a number and at most two letters")
		}
	}
	if rest != "" {
		if !strings.HasSuffix(rest, ")") {
			return bad("parenthesis left open")
		}
		for _, part := range strings.Split(strings.TrimSuffix(rest, ")"), ")(") {
			if part == "" || strings.ContainsAny(part, "() ") {
				return bad("empty or nested parenthesis")
			}
			p.Path = append(p.Path, part)
		}
	}
	return p, nil
}

// Article returns the citation without paragraph and point: "2017/2226 art 23".
func (c Citation) Article() Citation {
	head, _, _ := strings.Cut(string(c), "(")
	return Citation(head)
}

// Act returns the number of the act cited.
func (c Citation) Act() string {
	act, _, _ := strings.Cut(string(c), " ")
	return act
}

// Act is a legal act or a standard that the code cites.
type Act struct {
	Number  string // as cited: "2017/2226"
	Short   string // what people call it: "EES Regulation"
	Title   string
	Read    string // which text was read, so that raising it lists what to review
	Kind    string // "regulation", "decision", "convention", "standard"
	Pending bool   // text not available to the project: duties come from another act
}

// Acts lists every act that may be cited, in the order of a legal bibliography.
var Acts = []Act{
	{"2017/2226", "EES Regulation", "Regulation (EU) 2017/2226 establishing an Entry/Exit System", "consolidated text of 2021-08-03", "regulation", false},
	{"2016/399", "Schengen Borders Code", "Regulation (EU) 2016/399 on a Union Code on the rules governing the movement of persons across borders", "as amended by Regulation (EU) 2017/2225", "regulation", false},
	{"2025/1534", "Progressive start", "Regulation (EU) 2025/1534 on temporary derogations for the progressive start of operations of the EES", "as published", "regulation", false},
	{"767/2008", "VIS Regulation", "Regulation (EC) No 767/2008 concerning the Visa Information System", "consolidated", "regulation", false},
	{"810/2009", "Visa Code", "Regulation (EC) No 810/2009 establishing a Community Code on Visas", "consolidated", "regulation", false},
	{"2018/1806", "Visa list", "Regulation (EU) 2018/1806 listing the third countries whose nationals must be in possession of visas", "2018 with amendments up to Regulation (EU) 2025/11", "regulation", false},
	{"2019/817", "Interoperability (borders and visa)", "Regulation (EU) 2019/817 on interoperability in the field of borders and visa", "consolidated to January 2025", "regulation", false},
	{"2019/818", "Interoperability (police, asylum)", "Regulation (EU) 2019/818 on interoperability in the field of police and judicial cooperation, asylum and migration", "before Regulation (EU) 2024/1358", "regulation", false},
	{"2018/1240", "ETIAS Regulation", "Regulation (EU) 2018/1240 establishing a European Travel Information and Authorisation System", "as cited by the EES Regulation", "regulation", false},
	{"2024/1356", "Screening Regulation", "Regulation (EU) 2024/1356 introducing the screening of third-country nationals", "as cited by the EES Regulation", "regulation", false},
	{"2021/1134", "VIS reform", "Regulation (EU) 2021/1134 reforming the Visa Information System", "as cited by the EES Regulation", "regulation", false},
	{"2019/326", "Entering data", "Implementing Decision (EU) 2019/326 on measures for entering the data in the EES", "not available: duties from the EES Regulation", "decision", true},
	{"2019/327", "Accessing data", "Implementing Decision (EU) 2019/327 on measures for accessing the data in the EES", "as described in secondary sources", "decision", false},
	{"2019/328", "Logs", "Implementing Decision (EU) 2019/328 on measures for keeping and accessing the logs in the EES", "not available: duties from the EES Regulation", "decision", true},
	{"2019/329", "Biometric specifications", "Implementing Decision (EU) 2019/329 on the quality, resolution and use of fingerprints and facial image", "as described in secondary sources", "decision", false},
	{"2018/1548", "Overstayer list", "Implementing Decision (EU) 2018/1548 on the list of overstayers", "not available: duties from the EES Regulation", "decision", true},
	{"2022/1409", "Carrier and traveller access", "Implementing Regulation (EU) 2022/1409 on the web service and carrier interface", "as described in secondary sources", "regulation", false},
	{"1182/71", "Periods, dates and time limits", "Regulation (EEC, Euratom) No 1182/71 determining the rules applicable to periods, dates and time limits", "as published", "regulation", false},
	{"693/2003", "Facilitated transit documents", "Regulation (EC) No 693/2003 establishing a Facilitated Transit Document", "as described in secondary sources", "regulation", false},
	{"2004/38", "Free movement Directive", "Directive 2004/38/EC on the right of citizens of the Union to move and reside freely", "as cited by the EES Regulation", "directive", false},
	{"2016/679", "GDPR", "Regulation (EU) 2016/679 on the protection of personal data", "as published", "regulation", false},
	{"2017/541", "Directive on combating terrorism", "Directive (EU) 2017/541 on combating terrorism", "as cited in secondary sources", "directive", false},
	{"2002/584", "European arrest warrant", "Council Framework Decision 2002/584/JHA on the European arrest warrant", "as cited by the EES Regulation", "decision", false},
	{"2008/615", "Prüm Decision", "Council Decision 2008/615/JHA on the stepping up of cross-border cooperation", "as cited by the EES Regulation", "decision", false},
	{"CISA", "Schengen Convention", "Convention implementing the Schengen Agreement", "Article 20 as inserted by Article 60 of Regulation (EU) 2017/2226", "convention", false},
	{"9303-3", "Doc 9303 part 3", "ICAO Doc 9303 part 3, specifications common to all machine readable travel documents", "8th edition, 2021", "standard", false},
	{"9303-4", "Doc 9303 part 4", "ICAO Doc 9303 part 4, machine readable passports (TD3)", "8th edition, 2021", "standard", false},
	{"9303-5", "Doc 9303 part 5", "ICAO Doc 9303 part 5, TD1 size documents", "8th edition, 2021", "standard", false},
	{"9303-6", "Doc 9303 part 6", "ICAO Doc 9303 part 6, TD2 size documents", "8th edition, 2021", "standard", false},
	{"9303-7", "Doc 9303 part 7", "ICAO Doc 9303 part 7, machine readable visas", "8th edition, 2021", "standard", false},
}

// ActByNumber finds an act by its number.
func ActByNumber(number string) (Act, bool) {
	for _, a := range Acts {
		if a.Number == number {
			return a, true
		}
	}
	return Act{}, false
}
