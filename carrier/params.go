package carrier

import (
	"time"

	"limen/law"
)

var serviceStart = law.MustDate("2025-10-12")

// QueryWindow is how long before departure a carrier may ask at the earliest.
var QueryWindow = law.Param[time.Duration]{Name: "carrier.query_window", Unit: "before departure", Rows: []law.Row[time.Duration]{
	{From: serviceStart, Value: 48 * time.Hour, Cite: "2022/1409 art 3(4)"}}}

// UnusedUntilDeregistered is how long a carrier may leave the service unused
// before it is deregistered.
var UnusedUntilDeregistered = law.Param[law.Period]{Name: "carrier.deregister_after", Unit: "period without use", Rows: []law.Row[law.Period]{
	{From: serviceStart, Value: law.Period{Years: 1}, Cite: "2022/1409"}}}

// FlightLimit is the number of passengers that one question may name.
var FlightLimit = law.Param[int]{Name: "carrier.flight_limit", Unit: "passengers", Rows: []law.Row[int]{
	{From: serviceStart, Value: 1000, Cite: "2022/1409", Unconfirmed: true,
		Note: "design choice: more than any aircraft carries; a ship asks in parts"}}}

// CopyMaxAge is how old the copy may be and still answer.
var CopyMaxAge = law.Param[time.Duration]{Name: "carrier.copy_max_age", Unit: "since the last complete extraction", Rows: []law.Row[time.Duration]{
	{From: serviceStart, Value: 48 * time.Hour, Cite: "2017/2226 art 13(5)", Unconfirmed: true,
		Note: "design choice: the law asks for an extraction a day at least and is silent on a copy that missed one"}}}

// RevisedVIS says whether the rows that come with the revised Visa Information
// System apply: days left, territory, long-stay visas, permits, airport transit
// visas.
var RevisedVIS = law.Param[bool]{Name: "carrier.revised_vis", Unit: "switch", Rows: []law.Row[bool]{
	{From: serviceStart, Value: false, Cite: "2021/1134", Unconfirmed: true,
		Note: "the first day of the revised Visa Information System is not known"}}}

// TwoEntriesOnMultiple says whether a multiple-entry visa answers a carrier that
// needs two entries.
var TwoEntriesOnMultiple = law.Param[bool]{Name: "carrier.two_entries_on_multiple", Unit: "switch", Rows: []law.Row[bool]{
	{From: serviceStart, Value: true, Cite: "2022/1409", Unconfirmed: true,
		Note: "the table names the unused two-entry visa only; that a visa for any number of entries is worth two was not found in a text"}}}

// AuthorisationRequired says whether travellers who need no visa need a travel
// authorisation.
var AuthorisationRequired = law.Param[bool]{Name: "carrier.authorisation_required", Unit: "switch", Rows: []law.Row[bool]{
	{From: serviceStart, Value: false, Cite: "2018/1240", Unconfirmed: true,
		Note: "the day from which a travel authorisation is required is not known"}}}

// TravellerAddressRate is how many questions on a stay one address may ask in a
// minute.
var TravellerAddressRate = law.Param[int]{Name: "carrier.traveller_address_rate", Unit: "questions a minute", Rows: []law.Row[int]{
	{From: serviceStart, Value: 20, Cite: "2017/2226 art 13(1)", Unconfirmed: true,
		Note: "design choice: a family asks in one minute, a list of document numbers does not"}}}

// TravellerDocumentRate is how often one document may be asked about in an
// hour, from wherever.
var TravellerDocumentRate = law.Param[int]{Name: "carrier.traveller_document_rate", Unit: "questions an hour", Rows: []law.Row[int]{
	{From: serviceStart, Value: 20, Cite: "2017/2226 art 13(1)", Unconfirmed: true,
		Note: "design choice: enough to try out dates of a journey, too few to watch somebody's movements"}}}

// RegistrationRate is how many registrations one address may ask for in an hour.
var RegistrationRate = law.Param[int]{Name: "carrier.registration_rate", Unit: "requests an hour", Rows: []law.Row[int]{
	{From: serviceStart, Value: 5, Cite: "2022/1409", Unconfirmed: true, Note: "design choice: anybody may ask, and a person reads each request"}}}

// QueryAfter is how long after the departure a carrier may still ask: a transport
// that is late has not left. Later the purpose is gone.
var QueryAfter = law.Param[time.Duration]{Name: "carrier.query_after", Unit: "after departure", Rows: []law.Row[time.Duration]{
	{From: serviceStart, Value: 24 * time.Hour, Cite: "2022/1409 art 3(4)", Unconfirmed: true,
		Note: "design choice: the act gives the earliest moment of a question and no latest; a transport that is late by more than a day gets a new departure"}}}

// NoticeWithin is how far back a carrier may tell that it could not ask.
var NoticeWithin = law.Param[time.Duration]{Name: "carrier.notice_within", Unit: "before the notice", Rows: []law.Row[time.Duration]{
	{From: serviceStart, Value: 30 * 24 * time.Hour, Cite: "2017/2226 art 13a", Unconfirmed: true, Note: "design choice: the act sets no time"}}}

// WatchGap is how long the service may have been silent about itself without
// having been down.
var WatchGap = law.Param[time.Duration]{Name: "carrier.watch_gap", Unit: "between two looks", Rows: []law.Row[time.Duration]{
	{From: serviceStart, Value: 15 * time.Minute, Cite: "2017/2226 art 13a", Unconfirmed: true, Note: "design choice: three looks that were missed; a restart takes seconds"}}}

// Params lists the dated parameters of this room.
func Params() []law.Dated {
	return []law.Dated{&QueryWindow, &UnusedUntilDeregistered, &FlightLimit, &CopyMaxAge, &RevisedVIS, &TwoEntriesOnMultiple,
		&AuthorisationRequired, &TravellerAddressRate, &TravellerDocumentRate, &RegistrationRate, &QueryAfter, &NoticeWithin, &WatchGap}
}
