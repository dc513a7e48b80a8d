package finger

import (
	"math/rand/v2"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// threadTime is the processor time of the calling thread: what a benchmark on a
// machine that others use can rest on.
func threadTime() time.Duration {
	const thread = 1
	var u syscall.Rusage
	if err := syscall.Getrusage(thread, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// perSecond reports how many things a second of processor time does, n to each
// call of f.
func perSecond(b *testing.B, n int, unit string, f func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	b.ReportAllocs()
	f()
	start := threadTime()
	for b.Loop() {
		f()
	}
	spent := threadTime() - start
	b.ReportMetric(float64(n)*float64(b.N)/spent.Seconds(), unit+"/cpu-s")
}

// manyBlocks is a gallery that stays in no cache, of few prints that come again
// and again.
func manyBlocks(r *rand.Rand, n int) []byte {
	blocks := make([]byte, n*blockBytes)
	for i := range n {
		if i < 500 {
			q := anyPrint(r, 20+r.IntN(40))
			setBlock(blocks[i*blockBytes:(i+1)*blockBytes], &q)
		} else {
			copy(blocks[i*blockBytes:(i+1)*blockBytes], blocks[i%500*blockBytes:])
		}
	}
	return blocks
}

func BenchmarkScan(b *testing.B) {
	r := rand.New(rand.NewPCG(23, 23))
	probe, p := new(coarseProbe), anyPrint(r, 36)
	probe.set(&p)
	const n = 200_000
	blocks, scores := manyBlocks(r, n), make([]uint16, n)
	b.Run("chosen", func(b *testing.B) {
		perSecond(b, n, "fingers", func() { scan(probe, blocks, scores) })
	})
	b.Run("plain", func(b *testing.B) {
		perSecond(b, n/10, "fingers", func() { scanPlain(probe, blocks, scores[:n/10]) })
	})
}

func BenchmarkCompare(b *testing.B) {
	r := rand.New(rand.NewPCG(12, 12))
	p, q, scratch := anyPrint(r, 36), anyPrint(r, 36), NewScratch()
	perSecond(b, 1, "fingers", func() { scratch.Compare(&p, &q) })
}

func BenchmarkEncode(b *testing.B) {
	r := rand.New(rand.NewPCG(13, 13))
	t, coder := someTemplate(r, 36), NewCoder(PaperCylinders)
	var p Print
	perSecond(b, 1, "prints", func() { coder.Encode(&p, &t) })
}

// The whole search: every print coarsely, the best 1 and 2 % finely.
func BenchmarkSearch(b *testing.B) {
	r := rand.New(rand.NewPCG(24, 24))
	const n = 100_000
	s, some := NewShard(), make([]Print, 2000)
	for i := range some {
		some[i] = anyPrint(r, 20+r.IntN(40))
	}
	for i := range n {
		var h Hand
		h[RightIndex] = &some[i%len(some)]
		if err := s.Add(uint64(i), &h); err != nil {
			b.Fatal(err)
		}
	}
	p, w := anyPrint(r, 36), NewSearcher()
	var probe Hand
	probe[RightIndex] = &p
	for name, part := range map[string]float64{"best 1 %": 0.01, "best 2 %": 0.02} {
		b.Run(name, func(b *testing.B) {
			perSecond(b, n, "fingers", func() {
				w.Search(s, &probe, Search{Calibration: DevelopmentCalibration, Fine: part, Keep: 10})
			})
			b.ReportMetric(float64(len(w.persons)), "compared-finely")
		})
	}
}
