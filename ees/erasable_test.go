package ees

import (
	"slices"
	"strings"
	"testing"
)

// The tables that an erasure clears are all those that hold a file's
// rows. A table that is keyed by something else says here why it is not one.
func TestArt34_5_EveryTableOfAFileIsErased(t *testing.T) {
	elsewhere := map[string]string{
		"ees_preenrolment":   "rows of hours, by the traveller's code; erased by their own duty when they expire",
		"ees_first":          "rows of two days, by document number; erased by their own duty",
		"ees_outbox":         "tells the copy of the carriers that the file is gone",
		"ees_announcement":   "tells the states that the file is gone; emptied by its own duty",
		"ees_erased_count":   "numbers without references",
		"ees_carrier_feed":   "how far the copy of the carriers was filled: no traveller",
		"ees_ended":          "holds the reference until the log entries about the file are gone",
		"ees_log_hold":       "as ees_ended, while a supervisor needs the log entries",
		"ees_outage":         "says what failed and holds nobody's data",
		"ees_suspension":     "as ees_outage",
		"ees_backfill_open":  "events that have no file yet; erased when they are settled, or by their own duty",
		"ees_daily":          "anonymous: it names nobody",
		"ees_daily_progress": "days and nothing of persons",
		"ees_daily_due":      "days and nothing of persons",
		"ees_case":           "says what was asked and answered and by when, and not of whom",
		// What an authority was given for its case has a clock of its own (art 58(5)).
		"ees_le_request":   "what was asked, by request; erased by the duty of art 58(5)",
		"ees_le_result":    "what was found, by request; erased by the duty of art 58(5)",
		"ees_le_recipient": "who received it: offices, no traveller",
		"ees_le_consent":   "which state consents: offices, no traveller",
		"ees_designated":   "offices, no traveller",
	}
	listed := map[string]string{}
	for _, e := range erasable {
		listed[e.table] = e.column
	}
	for _, table := range Schema().Tables {
		column, cleared := listed[table.Name]
		delete(listed, table.Name)
		switch why := elsewhere[table.Name]; {
		case cleared && why != "":
			t.Errorf("%s is cleared and said to be elsewhere", table.Name)
		case !cleared && why == "":
			t.Errorf("%s is not among the tables that an erasure clears", table.Name)
		case cleared && column != table.Key && !strings.HasPrefix(table.Name, "ees_by_") && table.Name != "ees_backfill":
			t.Errorf("%s is cleared by %s and distributed by %s", table.Name, column, table.Key)
		}
	}
	if len(listed) > 0 {
		t.Errorf("cleared and not in the schema: %v", listed)
	}
	if !slices.ContainsFunc(erasable, func(e struct{ table, column string }) bool { return e.table == "ees_file" }) {
		t.Error("the file itself is not cleared")
	}
}
