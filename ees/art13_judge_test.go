package ees

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"limen/law"
	"limen/person"
)

// A history survives its way through the copy: whatever it holds, it comes back
// equal, and the calculator answers as on the records.
func TestArt13_5_AHistorySurvivesTheCopy(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	from := law.MustDate("2026-01-01")
	for range 500 {
		h := new(builtHistory)
		for i := range r.IntN(3) {
			h.visa(&VisaOnRecord{Sticker: person.DocumentNumber("V" + string(rune('A'+i))), Issuer: "FRA", Type: []person.VisaType{person.VisaC, person.VisaLTV}[r.IntN(2)],
				ValidFrom: from + law.Date(r.IntN(50)), ValidTo: from + law.Date(100+r.IntN(300)), Days: 1 + r.IntN(90), Entries: r.IntN(3), LTVStates: []person.State{"FRA"}})
		}
		for range r.IntN(6) {
			s := Stay{Entry: from + law.Date(r.IntN(300)), Family: r.IntN(9) == 0, Partial: r.IntN(9) == 0, Visa: int32(r.IntN(len(h.Visas) + 1))}
			if r.IntN(4) > 0 {
				s.Exit = s.Entry + law.Date(r.IntN(60))
			}
			if r.IntN(5) == 0 {
				s.Changes = []Change{{Status: Extended, Decided: s.Entry, From: s.Entry + 1, End: s.Entry + 30, Bilateral: true, State: "FRA"}, {Status: Revoked, Decided: s.Entry + 5}}
			}
			h.Stays = append(h.Stays, s)
		}
		if r.IntN(3) == 0 {
			h.Stamps = append(h.Stamps, Stay{Entry: from - 30, Exit: from - 20, CountsFrom: from - 25})
			h.Permits = append(h.Permits, Span{from + 10, from + 40})
		}
		b, err := h.forCopy()
		if err != nil {
			t.Fatal(err)
		}
		back, err := readCopied(b)
		if err != nil {
			t.Fatal(err)
		}
		if len(h.Stays)+len(h.Stamps) == 0 {
			continue
		}
		if !reflect.DeepEqual(back.History, h.History) || !reflect.DeepEqual(back.keys, h.keys) {
			t.Fatalf("%+v\ncomes back as %+v", h.History, back.History)
		}
		on := from + law.Date(r.IntN(400))
		want, wantErr := Calculate(&h.History, Question{On: on, Intended: Stay{Entry: on}})
		got, gotErr := JudgeExtracted(b, ExtractedQuestion{On: on})
		if (wantErr == nil) != (gotErr == nil) || wantErr == nil && (got.Days != want.Remaining || got.Used != want.DaysUsed) {
			t.Fatalf("on %s: %+v %v; the records give %+v %v", on, got, gotErr, want, wantErr)
		}
	}
}

// The visas of a file: entries into states that apply the acquis in part and stays
// without a crossing use none up, the first record says days and entries, and
// decisions on a stay are decisions on its visa until a new one is issued.
func TestArt13_3_EntriesUsedAreThoseIntoTheArea(t *testing.T) {
	v := func(sticker string, days, entries int) *VisaOnRecord {
		return &VisaOnRecord{Sticker: person.DocumentNumber(sticker), Issuer: "FRA", Type: person.VisaC, Days: days, Entries: entries}
	}
	entry := event{On: law.MustDate("2026-05-01")}
	k := &known{records: []record{
		{N: 1, Entry: entry, Visa: v("A", 0, 0)}, // a later record was told first
		{N: 2, Entry: entry, Visa: v("A", 30, 2), Partial: true},
		{N: 3, Entry: entry, Visa: v("A", 0, 0), StartOfStay: true},
		{N: 4, Visa: v("A", 0, 0)}, // an exit alone
		{N: 5, Entry: entry, Visa: v("B", 10, 1), ExitVisa: v("C", 20, 0), Changes: []StayChange{{Status: Revoked}}},
		{N: 6, Entry: entry, Visa: v("D", 10, 1), Changes: []StayChange{{Status: Annulled}}},
		{N: 7, Entry: entry, Visa: v("E", 10, 1), Changes: []StayChange{{Status: Extended, NewVisa: v("F", 5, 1)}, {Status: Revoked}}},
		{N: 8, Entry: entry, Visa: v("G", 10, 1), Changes: []StayChange{{Status: Revoked}, {Status: Extended}}},
	}}
	type seen struct {
		days, entries, used int
		revoked, annulled   bool
	}
	got := map[person.DocumentNumber]seen{}
	for _, x := range k.visas() {
		got[x.Sticker] = seen{x.Days, x.Entries, x.Used, x.Revoked, x.Annulled}
	}
	want := map[person.DocumentNumber]seen{"A": {30, 2, 1, false, false}, "B": {10, 1, 1, true, false}, "C": {20, 0, 0, false, false},
		"D": {10, 1, 1, false, true}, "E": {10, 1, 1, false, false}, "F": {5, 1, 0, true, false}, "G": {10, 1, 1, false, false}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
}

// Under a permit, as a family member and in transit there is no short stay to
// calculate.
func TestArt13_1_WithoutAShortStayNothingIsComputed(t *testing.T) {
	on := law.MustDate("2026-11-01")
	for name, h := range map[string]*builtHistory{
		"permit":  {History: History{Permits: []Span{{on - 10, on + 10}}}},
		"family":  {History: History{Stays: []Stay{{Entry: on - 5, Family: true}}}},
		"transit": {History: History{Stays: []Stay{{Entry: on, Transit: true}}}},
	} {
		b, err := h.forCopy()
		if err != nil {
			t.Fatal(err)
		}
		v, err := JudgeExtracted(b, ExtractedQuestion{On: on, Present: true})
		if err != nil || v.Computed {
			t.Errorf("%s: %+v %v", name, v, err)
		}
	}
}

func FuzzJudgeExtracted(f *testing.F) {
	f.Add([]byte(`{"s":[{"e":739500,"x":739510,"v":1}],"v":[{"k":"FRA|A","f":739400,"u":739700,"d":30}]}`), int32(739520))
	f.Add([]byte(`{"s":[{"e":-1,"v":9}],"p":[[1,0]]}`), int32(1))
	f.Fuzz(func(t *testing.T, history []byte, on int32) {
		v, err := JudgeExtracted(history, ExtractedQuestion{On: law.Date(on), Present: true})
		if err == nil && (v.Days < 0 || v.Used < 0) {
			t.Errorf("%+v", v)
		}
	})
}
