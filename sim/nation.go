package sim

import (
	"math/rand/v2"

	"limen/law"
	"limen/person"
)

// nation is a nationality that travels: how much, under which names, with which
// passports, over which borders.
type nation struct {
	code     person.State
	group    string   // of names.txt
	weight   float64  // within its own half, visa-required or visa-exempt
	passport string   // form of the number: # a digit, @ a letter, others as they are
	byAir    int      // per cent of the crossings
	near     []string // crossing points by land and sea, the more used ones more than once
}

// exemptShare is the share of visa-exempt travellers, per cent. No official
// figure was found: a guess.
const exemptShare = 58

// visaRequired weighs nationalities by the visas issued in 2024 in the country
// of the consulate, in thousands (Commission, DG HOME, "Visa statistics for
// consulates", 2024). The country of the consulate is not quite the nationality;
// consulates whose applicants mostly hold other nationalities (United Kingdom,
// United Arab Emirates, United States, Canada, Singapore) are left out.
var visaRequired = []nation{
	{"CHN", "zh", 1685.5, "E########", 100, nil},
	{"TUR", "tr", 993.9, "U########", 78, []string{"BGKAN", "BGKAN", "GRKI0", "GRRH0", "GRKG0", "GRJKH", "GRMJ0", "BGLS0"}},
	{"IND", "hi", 936.7, "Z#######", 100, nil},
	{"RUS", "ru", 541.8, "7########", 84, []string{"EENAR", "EENAR", "LVTER", "EELHM", "LTKYB", "NOSTS"}},
	{"SAU", "mashriq", 470.9, "A@#######", 100, nil},
	{"MAR", "maghreb", 457.9, "@#######", 62, []string{"ESALG", "ESALG", "ESALG", "ESTRF", "ESTJ0", "ESBE0", "FRSET", "ESMOT"}},
	{"DZA", "maghreb", 340.8, "1########", 82, []string{"FRMR0", "FRMR0", "ESAL0", "ESLE0"}},
	{"THA", "th", 247.6, "AA#######", 100, nil},
	{"PHL", "fil", 203.5, "P#######@", 98, []string{"NLRTM", "ITCVV"}},
	{"IDN", "id", 192.7, "C#######", 99, []string{"ITCVV"}},
	{"ZAF", "za", 180.4, "M########", 100, nil},
	{"KAZ", "kk", 161.4, "N########", 100, nil},
	{"KWT", "mashriq", 157.8, "P########", 100, nil},
	{"BLR", "be", 157.2, "MP#######", 25, []string{"PLTER", "PLTER", "LTMDK", "LVPAT", "PLBOB", "LTSLK", "PLKOC"}},
	{"EGY", "mashriq", 152.0, "A########", 99, []string{"ITVC0"}},
	{"TUN", "maghreb", 137.0, "@#######", 78, []string{"ITPM0", "FRMR0", "ITGOA", "ITCVV"}},
	{"IRN", "fa", 119.8, "V########", 100, nil},
	{"VNM", "vi", 97.3, "C#######", 100, nil},
	{"LBN", "mashriq", 93.2, "LR#######", 100, nil},
	{"QAT", "mashriq", 86.5, "01#######", 100, nil},
	{"ARM", "hy", 86.3, "AT#######", 100, nil},
	{"AZE", "az", 81.3, "C########", 100, nil},
	{"ECU", "es", 71.9, "A#######", 100, nil},
	{"NGA", "anglophone_africa", 58.8, "A########", 100, nil},
	{"JOR", "mashriq", 52.6, "T#######", 100, nil},
	{"CIV", "francophone_africa", 49.8, "19@######", 100, nil},
	{"KEN", "anglophone_africa", 45.3, "AK#######", 100, nil},
	{"IRQ", "mashriq", 42.2, "A########", 100, nil},
	{"COD", "francophone_africa", 40.2, "OP#######", 100, nil},
	{"OMN", "mashriq", 39.3, "B########", 100, nil},
	{"PAK", "ur", 38.1, "@@#######", 100, nil},
	{"SEN", "francophone_africa", 36.9, "A########", 100, nil},
	{"CUB", "es", 36.9, "K#######", 100, nil},
	{"DOM", "es", 35.5, "RD#######", 100, nil},
	{"CMR", "francophone_africa", 31.9, "AA#######", 100, nil},
	{"GHA", "anglophone_africa", 29.9, "G#######", 100, nil},
	{"BGD", "ur", 17.1, "A########", 100, nil},
}

