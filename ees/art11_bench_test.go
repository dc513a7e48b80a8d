package ees

import (
	"testing"

	"limen/law"
)

// travelHistory is a history of n finished stays, in order and apart from each
// other, ending a week before day: the traveller of the speed figures. Stays
// last 1 to 9 days with 4 to 20 days between them, from a fixed sequence, so
// that every run and every machine measures the same history.
func travelHistory(n int, day law.Date) []Stay {
	stays := make([]Stay, n)
	state := uint32(1)
	next := func(limit uint32) law.Date {
		state = state*1664525 + 1013904223
		return law.Date(state >> 16 % limit)
	}
	exit := day - 7
	for i := n - 1; i >= 0; i-- {
		stays[i] = Stay{Entry: exit - next(9), Exit: exit}
		exit = stays[i].Entry - 4 - next(17)
	}
	return stays
}

var benchDay = law.MustDate("2027-06-01")

func benchmarkCount(b *testing.B, n int) {
	stays := travelHistory(n, benchDay)
	b.ReportAllocs()
	for b.Loop() {
		sinkCount = CountDays(stays, nil, benchDay)
	}
}

var (
	sinkCount  Count
	sinkAnswer Answer
)

func BenchmarkStay10(b *testing.B)  { benchmarkCount(b, 10) }
func BenchmarkStay50(b *testing.B)  { benchmarkCount(b, 50) }
func BenchmarkStay200(b *testing.B) { benchmarkCount(b, 200) }

func benchmarkCalculate(b *testing.B, n int) {
	h := &History{Stays: travelHistory(n, benchDay)}
	q := Question{On: benchDay, Intended: Stay{Entry: benchDay}}
	b.ReportAllocs()
	for b.Loop() {
		a, err := Calculate(h, q)
		if err != nil {
			b.Fatal(err)
		}
		sinkAnswer = a
	}
}

func BenchmarkCalculate10(b *testing.B)  { benchmarkCalculate(b, 10) }
func BenchmarkCalculate50(b *testing.B)  { benchmarkCalculate(b, 50) }
func BenchmarkCalculate200(b *testing.B) { benchmarkCalculate(b, 200) }
