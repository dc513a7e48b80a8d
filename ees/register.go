package ees

import (
	"context"
	"errors"
	"slices"
	"time"

	"limen/access"
	"limen/db"
	"limen/interop/cir"
	"limen/law"
	"limen/person"
)

// VisaRegister answers what the Visa Information System holds (2017/2226 arts 8,
// 23(4), 27(1)). It is the question that this room asks; the house plugs in who
// answers. found is false when there is no such visa or person.
type VisaRegister interface {
	// VisaBySticker returns a visa by its sticker (767/2008 art 18).
	VisaBySticker(ctx context.Context, p access.Pass, number person.DocumentNumber, issuer person.State) (v VisaOnRecord, found bool, err error)
	// VerifyFingers compares fingerprints, one to one, with those of a visa's
	// holder (767/2008 art 18).
	VerifyFingers(ctx context.Context, p access.Pass, number person.DocumentNumber, issuer person.State, fingers []byte) (verified bool, err error)
	// SearchTraveller looks for earlier applications of a visa-exempt traveller by
	// identity and document (767/2008 art 19a).
	SearchTraveller(ctx context.Context, p access.Pass, id cir.Identity, doc person.Document) (holder cir.Identity, found bool, err error)
	// IdentifyFingers looks for a person by fingerprints, one to many (767/2008
	// art 20).
	IdentifyFingers(ctx context.Context, p access.Pass, fingers []byte) (holder cir.Identity, found bool, err error)
}

// AuthorisationRegister answers what the travel authorisation system holds for a
// visa-exempt traveller with this document (2017/2226 art 8a, EES-012). found is
// false when there is no valid travel authorisation.
type AuthorisationRegister interface {
	AuthorisationFor(ctx context.Context, p access.Pass, doc person.Document) (e Etias, found bool, err error)
}

// SampleKind says which biometrics a sample is of.
type SampleKind string

// The kinds of sample.
const (
	FaceSample    SampleKind = "face"
	FingersSample SampleKind = "fingerprints"
)

// BiometricVerifier compares live biometrics with those on record (2017/2226
// arts 23(2), 27(1)). It is the question that this room asks; the house plugs in
// who answers. A sample is a container of images in the format of that service.
type BiometricVerifier interface {
	// Holds tells whether there is anything of this kind of a file to compare with.
	// Where there is nothing the guard compares by eye and says what came of it.
	Holds(p access.Pass, ref FileRef, kind SampleKind) (bool, error)
	// Verify compares a sample with those of one file, one to one.
	Verify(ctx context.Context, p access.Pass, ref FileRef, kind SampleKind, sample []byte) (verified bool, err error)
	// Identify looks for the files with these fingerprints, one to many; face is
	// nil or supports the search. There is no search by the face alone (EES-037).
	// It records the search key with the pass.
	Identify(ctx context.Context, p access.Pass, fingers, face []byte) (refs []FileRef, err error)
}

// BiometricIdentifier searches one to many for law enforcement (2017/2226 art
// 32(4), (5)), which may do what border and immigration authorities may not:
// search with latent fingerprints and with the face alone. It answers with the
// files that match the probe, best first, and records the search keys with the pass.
type BiometricIdentifier interface {
	Search(ctx context.Context, p access.Pass, probe BiometricProbe) ([]FileRef, error)
}

// Register is the Entry/Exit System's central register.
type Register struct {
	// Visas is nil while no such system is connected: the check then says so in
	// its steps, and the visa is what the guard types.
	Visas VisaRegister
	// Authorisations is nil while no such system is connected: the check says so
	// in its steps, and a record keeps what the guard's own system sent.
	Authorisations AuthorisationRegister
	// Biometrics is nil while no matching service is connected: the guard then
	// compares by eye and says what came of it, and nobody is sought by
	// fingerprints.
	Biometrics BiometricVerifier
	// Identifier is where the search for law enforcement plugs in; nil while no matching
	// service is connected: a search by biometrics is then refused and logged.
	Identifier BiometricIdentifier
	// Specimens lets documents of the specimen state UTO through, for
	// demonstrations and tests.
	Specimens person.Specimens
}

// known is a file with everything that a decision on it needs.
type known struct {
	file    file
	data    cir.Dataset
	records []record // by when they began
	before  []record // as they are stored
}

// open reads a file, its stays and its data in the repository.
func (r *Register) open(p access.Pass, ref FileRef) (*known, error) {
	k, err := r.openRecords(p, ref)
	if err != nil {
		return nil, err
	}
	k.data, err = cir.Get(p, cir.EES, cir.RecordRef(ref))
	return k, err
}

