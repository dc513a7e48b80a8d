// Package sim makes a synthetic Europe: people who do not exist, their travels,
// and the load that they put on a house.
//
// Three things come out of it. Populate writes a plausible history through the
// real threshold, for demonstrations and for tests with an Auditor that predicts
// every reply. Load fills a store of its own with up to millions of files at
// once, past the threshold, for measuring only. The Bench functions measure a
// house and print what they measured on.
//
// Everything here is deterministic in its seed as far as the people, their
// documents and their travels go: the same seed gives the same on every machine
// and engine. References that the rooms draw at random (file numbers, log
// entries) are not.
//
// # What is plausible and what is invented
//
// Nationalities of visa-required travellers stand in the proportion of the visas
// issued in 2024 by country of the consulate, destinations in the proportion of
// the visas issued by state, 52 % of visas are for multiple entry and about one
// crossing in 1 900 ends with a refusal that the guard finds reason for: published
// figures. The telling travellers of Samples, and those whose days or visa are
// used up, are refused on top of that, so a small population has more refusals
// than life; their split by kind of border is not modelled. There is none for
// the mix of visa-exempt nationalities, for the share of visa-exempt travellers,
// for hours of the day, ages and lengths of stay; those are this project's own
// guesses and carry no information about any country's people.
//
// # What the register of a demonstration lacks
//
// The Entry/Exit System began on 2025-10-12. A stay that ended before that day is
// in no register, and neither is it here. Of somebody who entered before it and
// left after it the record is made at exit, with the day of the entry's stamp
// shown at the check (2017/2226 art 22(2)). In the first 180 days the states had
// to register a growing share of the crossings only; here all of them are
// registered from the first day on, so the demonstration shows a fuller register
// than that time would have left.
package sim