// visaExempt is this project's own guess. No official source gives short stays
// by visa-exempt nationality before the Entry/Exit System; tourism statistics
// and neighbourhood suggest the order and no more.
var visaExempt = []nation{
	{"GBR", "en", 24, "#########", 62, []string{"GBDVR", "GBDVR", "GBFOL", "GBSP0", "GBSP0", "FRCER", "ESSD0", "NLHVH"}},
	{"USA", "en", 16, "A########", 97, []string{"ITCVV", "ESBC0", "GRPIR"}},
	{"UKR", "uk", 12, "F@######", 22, []string{"PLMED", "PLMED", "PLDOR", "PLKOC", "HUZAH", "SKVYN", "ROSIR", "PLHRE"}},
	{"SRB", "sr", 7, "0########", 24, []string{"HUROS", "HUROS", "HRBA0", "BGKAL", "HUTOM", "HRTOK"}},
	{"ALB", "sq", 7, "B@#######", 40, []string{"GRKAK", "GRKAK", "ITBR0", "GRKR0", "ITAOI"}},
	{"BRA", "pt", 5, "F@######", 100, nil},
	{"MDA", "ro", 4.5, "B########", 40, []string{"ROAL0", "ROAL0", "ROSC0", "ROST0", "ROUN0"}},
	{"CAN", "en", 4, "A@######", 98, []string{"ITCVV"}},
	{"AUS", "en", 3.5, "P@#######", 98, []string{"ITVC0"}},
	{"KOR", "ko", 3.5, "M########", 100, nil},
	{"BIH", "sr", 3.5, "B#######", 15, []string{"HRSGS", "HRSGS", "HRMET", "HRSBD", "HRMJ0", "HRNS0"}},
	{"MKD", "sr", 3, "C#######", 32, []string{"GREVZ", "GREVZ", "BGGJE", "BGZLA", "GRNK0"}},
	{"JPN", "ja", 2.8, "T@#######", 100, nil},
	{"ISR", "he", 2.5, "3########", 99, []string{"GRPIR"}},
	{"GEO", "ka", 2, "2#@######", 97, []string{"BGKAN"}},
	{"RKS", "sq", 2, "P########", 70, []string{"GREVZ", "HRBA0"}},
	{"MEX", "es", 2, "G########", 100, nil},
	{"ARG", "es", 1.8, "AA@######", 100, nil},
	{"COL", "es", 1.7, "AX######@", 100, nil},
	{"MNE", "sr", 1.2, "K#######", 30, []string{"HRKRS", "HRKRS", "ITBR0"}},
	{"CHL", "es", 0.9, "F########", 100, nil},
	{"PER", "es", 0.9, "12#######", 100, nil},
	{"NZL", "en", 0.7, "L@######", 100, nil},
}

var (
	requiredWeights = nationWeights(visaRequired)
	exemptWeights   = nationWeights(visaExempt)
)

func nationWeights(list []nation) []float64 {
	w := make([]float64, len(list))
	for i := range list {
		w[i] = list[i].weight
	}
	return cumulate(w)
}

// drawNation draws a nationality.
func drawNation(r *rand.Rand) *nation {
	if chance(r, exemptShare) {
		return &visaExempt[weighted(r, exemptWeights)]
	}
	return &visaRequired[weighted(r, requiredWeights)]
}

// nationOf finds a nationality of the tables; nil when it is not in them.
func nationOf(code person.State) *nation {
	for _, list := range [][]nation{visaRequired, visaExempt} {
		for i := range list {
			if list[i].code == code {
				return &list[i]
			}
		}
	}
	return nil
}

// needsVisa tells whether nationals need a visa for a short stay on the day
// (2018/1806).
func needsVisa(code person.State, on law.Date) bool {
	rule, err := person.VisaRequirement(code, on)
	return err == nil && rule.Rule == person.VisaRequired
}

// hubs weighs the airports that far travellers come through, by the visas that
// the state of the airport issued in 2024; within a state by guess.
var hubs = []struct {
	code   string
	weight float64
}{
	{"FRCDG", 19}, {"FRORY", 4}, {"FRNCE", 2}, {"FRLYS", 1}, {"ESMAD", 7}, {"ESBCN", 5}, {"ESAGP", 1.3}, {"DEFRA", 7}, {"DEMUC", 4},
	{"DEBER", 1.5}, {"DEDUS", 0.7}, {"ITFCO", 6}, {"ITMXP", 4}, {"ITVCE", 1}, {"NLAMS", 6}, {"GRATH", 5}, {"GRRHO", 0.6}, {"GRHER", 0.6},
	{"CHZRH", 4}, {"CHGVA", 1.6}, {"ATVIE", 2.2}, {"BEBRU", 1.9}, {"HUBUD", 2.2}, {"PTLIS", 1.8}, {"SEARN", 1.4}, {"CZPRG", 1.3},
	{"NOOSL", 1.3}, {"DKCPH", 1}, {"BGSOF", 1}, {"PLWAW", 0.9}, {"FIHEL", 0.8}, {"MTLUQ", 0.3}, {"HRZAG", 0.3}, {"ISKEF", 0.3},
	{"ROOTP", 0.3}, {"LTVNO", 0.3}, {"SILJU", 0.1}, {"LVRIX", 0.2}, {"SKBTS", 0.1}, {"LULUX", 0.1}, {"EETLL", 0.1},
}

// sunAirports are where visa-exempt Europeans fly on holiday.
var sunAirports = []string{"ESPMI", "ESALC", "ESAGP", "ESTFS", "ESLPA", "PTFAO", "GRRHO", "GRHER", "GRCFU", "ITNAP", "HRSP0", "PTFNC", "MTLUQ", "FRNCE"}

var hubWeights = func() []float64 {
	w := make([]float64, len(hubs))
	for i := range hubs {
		w[i] = hubs[i].weight
	}
	return cumulate(w)
}()

// crossingPoint draws where the nation crosses.
func (n *nation) crossingPoint(r *rand.Rand) string {
	switch {
	case !chance(r, n.byAir) && len(n.near) > 0:
		return pick(r, n.near)
	case n.code == "GBR" && chance(r, 55):
		return pick(r, sunAirports)
	}
	return hubs[weighted(r, hubWeights)].code
}