// openRecords reads a file and its stays: what a decision on them needs.
func (r *Register) openRecords(p access.Pass, ref FileRef) (*known, error) {
	tx, err := p.Tx()
	if err != nil {
		return nil, err
	}
	k := new(known)
	k.file, k.records, err = readFile(tx, ref)
	if errors.Is(err, db.ErrNoRows) {
		return nil, gone(tx, ref)
	}
	k.before = slices.Clone(k.records)
	return k, err
}

func noSuchFile() *law.Refusal {
	return law.Refuse(law.NotFound, "no_such_file", "2017/2226 art 16(2)",
		"There is no individual file with this reference. Check the traveller again.")
}

// holds tells whether one identity of the file is this one: birth date, sex and
// a nationality equal, names inexactly (2019/327 art 2).
func (k *known) holds(id cir.Identity) bool {
	normal := id.Name.Normal()
	for _, own := range k.data.Identities {
		if own.Birth != id.Birth || own.Sex != id.Sex ||
			!slices.ContainsFunc(id.Nationalities, func(n person.State) bool { return slices.Contains(own.Nationalities, n) }) {
			continue
		}
		if _, verdict := person.CompareNormal(own.Name.Normal(), normal); verdict != person.Different {
			return true
		}
	}
	return false
}

// openStay returns the stay without an exit, nil when the person is not inside.
func (k *known) openStay() *record {
	if k == nil {
		return nil
	}
	for i := len(k.records) - 1; i >= 0; i-- {
		if k.records[i].open() {
			return &k.records[i]
		}
	}
	return nil
}

func (k *known) summary() FileSummary {
	s := FileSummary{Ref: k.file.Ref, State: k.file.state(), VisaRequired: k.file.VisaRequired, FamilyMember: k.file.FamilyMember,
		Face: k.file.Face, Fingers: k.file.Fingers, Inside: k.openStay() != nil, Version: k.file.Version, Restricted: k.file.Restricted != nil, Nationality: []person.State{}}
	if len(k.data.Identities) > 0 {
		id := k.data.Identities[0]
		s.Surname, s.FirstNames, s.BirthDate, s.Sex, s.Nationality =
			id.Name.Surname, id.Name.FirstNames, id.Birth.String(), id.Sex, id.Nationalities
	}
	for i := range k.records {
		if d := k.records[i].Entry.On; d != 0 && (s.LastEntry == nil || d > *s.LastEntry) {
			s.LastEntry = &d
		}
		if d := k.records[i].Exit.On; d != 0 && (s.LastExit == nil || d > *s.LastExit) {
			s.LastExit = &d
		}
	}
	return s
}

// Bounds of a border check that are this project's own choice.
const (
	// clockTolerance is how far a booth's clock may run ahead of the centre's.
	clockTolerance = 2 * time.Minute
	// onlineWindow is how long after the crossing a record still counts as made online.
	onlineWindow = 15 * time.Minute
)

// checkLifetime is how long a check may wait for the guard's decision.
var checkLifetime = law.Param[time.Duration]{Name: "ees.check_lifetime", Unit: "duration", Rows: []law.Row[time.Duration]{
	{From: law.MustDate("2025-10-12"), Value: 30 * time.Minute, Cite: "2017/2226 art 23", Unconfirmed: true,
		Note: "design choice: long enough for second line, short enough that the register has hardly moved"}}}

// fingerprintAge is the age from which fingerprints are taken.
var fingerprintAge = law.Param[int]{Name: "ees.fingerprint_age", Unit: "years", Rows: []law.Row[int]{
	{From: law.MustDate("2025-10-12"), Value: 12, Cite: "2017/2226 art 17(3)"}}}

// sameCrossingWindow is how long two entries, or two exits, of one person at one
// crossing point are taken for one crossing told twice.
var sameCrossingWindow = law.Param[time.Duration]{Name: "ees.same_crossing_window", Unit: "duration", Rows: []law.Row[time.Duration]{
	{From: law.MustDate("2025-10-12"), Value: time.Hour, Cite: "2017/2226 art 16(2)", Unconfirmed: true,
		Note: "design choice: the law is silent on a crossing recorded twice"}}}

// Params lists the dated parameters of this room.
func Params() []law.Dated {
	return slices.Concat(
		CalculatorParams(),
		[]law.Dated{&checkLifetime, &fingerprintAge, &sameCrossingWindow},
		[]law.Dated{&screeningFrom, &dailySetCloses, &reportSmallest, &reportRounding, &dailySmallest},
		[]law.Dated{&firstMembership, &nextMembership, &membershipReview},
		[]law.Dated{&undoMerge, &preEnrolmentLifetime, &selfServiceAge},
		rightsParams(),
		[]law.Dated{&lastRecordWithFile, &announcementLife},
		[]law.Dated{&pruemWait, &minimumSentence, &urgentVerification, &caseReview},
	)
}
