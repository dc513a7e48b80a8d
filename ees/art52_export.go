package ees

import (
	"fmt"
	"strings"
	"time"

	"limen/access"
	"limen/law"
	"limen/person"
)

// PersonCopy is what a person receives who asks for access to their data (art
// 52(1), 2016/679 art 15): everything that is recorded, what it is for, who may
// receive it and how long it is kept, and the same as text to print.
type PersonCopy struct {
	On          law.Date        `json:"on" format:"date"`
	File        FileRecords     `json:"file"`
	Stay        StayView        `json:"stay"`
	Amendments  []AmendmentView `json:"amendments" nullable:"false" doc:"What was changed outside crossings, when, and by which state."`
	Restriction *Restriction    `json:"restriction"`
	KeptUntil   *law.Date       `json:"kept_until" format:"date" doc:"Last day on which the file as a whole is kept, if nothing more is recorded."`
	Responsible person.State    `json:"responsible" doc:"State that made the file."`
	Purposes    []string        `json:"purposes" nullable:"false"`
	Recipients  []Recipient     `json:"recipients" nullable:"false"`
	Rights      []string        `json:"rights" nullable:"false"`
	Text        string          `json:"text" doc:"The same, to print."`
}

// AmendmentView is one line of the file's own history.
type AmendmentView struct {
	On        law.Date      `json:"on" format:"date"`
	Kind      AmendmentKind `json:"kind"`
	Article   law.Citation  `json:"article"`
	Authority string        `json:"authority"`
	State     person.State  `json:"state"`
	Note      string        `json:"note"`
}

// Recipient is a category of those who may receive the data.
type Recipient struct {
	Who     string       `json:"who"`
	Article law.Citation `json:"article"`
}

// recipients are categories and not single reads: the log that knows those
// serves data protection monitoring and security alone (art 46(2)), and a read
// for law enforcement may be withheld (2016/679 art 23).
var recipients = []Recipient{
	{"Border authorities of the Member States, at border checks", "2017/2226 art 23"},
	{"Immigration authorities of the Member States, at checks inside and for decisions on stays", "2017/2226 art 26"},
	{"Visa authorities, when they examine an application", "2017/2226 art 24"},
	{"Authorities of national facilitation programmes, when they examine an application", "2017/2226 art 25"},
	{"The ETIAS Central Unit and National Units", "2017/2226 art 25a"},
	{"Screening authorities", "2017/2226 art 24a"},
	{"Designated law enforcement authorities and Europol, in specific cases and through a central access point", "2017/2226 art 32"},
	{"Carriers: only whether the entries of a visa are used up, never the data", "2017/2226 art 13"},
	{"Third countries and organisations: only in the cases of return that the article lists", "2017/2226 art 41"},
}

var purposesOfTheSystem = []string{
	"to record entry, exit and refusal of entry of third-country nationals admitted for a short stay, and to calculate how long they may stay",
	"to find persons who do not or no longer fulfil the conditions of stay, and to find identity fraud",
	"to make border checks, visas and national facilitation programmes work, and to prevent and prosecute terrorism and serious crime in the cases of chapter IV",
}

var rightsOfThePerson = []string{
	"You may ask any Member State to rectify, complete or erase your data, or to restrict their processing. It answers within 45 days (Article 52).",
	"You may bring an action or a complaint before the authorities or courts of a Member State that refuses this (Article 54).",
	"You may lodge a complaint with a supervisory authority for data protection, which helps and advises you (Article 53).",
	"No decision about you is taken by the calculator or the list of overstayers alone: an officer decides and hears you (Regulation (EU) 2016/679, Article 22).",
}

// ExportFile gives a person a full copy of their data.
func (r *Register) ExportFile(p access.Pass, ref FileRef) (PersonCopy, error) {
	k, records, err := r.readRecords(p, ref)
	if err != nil {
		return PersonCopy{}, err
	}
	stay, err := k.stayFor(p)
	if err != nil {
		return PersonCopy{}, err
	}
	tx, err := p.Tx()
	if err != nil {
		return PersonCopy{}, err
	}
	c := PersonCopy{On: law.DateIn(tx.Now(), time.UTC), File: records, Stay: stay, Amendments: []AmendmentView{}, Restriction: k.file.Restricted,
		Responsible: k.file.Responsible, Purposes: purposesOfTheSystem, Recipients: recipients, Rights: rightsOfThePerson}
	rows, err := amendmentRows(tx, ref)
	if err != nil {
		return PersonCopy{}, err
	}
	for _, a := range rows {
		on, err := law.ParseDate(a.MadeOn)
		if err != nil {
			return PersonCopy{}, err
		}
		c.Amendments = append(c.Amendments, AmendmentView{on, AmendmentKind(a.Kind), law.Citation(a.Cite), a.Authority, person.State(a.State), a.Note})
	}
	clocks, err := k.clocks()
	if err != nil {
		return PersonCopy{}, err
	}
	for _, clock := range clocks {
		if until := clock.on - 1; clock.file && (c.KeptUntil == nil || until < *c.KeptUntil) {
			c.KeptUntil = &until
		}
	}
	c.Text = c.print()
	return c, nil
}

