package ees

import (
	"testing"

	"limen/law"
)

// EES-043: the dates between which stamps count.
func TestArt22_1_StampsCountUntilADay(t *testing.T) {
	for day, want := range map[string]bool{"2025-10-12": true, "2026-04-09": true, "2026-04-10": true, "2026-10-06": true, "2026-10-07": false, "2030-01-01": false} {
		if got, err := law.StampsCount.On(civil(day)); got != want || err != nil {
			t.Errorf("%s: %v, %v", day, got, err)
		}
	}
	if _, err := law.StampsCount.On(civil("2025-10-11")); err == nil {
		t.Error("before the start there is no answer, and one was given")
	}
}

// EES-044 and the progressive start.
func TestArt22_2_WhichEntryPrevails(t *testing.T) {
	for _, c := range []struct {
		name              string
		recorded, stamped string
		biometrics        bool
		want              string
		code              law.Code
	}{
		{"no stamp", "2025-12-01", "", false, "2025-12-01", RecordPrevails},
		{"stamped before the start", "2025-10-20", "2025-10-11", true, "2025-10-11", StampPrevails},
		{"stamped on the first day, file with biometrics", "2025-10-20", "2025-10-12", true, "2025-10-20", RecordPrevails},
		{"both in the progressive period, no biometrics", "2025-12-01", "2025-12-02", false, "", CaseByCase},
		{"both agree", "2025-12-01", "2025-12-01", false, "2025-12-01", RecordPrevails},
		{"nothing recorded in the progressive period", "", "2025-12-02", false, "2025-12-02", StampPrevails},
		{"nothing recorded after it", "", "2026-05-02", true, "2026-05-02", StampPrevails},
		{"both in full operation", "2026-05-01", "2026-05-02", false, "2026-05-01", RecordPrevails},
		{"neither", "", "", false, "", RecordPrevails},
	} {
		entry, why := PrevailingEntry(civil(c.recorded), civil(c.stamped), c.biometrics)
		if entry != civil(c.want) || why.Code != c.code || why.Message == "" {
			t.Errorf("%s: %s by %s, want %s by %s", c.name, entry, why.Code, c.want, c.code)
		}
		if _, err := why.Cite.Parse(); err != nil {
			t.Error(err)
		}
	}
}
