package ees

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"limen/access"
	"limen/law"
	"limen/person"
)

// CaseLine is a case as the list of work shows it. It says nothing of the person.
type CaseLine struct {
	CaseID      string       `json:"case_id"`
	Kind        CaseKind     `json:"kind" enum:"request,correction,early_erasure"`
	Wanted      string       `json:"wanted" doc:"The right, or why the person left the scope."`
	Step        CaseStep     `json:"step" enum:"received,forwarded,checked,decided,evidence,contacted,marked,closed"`
	Home        person.State `json:"home" doc:"State that opened the case, and that answers the person."`
	Desk        person.State `json:"desk" doc:"State whose turn it is."`
	Responsible person.State `json:"responsible" doc:"State that entered the data."`
	Dossier     string       `json:"dossier" doc:"Reference of the dossier of the state that opened the case."`
	BeganOn     law.Date     `json:"began_on" format:"date"`
	DueOn       *law.Date    `json:"due_on" format:"date" doc:"Last day of the next limit by the calendar; null when nothing is to be done."`
	LatestOn    *law.Date    `json:"latest_on" format:"date" doc:"That day, or the next working day where it is none (1182/71 art 3(4))."`
	ReplyBy     *law.Date    `json:"reply_by" format:"date" doc:"Last day to answer the person; null once that is done."`
	DaysLeft    int          `json:"days_left" doc:"Days from today to the last day; negative after it."`
	Overdue     bool         `json:"overdue" doc:"The limit has passed, the working day after it as well."`
	Version     int64        `json:"version"`
}

// CaseView is one case.
type CaseView struct {
	CaseLine
	File             FileRef     `json:"file,omitempty" doc:"The file, while there is one."`
	FileErased       bool        `json:"file_erased" doc:"The case was about a file that has been erased since."`
	FingerprintsHeld bool        `json:"fingerprints_held" doc:"Fingerprints taken in justified doubt are not erased yet."`
	Steps            []CaseEvent `json:"steps" nullable:"false"`
	Words            []CaseWords `json:"words" nullable:"false" doc:"What was written about the person, while the file is there."`
	Next             []string    `json:"next" nullable:"false" doc:"What your state can do now."`
	Letter           []string    `json:"letter" nullable:"false" doc:"Paragraphs of the answer to the person, once it was decided."`
	Record           []string    `json:"record" nullable:"false" doc:"The record of the request for the supervisory authority, once it was decided."`
}

func (c *caseRow) line(today law.Date) (CaseLine, error) {
	l := CaseLine{CaseID: c.ID, Kind: c.Kind, Wanted: c.Wanted, Step: c.Step, Home: c.Home, Desk: c.Desk, Responsible: c.Responsible, Dossier: c.Dossier,
		BeganOn: c.BeganOn, Version: c.Version}
	reply, err := c.replyBy()
	if err != nil {
		return CaseLine{}, err
	}
	if reply != 0 && c.Step != CaseDecided && c.Step != CaseClosed {
		l.ReplyBy = &reply
	}
	if c.DueOn != 0 {
		due, latest := c.DueOn, c.LatestOn
		l.DueOn, l.LatestOn, l.DaysLeft, l.Overdue = &due, &latest, int(due-today), today > latest
	}
	return l, nil
}

// view is a case as a state sees it; words are those of the step just taken,
// which a letter quotes even where nothing keeps them.
func (c *caseRow) view(own person.State, today law.Date, words string) (CaseView, error) {
	line, err := c.line(today)
	if err != nil {
		return CaseView{}, err
	}
	v := CaseView{CaseLine: line, File: c.File, FileErased: c.Flags.HadFile && c.File == "", FingerprintsHeld: c.Flags.FingersTaken,
		Steps: c.Steps, Words: c.Words, Next: c.next(own), Letter: []string{}, Record: []string{}}
	if v.Words == nil {
		v.Words = []CaseWords{}
	}
	if c.Kind == PersonsRequest && (c.Step == CaseDecided || c.Step == CaseClosed) {
		for _, w := range c.Words {
			if words == "" && (w.Do == "refuse" || w.Do == "confirm") {
				words = w.Words
			}
		}
		v.Letter, v.Record = c.letter(words), c.record()
	}
	return v, nil
}

// ReadCase returns one case, for a state that it concerns.
func (r *Register) ReadCase(p access.Pass, id string) (CaseView, error) {
	c, tx, err := readCase(p, id)
	if err != nil {
		return CaseView{}, err
	}
	v, err := c.view(person.State(p.Principal().Authority.State), law.DateIn(tx.Now(), time.UTC), "")
	if err != nil {
		return CaseView{}, err
	}
	return v, p.Send(access.EntryRecords)
}

// CaseQuery is a page of the list of work.
type CaseQuery struct {
	Overdue bool   // only those whose limit has passed
	After   string // the Next of the page before
	Limit   int    // 1..200
}

// CaseList is the work of a state with time limits, the next due first.
type CaseList struct {
	On    law.Date   `json:"on" format:"date" doc:"The day the list was read on."`
	Cases []CaseLine `json:"cases" nullable:"false"`
	Next  string     `json:"next,omitempty" doc:"Give this as 'after' to read on; absent on the last page."`
}

type caseCursor struct {
	Due law.Date `json:"d"`
	ID  string   `json:"i"`
}

