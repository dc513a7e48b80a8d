package desk_test

import (
	"testing"

	"limen/access"
)

// An immigration authority has a file decided again under the law of another
// day; a guard may not; a day that is none, or lacks, is refused by its field.
func TestAPI_DecideAgain(t *testing.T) {
	o := open(t)
	check := o.want(201, access.BorderGuard, "POST", "/api/ees/v1/checks", `{"direction":"entry","crossing_point":"FRCDG","mrz":`+zone+`}`)
	record := o.want(201, access.BorderGuard, "POST", "/api/ees/v1/crossings", map[string]any{"check_id": check["check_id"]})
	path := "/api/ees/v1/files/" + record["file"].(string) + "/replay"

	again := o.want(200, access.ImmigrationOfficer, "GET", path+"?as_of=2026-01-15", nil)
	stays := again["stays"].([]any)
	if len(stays) != 1 || again["as_of"] != "2026-01-15" || again["on"] != "2026-11-02" {
		t.Fatalf("%v", again)
	}
	stay := stays[0].(map[string]any)
	then, under := stay["then"].(map[string]any), stay["under"].(map[string]any)
	if stay["record_id"] != record["record_id"] || stay["recorded_last_day"] != record["stay_end"] || then["last_day"] != record["stay_end"] || then["decides"] != true ||
		under["decides"] != false || stay["same"] != false || stay["changed"].([]any)[0] != "decides" || len(under["reasons"].([]any)) == 0 {
		t.Errorf("%v", stay)
	}

	before := o.want(200, access.ImmigrationOfficer, "GET", path+"?as_of=2020-01-01", nil)["stays"].([]any)[0].(map[string]any)["under"].(map[string]any)
	if before["refused"] != "no_law_on_day" || before["last_day"] != nil {
		t.Errorf("%v", before)
	}
	o.want(403, access.BorderGuard, "GET", path+"?as_of=2026-01-15", nil)
	o.want(404, access.ImmigrationOfficer, "GET", "/api/ees/v1/files/nobody/replay?as_of=2026-01-15", nil)
	for _, bad := range []string{"", "?as_of=2026-02-30", "?as_of=0000-00-00"} {
		if status, answer := o.call(access.ImmigrationOfficer, "GET", path+bad, nil); status != 422 && status != 400 {
			t.Errorf("%q: %d %v", bad, status, answer)
		}
	}
}
