package carrier

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"limen/access"
	"limen/person"
)

func crowd(n int) []Extract {
	list := make([]Extract, n)
	for i := range list {
		e := mehmet()
		number := fmt.Sprintf("U%08d", i)
		e.Token, e.Visas, e.History = tokens.Token(number), []Visa{visa(2, 1)}, recorded("2026-03-01", "2026-03-20", "2026-07-01", "2026-08-09")
		e.Documents = []person.Document{{Type: "P", Number: person.DocumentNumber(number), Issuer: "TUR", Expiry: day("2033-01-01")}}
		list[i] = e
	}
	return list
}

// BenchmarkApply measures the feed, new files and then the same files again.
func BenchmarkApply(b *testing.B) {
	for _, again := range []bool{false, true} {
		b.Run(map[bool]string{false: "new", true: "again"}[again], func(b *testing.B) {
			n := open(b, "sqlite")
			const size = 20_000
			batch := crowd(size)
			if again {
				n.apply(batch...)
			}
			for b.Loop() {
				if !again {
					b.StopTimer()
					n = open(b, "sqlite")
					b.StartTimer()
				}
				n.apply(batch...)
			}
			b.ReportMetric(float64(size)*float64(b.N)/b.Elapsed().Seconds(), "files/s")
		})
	}
}

// BenchmarkAsk measures answers over a copy of 100 000 files: one passenger, a
// flight of 300, and a traveller. Each is a transaction with its log entry on the
// disk; the floor is such a transaction that answers nothing.
func BenchmarkAsk(b *testing.B) {
	n := open(b, "sqlite")
	n.at("2026-11-01 09:00").fresh()
	n.apply(crowd(100_000)...)
	if err := n.store.Scrub(context.Background()); err != nil { // what was loaded is on the disk, and the write-ahead log is empty
		b.Fatal(err)
	}
	runtime.GC()
	who := n.admitted()
	people := func(k, from int) Flight {
		f := flight()
		for i := range k {
			p := passengerMehmet()
			p.Document.Number = fmt.Sprintf("U%08d", (from+i)*7919%110_000)
			f.People = append(f.People, p)
		}
		return f
	}
	measure := func(name string, ask func(i int) error) {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for i := 0; b.Loop(); i++ {
				start := time.Now()
				if err := ask(i); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
	measure("floor", func(int) error {
		_, err := run(n, who, OpNotices, func(p access.Pass) (int, error) { return 0, nil })
		return err
	})
	for _, k := range []int{1, 300} {
		measure(fmt.Sprintf("passengers=%d", k), func(i int) error {
			_, err := n.ask(who, people(k, i*k))
			return err
		})
	}
	measure("stay", func(i int) error {
		_, err := access.Run(context.Background(), n.door, access.Request{Principal: Visitor(), Op: OpAskStay},
			func(p access.Pass) (StayAnswer, error) {
				return n.copy.AskStay(p, asking("TUR", fmt.Sprintf("U%08d", i*7919%110_000), "2026-11-10", "2026-11-20"))
			})
		return err
	})
}

// BenchmarkRead measures the readers on a flight of 300 passengers.
func BenchmarkRead(b *testing.B) {
	f := flight()
	for i := range 300 {
		p := passengerMehmet()
		p.Document.Number = fmt.Sprintf("U%08d", i)
		f.People = append(f.People, p)
	}
	edi, document := writePAXLST(f, true), writeXMLFlight(f)
	b.Run("PAXLST", func(b *testing.B) {
		for b.Loop() {
			if _, err := ReadPAXLST(edi, moment); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("XML", func(b *testing.B) {
		for b.Loop() {
			if _, err := ReadXML(document); err != nil {
				b.Fatal(err)
			}
		}
	})
}
