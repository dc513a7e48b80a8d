package ees

// erasable are the tables that hold a person's data by the reference of the file,
// with the column of that reference, in the order in which an erasure clears them
// (art 34(5), EES-061). A table that is missing here would keep what the law
// wants gone; a test compares the list with the tables there are.
var erasable = []struct{ table, column string }{
	{"ees_check", "home"},
	{"ees_check_step", "home"},
	{"ees_sample", "home"},
	{"ees_outcome", "home"},
	{"ees_by_visa", "ref"},
	{"ees_backfill", "ref"},
	{"ees_amendment", "ref"},
	{"ees_by_merged", "ref"},
	{"ees_merged", "ref"},
	{"ees_not_same", "other"},
	{"ees_not_same", "ref"},
	{"ees_by_case", "ref"},
	{"ees_refusal", "ref"},
	{"ees_record", "ref"},
	{"ees_file", "ref"},
}
