package carrier

import "limen/access"

// The operations of the copy.
const (
	OpAsk        access.Op = "carrier.ask"                  // a carrier asks about passengers
	OpAskStay    access.Op = "carrier.ask_stay"             // a traveller asks about the own stay
	OpRequest    access.Op = "carrier.request_registration" // anybody
	OpDecide     access.Op = "carrier.decide_registration"
	OpList       access.Op = "carrier.list_registrations"
	OpFeed       access.Op = "carrier.feed"
	OpDeregister access.Op = "carrier.deregister_unused"
	OpEraseLogs  access.Op = "carrier.erase_logs"
	OpOwn        access.Op = "carrier.own_registration"     // a carrier reads about itself
	OpReport     access.Op = "carrier.report_impossibility" // a carrier could not ask
	OpDeclare    access.Op = "carrier.declare_failure"
	OpNotices    access.Op = "carrier.list_notices"
	OpWatch      access.Op = "carrier.watch"
)

// Operations lists what the copy can do, each with the article that would have
// to permit it to anybody who may not.
func Operations() []access.Operation {
	return []access.Operation{
		{Op: OpAsk, System: "carrier", Title: "verify the visas of passengers", Cite: citeCarriers},
		{Op: OpAskStay, System: "carrier", Title: "ask about the own stay", Cite: citeTravellers},
		{Op: OpRequest, System: "carrier", Title: "request registration as a carrier", Cite: citeRegister, Writes: true},
		{Op: OpDecide, System: "carrier", Title: "decide on the registration of a carrier", Cite: citeRegister, Writes: true},
		{Op: OpList, System: "carrier", Title: "list the registrations of carriers", Cite: citeRegister},
		{Op: OpFeed, System: "carrier", Title: "bring the carriers' copy up to date", Cite: citeCopy, Writes: true},
		{Op: OpDeregister, System: "carrier", Title: "deregister carriers that did not use the service", Cite: citeRegister, Writes: true},
		{Op: OpEraseLogs, System: "carrier", Title: "erase logs of carriers' questions", Cite: citeLogs, Writes: true, Erases: true},
		{Op: OpOwn, System: "carrier", Title: "read the own registration as a carrier", Cite: citeRegister},
		{Op: OpReport, System: "carrier", Title: "tell that it was impossible to ask", Cite: citeFailure, Writes: true},
		{Op: OpDeclare, System: "carrier", Title: "tell carriers of a failure", Cite: citeFailure, Writes: true},
		{Op: OpNotices, System: "carrier", Title: "read when it was impossible to ask", Cite: citeFailure},
		{Op: OpWatch, System: "carrier", Title: "watch whether carriers can ask", Cite: citeFailure, Writes: true},
	}
}

// Grants lists who may do what in the copy.
func Grants() []access.Grant {
	return []access.Grant{
		{Kind: access.Carrier, Purpose: access.CarrierQuery, Op: OpAsk, Cite: citeCarriers,
			Keys: []access.Key{access.ByIdentity, access.ByDocument, access.ByVisa}, Returns: []access.Category{access.CarrierAnswer}},
		{Kind: access.Traveller, Purpose: access.TravellerQuery, Op: OpAskStay, Cite: citeTravellers,
			Keys: []access.Key{access.ByDocument}, Returns: []access.Category{access.StayResult}},
		{Kind: access.Carrier, Purpose: access.CarrierRegistration, Op: OpRequest, Cite: citeRegister},
		{Kind: access.Administrator, Purpose: access.SystemOperation, Op: OpDecide, Cite: citeRegister, Keys: []access.Key{access.ByAccount}},
		{Kind: access.Administrator, Purpose: access.SystemOperation, Op: OpList, Cite: citeRegister, Keys: []access.Key{access.ByAccount}},
		{Kind: access.Duty, Purpose: access.CarrierCopy, Op: OpFeed, Cite: citeCopy},
		{Kind: access.Duty, Purpose: access.CarrierRegistration, Op: OpDeregister, Cite: citeRegister},
		{Kind: access.Duty, Purpose: access.DataErasure, Op: OpEraseLogs, Cite: citeLogs},
		{Kind: access.Carrier, Purpose: access.CarrierRegistration, Op: OpOwn, Cite: citeRegister},
		{Kind: access.Carrier, Purpose: access.CarrierQuery, Op: OpReport, Cite: citeFailure},
		{Kind: access.Carrier, Purpose: access.CarrierQuery, Op: OpNotices, Cite: citeFailure},
		{Kind: access.Administrator, Purpose: access.SystemOperation, Op: OpNotices, Cite: citeFailure},
		{Kind: access.Administrator, Purpose: access.SystemOperation, Op: OpDeclare, Cite: citeFailure},
		{Kind: access.Duty, Purpose: access.CarrierQuery, Op: OpWatch, Cite: citeFailure},
	}
}
