package ees_test

import (
	"slices"
	"testing"

	"limen/ees"
	"limen/interop/cir"
	"limen/law"
	"limen/person"
)

// Art 23(5): of a file that a state outside the acquis made on a national visa,
// the Visa Information System is consulted at the first crossing inside it, once,
// as a step of its own that everybody sees.
func TestArt23_5_FirstCrossingInFullConsultsTheVIS(t *testing.T) {
	rows := law.PartialStates.Rows
	t.Cleanup(func() { law.PartialStates.Rows = rows })
	law.PartialStates.Rows = append(slices.Clone(rows), law.Row[[]string]{From: day("2026-01-01"), Value: []string{"ROU"}, Cite: "2017/2226 art 66(2)"})
	// made is mehmet's file, made in Romania on its own visa, or on a uniform one.
	made := func(b *border, national bool) ees.CheckRequest {
		who := mehmet()
		uniform := &ees.VisaInput{Number: "FRA1", Issuer: "FRA", ValidFrom: day("2026-04-01"), ValidUntil: day("2026-11-30"), Days: 90}
		who.Visa, who.CrossingPoint = uniform, "ROOTP"
		if national {
			who.Visa = &ees.VisaInput{Number: "ROU5", Issuer: "ROU", ValidFrom: day("2026-04-01"), ValidUntil: day("2026-09-15"), Days: 90, National: true}
		}
		who.Biometrics = &ees.Biometrics{Face: "captured"}
		b.enter("2026-05-01 08:00", who)
		who.Biometrics = nil
		b.leave("2026-05-02 08:00", who)
		who.Visa, who.CrossingPoint = uniform, "FRCDG"
		b.at("2026-05-10 08:00")
		return who
	}
	onBoth(t, func(b *border) {
		holder := cir.Identity{Name: person.Name{Surname: "OTHER"}, Sex: "M", Nationalities: []person.State{"TUR"}}
		connected := vis{visa: ees.VisaOnRecord{Sticker: "FRA1", Issuer: "FRA", Type: person.VisaC, ValidFrom: day("2026-04-01"), ValidTo: day("2026-11-30"), Days: 90}, holder: holder}

		who := made(b, true)
		// Not connected: the step is in the way, and the guard is told.
		c := b.check(who)
		p := b.step(c.Progress, ees.StepRequest{Outcome: ees.EventFaceMatch}, ees.StateConsulted)
		if i := slices.IndexFunc(p.Path, func(s ees.PathStep) bool { return s.From == ees.StateConsultVIS }); i < 0 || p.Path[i].Cite != "2017/2226 art 23(5)" || p.Path[i].Event != ees.EventNotConnected {
			b.Fatalf("%+v", p.Path)
		}
		if after := b.readCheck(c.CheckID); !found(after, "vis_to_be_consulted") || !slices.Contains(after.Steps, ees.Step{Step: "vis_consultation", Outcome: "not_connected", Cite: "2017/2226 art 23(5)"}) {
			b.Fatalf("%+v %+v", after.Findings, after.Steps)
		}

		b.register.Visas = connected
		defer func() { b.register.Visas = nil }()
		for _, w := range []struct {
			req      ees.StepRequest
			proposal ees.Proposal
			code     law.Code
		}{
			{ees.StepRequest{Fingerprints: []byte("fingers of FRA1")}, ees.Admit, ""},
			{ees.StepRequest{Fingerprints: []byte("fingers of OTHER")}, ees.SecondLine, "visa_of_another_person"},
			{ees.StepRequest{Outcome: ees.EventFingersImpossible}, ees.Admit, ""},
			{ees.StepRequest{Outcome: ees.EventSearchFailed}, ees.Admit, "vis_to_be_consulted"},
		} {
			c = b.check(who)
			p = b.step(c.Progress, ees.StepRequest{Outcome: ees.EventFaceMatch}, ees.StateConsultVIS)
			if !p.Next.Connected || p.Next.Cite != "2017/2226 art 23(5)" {
				b.Fatalf("%+v", p.Next)
			}
			_, err := b.tryStep(c.CheckID, 0, ees.StepRequest{Step: ees.StateConsultVIS, Outcome: ees.EventVISConfirmed})
			refused(b.T, err, "sample_needed")
			_, err = b.tryStep(c.CheckID, 0, ees.StepRequest{Step: ees.StateConsultVIS})
			refused(b.T, err, "fingerprints_needed")
			b.step(p, w.req, ees.StateConsulted)
			after := b.readCheck(c.CheckID)
			if after.Proposal != w.proposal || w.code != "" && !found(after, w.code) || w.code == "" && found(after, "vis_to_be_consulted") || after.File == nil {
				b.Errorf("%+v: %s %+v", w.req, after.Proposal, after.Findings)
			}
		}
		// A gate does not consult: a guard does.
		res, err := b.tryGate(ees.GateRequest{CheckRequest: who, Chip: goodChip, Verified: "face"})
		b.referred(res, err, "vis_to_be_consulted")
		// Once: after this crossing, and at its exit, nobody is asked again.
		b.cross(c)
		who.Direction = ees.Exit
		b.at("2026-05-12 08:00")
		b.step(b.check(who).Progress, ees.StepRequest{Outcome: ees.EventFaceMatch}, ees.StateVerified)
	})
	// Made on a uniform visa: nothing to consult.
	onBoth(t, func(b *border) {
		b.step(b.check(made(b, false)).Progress, ees.StepRequest{Outcome: ees.EventFaceMatch}, ees.StateVerified)
	})
}
