// Package house is the list of rooms and their wiring: which tables, grants,
// parameters, duties and desks there are. Adding a system is a folder and one
// line here.
package house

import (
	"limen/access"
	"limen/carrier"
	"limen/db"
	"limen/ees"
	"limen/interop/bms"
	"limen/interop/cir"
	"limen/law"
	"limen/ledger"
	"limen/nui"
	"limen/person"
)

// Room is what the house knows of one room.
type Room struct {
	Name       string
	Schema     func() db.Schema          // nil: no tables
	Operations func() []access.Operation // nil: does nothing by itself
	Grants     func() []access.Grant
	Params     func() []law.Dated
	Apart      bool // stands in a house of its own: its tables and its grants are not the register's
}

// Rooms lists the rooms from the ground up: a room comes after those it needs.
var Rooms = []Room{
	{Name: "law", Params: law.Params},
	{Name: "person", Params: person.Params},
	{Name: "ledger", Schema: ledger.Schema},
	{Name: "access", Schema: access.Schema, Operations: access.Operations, Grants: access.Grants},
	{Name: "bms", Schema: bms.Schema, Operations: bms.Operations, Grants: bms.Grants, Params: bms.Params},
	{Name: "cir", Schema: cir.Schema},
	{Name: "ees", Schema: ees.Schema, Operations: ees.Operations, Grants: ees.Grants, Params: ees.Params},
	{Name: "carrier", Schema: carrier.Schema, Operations: carrier.Operations, Grants: carrier.Grants, Params: carrier.Params, Apart: true},
	{Name: "nui", Params: nui.Params}, // its tables stand in a store of its own
}

// Schemas returns the tables of every room of the register.
func Schemas() []db.Schema {
	var all []db.Schema
	for _, r := range Rooms {
		if r.Schema != nil && !r.Apart {
			all = append(all, r.Schema())
		}
	}
	return all
}

// Operations returns what every room can do, those that stand apart among them.
func Operations() []access.Operation {
	return append(operations(false), operations(true)...)
}

// Grants returns the access rows of every room, those that stand apart among them.
func Grants() []access.Grant {
	return append(grants(false), grants(true)...)
}

// operations are those of the rooms of the register, or of those apart from it.
func operations(apart bool) []access.Operation {
	var all []access.Operation
	for _, r := range Rooms {
		if r.Operations != nil && r.Apart == apart {
			all = append(all, r.Operations()...)
		}
	}
	return all
}

func grants(apart bool) []access.Grant {
	var all []access.Grant
	for _, r := range Rooms {
		if r.Grants != nil && r.Apart == apart {
			all = append(all, r.Grants()...)
		}
	}
	return all
}

// Params returns the dated parameters of every room.
func Params() []law.Dated {
	var all []law.Dated
	for _, r := range Rooms {
		if r.Params != nil {
			all = append(all, r.Params()...)
		}
	}
	return all
}