// print writes the copy as text, in the words of somebody who is no officer.
func (c *PersonCopy) print() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	head := func(s string) { line("\n%s\n%s", strings.ToUpper(s), strings.Repeat("-", len(s))) }
	line("Copy of the data recorded about you in the Entry/Exit System\nRegulation (EU) 2017/2226, Article 52; made on %s", c.On)
	line("Individual reference number: %s. Made by %s on %s.", c.File.Ref, c.File.CreatedBy, law.DateIn(c.File.CreatedAt, time.UTC))
	head("Who you are")
	for _, id := range c.File.Identities {
		line("%s, %s; born %s; sex %s; nationality %s", id.Surname, id.FirstNames, id.BirthDate, id.Sex, stateNames(id.Nationality))
	}
	for _, d := range c.File.Documents {
		line("Travel document %s %s of %s, valid until %s", d.Type, d.Number, d.Issuer.Name(), d.Expiry)
	}
	line("Facial image: %s. Fingerprints: %s.", words(string(c.File.Face)), words(string(c.File.Fingers)))
	head("Entries and exits")
	for _, r := range c.File.Records {
		entry, exit := "not recorded", "not recorded"
		if r.Entry != nil {
			entry = r.Entry.On.String() + " " + r.Entry.CrossingPoint
		}
		if r.Exit != nil {
			exit = r.Exit.On.String() + " " + r.Exit.CrossingPoint
		}
		line("%s: entry %s; exit %s", r.RecordID, entry, exit)
		if v := r.Visa; v != nil {
			line("   visa %s of %s, type %s, %s to %s", v.Sticker, v.Issuer.Name(), v.Type, v.ValidFrom, v.ValidTo)
		}
		if r.StayEnd != nil {
			line("   authorised until %s", r.StayEnd)
		}
		if r.OverstayDays > 0 {
			line("   overstay: %s%s", daysInWords(r.OverstayDays), onList(r.OverstayClass))
		}
		if r.Despite != "" {
			line("   admitted although refusal was proposed (%s): %s", r.Against, r.Despite)
		}
	}
	if len(c.File.Records) == 0 {
		line("None.")
	}
	head("Refusals of entry")
	for _, r := range c.File.Refusals {
		line("%s: %s at %s, by %s", r.RefusalID, r.On, r.CrossingPoint, r.Authority)
		for _, reason := range r.Reasons {
			line("   %s  %s", reason.Letter, reason.Title)
		}
	}
	if len(c.File.Refusals) == 0 {
		line("None.")
	}
	head("Changes")
	for _, a := range c.Amendments {
		line("%s: %s, by %s (%s), %s. %s", a.On, words(string(a.Kind)), a.Authority, a.State.Name(), a.Article, a.Note)
	}
	if len(c.Amendments) == 0 {
		line("None.")
	}
	if c.Restriction != nil {
		line("The processing of your data is restricted since %s, by %s.", c.Restriction.On, c.Restriction.By)
	}
	head("What for, who may receive them, how long they are kept")
	for _, s := range c.Purposes {
		line("Purpose: %s.", s)
	}
	for _, r := range c.Recipients {
		line("May receive: %s (%s).", r.Who, r.Article)
	}
	if c.KeptUntil != nil {
		line("Kept until %s if nothing more is recorded; single records go before that (Article 34).", c.KeptUntil)
	}
	head("Your rights")
	for _, s := range c.Rights {
		line("%s", s)
	}
	return b.String()
}

func words(s string) string { return strings.ToLower(strings.ReplaceAll(s, "_", " ")) }

func onList(class OverstayClass) string {
	if class == "" {
		return ""
	}
	return ", on the list of overstayers"
}

func stateNames(states []person.State) string {
	names := make([]string, len(states))
	for i, s := range states {
		names[i] = s.Name()
	}
	return strings.Join(names, ", ")
}
