package ees

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"limen/access"
	"limen/law"
	"limen/person"
)

// pruemWait is how long after its launch a search in the other states' systems
// that has not finished no longer holds up the search here (art 32(2)(b)).
var pruemWait = law.Param[time.Duration]{Name: "ees.pruem_wait", Unit: "duration", Rows: []law.Row[time.Duration]{
	{From: law.EESStart(), Value: 48 * time.Hour, Cite: "2017/2226 art 32(2)", Unconfirmed: true,
		Note: "two days of being launched, read as 48 hours; counted as Regulation 1182/71 counts days they would end with the last hour of the second day after the launch"}}}

// ConditionView is one condition of article 32 and whether it is met.
type ConditionView struct {
	Code    law.Code     `json:"code" doc:"Stable name of what is missing when it is not met."`
	Article law.Citation `json:"article"`
	Field   string       `json:"field" doc:"The field of the request that it looks at."`
	Met     bool         `json:"met"`
	Message string       `json:"message"`
}

// conditions judges the request as of a moment: every condition that its
// purpose and its keys ask for (art 32(1)-(3), 31(2)).
func (q *leRequest) conditions(at time.Time) ([]ConditionView, error) {
	in := q.Body
	if in == nil {
		return nil, fmt.Errorf("%w: %s", errErased, q.ID)
	}
	row, _ := offence(in.Offence.Category)
	list := []ConditionView{
		{"offence_not_in_scope", "2017/2226 art 32(1)(a)", "offence.category", row.Code != "", "The offence is a terrorist offence or one of the serious criminal offences."}}
	if row.Kind == SeriousOffence {
		years, err := minimumSentence.On(law.DateIn(at, time.UTC))
		if err != nil {
			return nil, err
		}
		list = append(list, ConditionView{"sentence_too_short", "2017/2226 art 32(1)(a)", "offence.maximum_sentence_years", in.Offence.MaxYears >= years,
			"National law punishes the offence with a maximum of at least " + strconv.Itoa(years) + " years."})
	}
	list = append(list,
		ConditionView{"necessity_missing", "2017/2226 art 32(1)(a)", "necessity", in.Necessity != "", "The request says why access is necessary."},
		ConditionView{"proportionality_missing", "2017/2226 art 32(1)(b)", "proportionality", in.Proportionality != "", "The request says why access is proportionate in this specific case."},
		ConditionView{"grounds_missing", "2017/2226 art 32(1)(c)", "grounds", in.Grounds != "", "The request gives evidence or reasonable grounds."})
	if q.Urgent {
		list = append(list, ConditionView{"danger_missing", "2017/2226 art 31(2)", "imminent_danger", in.Danger != "", "The request says which imminent danger to life must be prevented."})
	}
	if q.Purpose != access.LawEnforcementIdentify {
		return list, nil
	}
	kinds := strings.Fields(q.SearchedBy)
	list = append(list, ConditionView{"key_not_for_identification", "2017/2226 art 32(4)", "search",
		!slices.ContainsFunc(kinds, func(k string) bool { return !slices.Contains(identifyKeys, access.Key(k)) && k != latentKind }),
		"Somebody unknown is identified with fingerprints or a facial image and nothing else."})
	waived := in.waived() != ""
	list = append(list, ConditionView{"national_search_missing", "2017/2226 art 32(2)(a)", "national_search", waived || in.NationalSearch != 0,
		"National databases were searched before, or the request says why that need not wait."})
	if slices.Contains(kinds, string(access.ByFingers)) {
		done, err := in.Pruem.done(at)
		if err != nil {
			return nil, err
		}
		list = append(list, ConditionView{"pruem_search_missing", "2017/2226 art 32(2)(b)", "pruem", waived || done,
			"The other states' fingerprint systems were searched, to the end or for two days, or the request says why that need not wait."})
	}
	return list, nil
}

