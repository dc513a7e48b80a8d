package ees

import "limen/law"

// limit builds the parameter of a time limit, from the start of operations.
func limit(name string, p law.Period, cite law.Citation, note string, unconfirmed bool) law.Param[law.Period] {
	return law.Param[law.Period]{Name: "limits." + name, Unit: "period", Rows: []law.Row[law.Period]{{From: law.EESStart(), Value: p, Cite: cite, Note: note, Unconfirmed: unconfirmed}}}
}

// The time limits of corrections and of requests of persons.
var (
	// contactWithin runs from the evidence that another state's data are wrong.
	contactWithin = limit("contact_responsible", law.Period{Days: 7}, "2017/2226 art 35(2)", "From the evidence.", false)
	// responsibleAnswers runs from the contact of the responsible state.
	responsibleAnswers = limit("responsible_answers", law.Period{Months: 1}, "2017/2226 art 35(2)", "From the contact.", false)
	// replyWithin runs from the receipt of a person's request.
	replyWithin = limit("request_reply", law.Period{Days: 45}, "2017/2226 art 52", "From the receipt of the request.", false)
	// checkWithin runs from the receipt, or from the contact of the responsible state.
	checkWithin = limit("request_check", law.Period{Days: 30}, "2017/2226 art 52", "From the receipt, or from the forwarding to the responsible state.", false)
	// forwardWithin runs from the receipt of a request about another state's data.
	forwardWithin = limit("request_forward", law.Period{Days: 7}, "2017/2226 art 52", "From the receipt of the request.", false)
	// recordWithin runs from the reply.
	recordWithin = limit("request_record", law.Period{Days: 7}, "2017/2226 art 52",
		"Whether the seven days to make the record available to the supervisory authority run from the request, the reply or that authority's own request was not found; from the reply is chosen, when the record says how it was addressed.", true)
	// keepCases runs from the day on which a case is closed.
	keepCases = limit("keep_cases", law.Period{Years: 3}, "2016/679 art 5(1)(e)",
		"From the closing of the case. Design choice: no text says how long the record of a request is kept; as long as the record that it may have been about.", true)
)

func rightsParams() []law.Dated {
	return []law.Dated{&contactWithin, &responsibleAnswers, &replyWithin, &checkWithin, &forwardWithin, &recordWithin, &keepCases}
}