// ListCases reads a page of the state's work by its own index, whoever's turn it
// is: the state's own and, of the cases that it opened, those where it waits for
// another.
func (r *Register) ListCases(p access.Pass, q CaseQuery) (CaseList, error) {
	tx, err := p.Tx()
	if err != nil {
		return CaseList{}, err
	}
	if q.Limit < 1 || q.Limit > 200 {
		return CaseList{}, law.BadField("limit", "page_size", "2017/2226 art 52", "Ask for 1 to 200 cases at a time.")
	}
	from := caseCursor{Due: law.MinDate}
	if q.After != "" {
		b, err := base64.RawURLEncoding.DecodeString(q.After)
		if err != nil || json.Unmarshal(b, &from) != nil || from.Due == 0 {
			return CaseList{}, law.BadField("after", "unknown_page", "2017/2226 art 52", "Use the value of 'next' from the page before.")
		}
	}
	list := CaseList{On: law.DateIn(tx.Now(), time.UTC), Cases: []CaseLine{}}
	until := law.MaxDate
	if q.Overdue {
		until = list.On - 1
	}
	var found []*caseRow
	for _, whose := range []string{"c.desk = $1", "c.home = $1 AND c.desk <> $1"} {
		rows, err := tx.Query(`SELECT `+caseColumns+` FROM ees_case c WHERE `+whose+` AND c.due_on IS NOT NULL AND (c.due_on, c.id) > ($2, $3) AND c.due_on <= $4
			ORDER BY c.due_on, c.id LIMIT $5`, p.Principal().Authority.State, from.Due, from.ID, until, q.Limit+1)
		if err != nil {
			return CaseList{}, err
		}
		for rows.Next() {
			var f caseFields
			if err := rows.Scan(f.fields()...); err != nil {
				rows.Close()
				return CaseList{}, err
			}
			c, err := f.row()
			if err != nil {
				rows.Close()
				return CaseList{}, err
			}
			found = append(found, c)
		}
		if err := rows.Err(); err != nil {
			return CaseList{}, err
		}
	}
	slices.SortFunc(found, func(a, b *caseRow) int {
		if a.DueOn != b.DueOn {
			return int(a.DueOn - b.DueOn)
		}
		return strings.Compare(a.ID, b.ID)
	})
	for i, c := range found {
		if i == q.Limit {
			last := found[i-1]
			b, err := json.Marshal(caseCursor{last.DueOn, last.ID})
			if err != nil {
				return CaseList{}, err
			}
			list.Next = base64.RawURLEncoding.EncodeToString(b)
			break
		}
		line, err := c.line(list.On)
		if err != nil {
			return CaseList{}, err
		}
		if q.Overdue && !line.Overdue {
			continue
		}
		list.Cases = append(list.Cases, line)
	}
	return list, nil
}

// outcome of the decision: "granted", "refused" or "withdrawn".
func (c *caseRow) outcome() string {
	for _, e := range slices.Backward(c.Steps) {
		switch e.Do {
		case "confirm":
			return "granted"
		case "refuse":
			return "refused"
		case "withdraw":
			return "withdrawn"
		}
	}
	return ""
}

var wantedWords = map[string]string{
	"access": "access to your data", "rectification": "the rectification of your data", "completion": "the completion of your data",
	"erasure": "the erasure of your data", "restriction": "the restriction of the processing of your data",
}

// letter is the text of the answer to the person: a confirmation, or a decision
// with its reasons and the remedies against it (art 52).
func (c *caseRow) letter(words string) []string {
	head := fmt.Sprintf("On %s you asked the authorities of %s for %s in the Entry/Exit System (Regulation (EU) 2017/2226, Article 52). Our reference: %s.",
		c.BeganOn, c.Home.Name(), wantedWords[c.Wanted], c.Dossier)
	switch c.outcome() {
	case "granted":
		done := map[string]string{
			"access":        "You receive a copy of all data recorded about you with this letter.",
			"rectification": "The data have been corrected. Everything that is calculated from them was calculated anew.",
			"completion":    "The data have been completed. Everything that is calculated from them was calculated anew.",
			"erasure":       "The data are erased from the Entry/Exit System and from the common identity repository, and all Member States are told.",
			"restriction":   "The processing of the data is restricted: they are stored, shown at border checks with this restriction, and not used otherwise until it is lifted. You will be told before that.",
		}[c.Wanted]
		if !c.Flags.HadFile {
			done = "No data about you are recorded in the Entry/Exit System."
		}
		return []string{head, "We confirm that your request was carried out. " + done}
	case "refused":
		return []string{head, "We do not carry out your request, for these reasons: " + words,
			"Remedies. You may bring an action or a complaint before the competent authorities or courts of " + c.Home.Name() +
				" if you do not agree (Article 54). You may lodge a complaint with the supervisory authority for data protection of " + c.Home.Name() +
				", which also helps and advises you on request (Article 53). Which court or authority, and within what time, is said in the enclosed notice of national law.",
			"The responsible Member State is " + c.Responsible.Name() + "."}
	}
	return []string{head, "You have withdrawn your request. The case is closed; you may ask again at any time."}
}

// record is the written record that a request was made and how it was addressed,
// for the supervisory authority. It does not name the person.
func (c *caseRow) record() []string {
	lines := []string{fmt.Sprintf("Request for %s under Article 52 of Regulation (EU) 2017/2226, received by %s on %s; dossier %s, case %s.",
		strings.Replace(wantedWords[c.Wanted], "your data", "data", 1), c.Home.Name(), c.BeganOn, c.Dossier, c.ID)}
	for _, e := range c.Steps {
		line := fmt.Sprintf("%s: %s, by %s (%s)", e.On, strings.ReplaceAll(e.Do, "_", " "), e.Authority, e.State.Name())
		if e.Outcome != "" {
			line += ": " + strings.ReplaceAll(e.Outcome, "_", " ")
		}
		lines = append(lines, line+".")
	}
	return append(lines, "Outcome: "+c.outcome()+".")
}