// done tells whether the search has ended, or was launched long enough ago.
func (s *PruemSearch) done(at time.Time) (bool, error) {
	if s == nil {
		return false, nil
	}
	wait, err := pruemWait.On(law.DateIn(at, time.UTC))
	return s.Finished != nil && !s.Finished.After(at) || !at.Before(s.Launched.Add(wait)), err
}

// mustMeet refuses a request of which a condition is not met, by the first of
// them; its facts name them all.
func (q *leRequest) mustMeet(at time.Time) error {
	list, err := q.conditions(at)
	if err != nil {
		return err
	}
	var first *ConditionView
	var codes []string
	for i := range list {
		if !list[i].Met {
			if first == nil {
				first = &list[i]
			}
			codes = append(codes, string(list[i].Code))
		}
	}
	if first == nil {
		return nil
	}
	no := law.Refuse(law.NotPermitted, first.Code, first.Article, "A condition is not met: "+first.Message+" The unit can submit a request that meets it.",
		"not_met", strings.Join(codes, " "), "request", q.ID)
	no.Field = first.Field
	return no
}

// check refuses what cannot be read. What is readable and falls short is a
// condition, which is listed.
func (in *ReasonedRequest) check(now time.Time, specimens person.Specimens) error {
	today := law.DateIn(now, time.UTC)
	row, known := offence(in.Offence.Category)
	switch {
	case !known:
		return law.BadField("offence.category", "unknown_offence", "2017/2226 art 32(1)(a)",
			"Name a category of terrorist or serious criminal offences. Access for any other offence is not possible.")
	case in.Offence.Description == "":
		return law.BadField("offence.description", "offence_missing", "2017/2226 art 59(2)(a)", "Describe the exact offence.")
	case row.Kind == TerroristOffence && in.Offence.MaxYears != 0:
		return law.BadField("offence.maximum_sentence_years", "sentence_not_asked", "2017/2226 art 32(1)(a)", "The maximum sentence is asked for serious criminal offences alone. Leave it out.")
	case in.Offence.MaxYears < 0 || in.Offence.MaxYears > 100:
		return law.BadField("offence.maximum_sentence_years", "sentence_out_of_range", "2017/2226 art 32(1)(a)", "Give whole years, 100 for life.")
	case in.OrderedBy == "":
		return law.BadField("ordered_by", "ordering_officer_missing", "2017/2226 art 59(2)(h)", "Name the official who ordered the search.")
	case in.NationalSearch > today:
		return law.BadField("national_search", "date_in_the_future", "2017/2226 art 32(2)(a)", "The search in national databases comes first. Its day cannot lie ahead.")
	}
	for _, f := range []struct {
		field, text string
		max         int
	}{{"offence.description", in.Offence.Description, 500}, {"necessity", in.Necessity, 2000}, {"proportionality", in.Proportionality, 2000}, {"grounds", in.Grounds, 2000},
		{"ordered_by", in.OrderedBy, 128}, {"comparison_futile", in.Futile, 2000}, {"imminent_danger", in.Danger, 2000}, {"repository_hit", in.RepositoryHit, 64}} {
		if len([]rune(f.text)) > f.max {
			return law.BadField(f.field, "too_long", "2017/2226 art 31(1)", "This text is too long. Say it in at most "+strconv.Itoa(f.max)+" letters.")
		}
	}
	if s := in.Pruem; s != nil {
		switch {
		case s.Launched.IsZero() || s.Launched.After(now):
			return law.BadField("pruem.launched_at", "date_in_the_future", "2017/2226 art 32(2)(b)", "Say when the search was launched: a moment that has passed.")
		case s.Finished != nil && (s.Finished.Before(s.Launched) || s.Finished.After(now)):
			return law.BadField("pruem.finished_at", "ends_before_it_begins", "2017/2226 art 32(2)(b)", "The search ends after its launch and not in the future. Leave it out while it runs.")
		}
	}
	_, err := in.Search.read(today, specimens)
	return err
}
