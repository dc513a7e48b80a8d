package person

import "testing"

// compareSink keeps the compiler from dropping the work.
var compareSink float64

// The cost of one candidate of a lookup, by what the candidate is.
func BenchmarkCompareNormal(b *testing.B) {
	for _, c := range []struct{ name, a, b string }{
		{"equal", "SHEVCHENKO OLEKSANDR", "SHEVCHENKO OLEKSANDR"},
		{"reordered", "SHEVCHENKO OLEKSANDR", "OLEKSANDR SHEVCHENKO"},
		{"typing_error", "SHEVCHENKO OLEKSANDR", "SHEVCHENKO OLEKSNADR"},
		{"other_given_name", "SHEVCHENKO OLEKSANDR", "SHEVCHENKO VOLODYMYR"},
		{"other_person", "SHEVCHENKO OLEKSANDR", "KOWALCZYK GRZEGORZ"},
		{"three_words", "RODRIGUEZ GUTIERREZ MARIA", "RODRIGES GUTIERRES MARIYA"},
		{"divided", "MACDONALD JOHN", "MAC DONALD JOHN"},
		{"five_words", "BIN ABDULAZIZ MOHAMMED KHALID RASHID", "IBN ABD AL AZIZ MUHAMMAD KHALED RASHEED"},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				compareSink, _ = CompareNormal(c.a, c.b)
			}
		})
	}
}

// A lookup that has a thousand candidates: the time of one operation is that of
// all of them.
func BenchmarkCompareThousandCandidates(b *testing.B) {
	var names []string
	for _, p := range heldOutPairs(3, 80)[:1000] {
		n, _ := NewName(p.b, "")
		names = append(names, n.Normal())
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, n := range names {
			compareSink, _ = CompareNormal("SHEVCHENKO OLEKSANDR", n)
		}
	}
}

func BenchmarkNameKeys(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		NameKeys("RODRIGUEZ GUTIERREZ MARIA")
	}
}

func BenchmarkCompareNames(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		ByScreening.Compare("Oleksandr Shevchenko", "Shevchenko, Alexander")
	}
}

func BenchmarkCompareScripts(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		ByTransliteration.Compare("Володимир Зеленський", "Volodymyr Oleksandrovych Zelenskyy")
	}
}

func BenchmarkMRZNameField(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		MRZNameField("Rodríguez Gutiérrez", "María", "", MRZNameWidthTD3)
	}
}

// The floor: an alphabetic sum over both names, which any comparison must at
// least read.
func BenchmarkCompareFloor(b *testing.B) {
	x, y := "SHEVCHENKO OLEKSANDR", "SHEVCHENKO OLEKSNADR"
	sum := 0
	for b.Loop() {
		for i := range len(x) {
			sum += int(x[i]) * int(y[i])
		}
	}
	compareSink = float64(sum)
}
