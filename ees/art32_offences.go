package ees

import (
	"limen/law"
)

// OffenceKind is one of the two kinds of offence for which the law-enforcement
// chapter opens the register (art 32(1)(a)).
type OffenceKind string

// The kinds.
const (
	TerroristOffence OffenceKind = "terrorist_offence"
	SeriousOffence   OffenceKind = "serious_criminal_offence"
)

// OffenceRow is one category of offences.
type OffenceRow struct {
	Code  string       `json:"code"`
	Kind  OffenceKind  `json:"kind" enum:"terrorist_offence,serious_criminal_offence"`
	Title string       `json:"title"`
	Cite  law.Citation `json:"article"`
}

// Offences are the categories of offences: those of Directive (EU) 2017/541 and
// the thirty-two of article 2(2) of Framework Decision 2002/584/JHA.
var Offences = []OffenceRow{
	{"terrorist_act", TerroristOffence, "Terrorist offence", "2017/541 art 3"},
	{"terrorist_group", TerroristOffence, "Offence relating to a terrorist group", "2017/541 art 4"},
	{"provocation_to_terrorism", TerroristOffence, "Public provocation to commit a terrorist offence", "2017/541 art 5"},
	{"recruitment_for_terrorism", TerroristOffence, "Recruitment for terrorism", "2017/541 art 6"},
	{"providing_terrorist_training", TerroristOffence, "Providing training for terrorism", "2017/541 art 7"},
	{"receiving_terrorist_training", TerroristOffence, "Receiving training for terrorism", "2017/541 art 8"},
	{"terrorist_travel", TerroristOffence, "Travelling for the purpose of terrorism", "2017/541 art 9"},
	{"organising_terrorist_travel", TerroristOffence, "Organising or facilitating travelling for terrorism", "2017/541 art 10"},
	{"terrorist_financing", TerroristOffence, "Terrorist financing", "2017/541 art 11"},
	{"related_to_terrorism", TerroristOffence, "Other offence related to terrorist activities", "2017/541 art 12"},
	{"aiding_terrorism", TerroristOffence, "Aiding and abetting, inciting and attempting", "2017/541 art 14"},

	serious("criminal_organisation", "Participation in a criminal organisation"),
	serious("terrorism", "Terrorism"),
	serious("trafficking_in_human_beings", "Trafficking in human beings"),
	serious("child_sexual_exploitation", "Sexual exploitation of children and child pornography"),
	serious("drug_trafficking", "Illicit trafficking in narcotic drugs and psychotropic substances"),
	serious("weapons_trafficking", "Illicit trafficking in weapons, munitions and explosives"),
	serious("corruption", "Corruption"),
	serious("fraud", "Fraud, including against the financial interests of the Union"),
	serious("money_laundering", "Laundering of the proceeds of crime"),
	serious("counterfeiting_currency", "Counterfeiting currency, including of the euro"),
	serious("computer_crime", "Computer-related crime"),
	serious("environmental_crime", "Environmental crime, including trafficking in endangered species"),
	serious("facilitation_of_entry", "Facilitation of unauthorised entry and residence"),
	serious("murder_or_grievous_injury", "Murder, grievous bodily injury"),
	serious("organ_trade", "Illicit trade in human organs and tissue"),
	serious("kidnapping", "Kidnapping, illegal restraint and hostage-taking"),
	serious("racism_and_xenophobia", "Racism and xenophobia"),
	serious("robbery", "Organised or armed robbery"),
	serious("cultural_goods", "Illicit trafficking in cultural goods, including antiques and works of art"),
	serious("swindling", "Swindling"),
	serious("racketeering", "Racketeering and extortion"),
	serious("product_piracy", "Counterfeiting and piracy of products"),
	serious("forged_documents", "Forgery of administrative documents and trafficking therein"),
	serious("forged_means_of_payment", "Forgery of means of payment"),
	serious("hormonal_substances", "Illicit trafficking in hormonal substances and other growth promoters"),
	serious("nuclear_materials", "Illicit trafficking in nuclear or radioactive materials"),
	serious("stolen_vehicles", "Trafficking in stolen vehicles"),
	serious("rape", "Rape"),
	serious("arson", "Arson"),
	serious("international_court", "Crimes within the jurisdiction of the International Criminal Court"),
	serious("seizure_of_aircraft_or_ships", "Unlawful seizure of aircraft or ships"),
	serious("sabotage", "Sabotage"),
}

func serious(code, title string) OffenceRow {
	return OffenceRow{code, SeriousOffence, title, "2002/584 art 2(2)"}
}

// offence finds a category by its code.
func offence(code string) (OffenceRow, bool) {
	for _, row := range Offences {
		if row.Code == code {
			return row, true
		}
	}
	return OffenceRow{}, false
}

// minimumSentence is how long the maximum sentence for a serious criminal
// offence must be at least, in years.
var minimumSentence = law.Param[int]{Name: "ees.serious_offence_sentence", Unit: "years", Rows: []law.Row[int]{
	{From: law.EESStart(), Value: 3, Cite: "2017/2226 art 32(1)"}}}
