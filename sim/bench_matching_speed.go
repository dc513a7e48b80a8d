package sim

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sync"
	"text/tabwriter"
	"time"

	"limen/interop/bms/face"
	"limen/interop/bms/finger"
	"limen/interop/bms/synthetic"
)

// SpeedRow is the rate of one kind of work.
type SpeedRow struct {
	What        string   `json:"what"`
	Cores       int      `json:"cores"`
	PerSecond   float64  `json:"per_second"`
	Unit        string   `json:"unit"`
	Bytes       float64  `json:"bytes_per_second,omitempty"` // read from the gallery
	Floor       string   `json:"floor,omitempty"`            // the row that it is compared with
	OfFloor     float64  `json:"of_floor,omitempty"`
	Allocations *float64 `json:"allocations,omitempty"` // for each comparison
}

func (r SpeedRow) text(t *tabwriter.Writer) {
	cell := func(format string, value float64) string {
		if value == 0 {
			return ""
		}
		return fmt.Sprintf(format, value)
	}
	allocations := ""
	if r.Allocations != nil {
		allocations = fmt.Sprintf(", %.3g allocations each", *r.Allocations)
	}
	fmt.Fprintf(t, "%s%s\t%d\t%.4g %s\t%s\t%s\t%s\n", r.What, allocations, r.Cores, r.PerSecond, r.Unit, cell("%.1f", r.Bytes/1e9), cell("%.2f", r.OfFloor), r.Floor)
}

const (
	speedRounds = 5
	// The galleries of the speeds are larger than any cache. Of a finger a scan
	// reads the block alone: 32 cylinders of 320 bits and what tells their ones.
	readWords    = 32 << 20 // of eight bytes: 256 MB
	faceRows     = 1 << 19  // 256 MB
	fingerPrints = 100_000
	readFloor    = "read"
)

// work is something whose speed is measured: do does n of it, or n times bytes.
type work struct {
	row    SpeedRow
	n      float64
	bytes  float64
	do     func()
	rates  []float64
	counts bool // of allocations
}

// round does it for at least so much processor time.
func (w *work) round(least time.Duration) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, after runtime.MemStats
	if w.counts {
		runtime.ReadMemStats(&before)
	}
	times, start, spent := 0.0, threadTime(), time.Duration(0)
	for spent < least {
		w.do()
		times++
		spent = threadTime() - start
	}
	w.rates = append(w.rates, times*w.n/spent.Seconds())
	if w.counts {
		runtime.ReadMemStats(&after)
		each := float64(after.Mallocs-before.Mallocs) / (times * w.n)
		if w.row.Allocations != nil {
			each = math.Min(each, *w.row.Allocations) // others may allocate meanwhile
		}
		w.row.Allocations = &each
	}
}

func (o MatchingOptions) roundTime() time.Duration {
	if o.small {
		return time.Millisecond
	}
	return 100 * time.Millisecond
}

// speed measures the parts of a search, each in turn and again.
func (o MatchingOptions) speed(ctx context.Context, own *prints) ([]SpeedRow, error) {
	words := make([]uint64, o.size(readWords))
	for i := range words {
		words[i] = uint64(i)
	}
	index, probes, err := o.faceIndex()
	if err != nil {
		return nil, err
	}
	shard, probe, err := o.fingerShard(own)
	if err != nil {
		return nil, err
	}
	var sink uint64
	s, scratch, coder := finger.NewSearcher(), finger.NewScratch(), finger.NewCoder(finger.PaperCylinders)
	faces := func(n int) func() { return func() { _, _ = index.Search(probes[:n], 10, -1) } }
	template := synthetic.NewPerson(o.Seed, strangers, synthetic.RightHand[:1]).Prints(1)[0]
	fingers := func(share float64) func() {
		return func() {
			s.Search(shard, probe, finger.Search{Calibration: finger.DevelopmentCalibration, Fine: share, Keep: 10})
		}
	}
	var print finger.Print
	at := 0
	all := []*work{
		{row: SpeedRow{What: readFloor, Unit: "GB"}, n: 8 * float64(len(words)) / 1e9, bytes: 1e9, do: func() { sink += readAll(words) }},
		{row: SpeedRow{What: "face, 1 probe", Unit: "faces", Floor: readFloor}, n: float64(o.size(faceRows)), bytes: face.Dimensions, do: faces(1)},
		{row: SpeedRow{What: "face, 4 probes", Unit: "faces x probes", Floor: "face, 1 probe"}, n: 4 * float64(o.size(faceRows)), bytes: face.Dimensions / 4.0, do: faces(4)},
		{row: SpeedRow{What: "finger, stage 1", Unit: "prints"}, n: float64(o.size(fingerPrints)), do: fingers(0)},
		{row: SpeedRow{What: "finger, whole search, best 1 %", Unit: "prints", Floor: "finger, stage 1"}, n: float64(o.size(fingerPrints)), do: fingers(0.01)},
		{row: SpeedRow{What: "finger, whole search, best 2 %", Unit: "prints", Floor: "finger, stage 1"}, n: float64(o.size(fingerPrints)), do: fingers(0.02)},
		{row: SpeedRow{What: "finger, fine comparison", Unit: "prints"}, n: 64, counts: true, do: func() {
			for range 64 {
				at = (at + 7) % (len(own.coded) - 1)
				scratch.Compare(&own.coded[at], &own.coded[at+1])
			}
		}},
		{row: SpeedRow{What: "finger, template made ready", Unit: "prints"}, n: 64, counts: true, do: func() {
			for range 64 {
				coder.Encode(&print, &template)
			}
		}},
	}
	for range speedRounds {
		for _, w := range all {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			w.round(o.roundTime())
		}
	}
	rates := map[string]float64{}
	var rows []SpeedRow
	for _, w := range all {
		r := w.row
		r.Cores, r.PerSecond = 1, median(w.rates)
		r.Bytes, rates[r.What] = r.PerSecond*w.bytes, r.PerSecond
		switch r.Floor {
		case "":
		case readFloor:
			r.OfFloor = r.Bytes / (rates[readFloor] * 1e9)
		default:
			r.OfFloor = r.PerSecond / rates[r.Floor]
		}
		rows = append(rows, r)
		if r.What == readFloor {
			both := readTogether(words, cores(), o.roundTime())
			rows = append(rows, SpeedRow{What: "read, all cores", Unit: "GB", Cores: cores(), PerSecond: both / 1e9, Bytes: both, Floor: readFloor, OfFloor: both / r.Bytes})
		}
	}
	if sink == 1 {
		o.tell("%d", sink) // so that reading is not left out
	}
	return rows, nil
}

// readAll touches every byte once, eight at a time.
func readAll(words []uint64) uint64 {
	var a, b, c, d uint64
	for ; len(words) >= 8; words = words[8:] {
		w := words[:8:8]
		a += w[0] + w[4]
		b += w[1] + w[5]
		c += w[2] + w[6]
		d += w[3] + w[7]
	}
	return a + b + c + d
}

// readTogether reads on so many cores at one time, a part each, and adds up what
// each reads in a second of its processor time.
func readTogether(words []uint64, cores int, least time.Duration) float64 {
	var totals []float64
	for range speedRounds {
		var mu sync.Mutex
		var all sync.WaitGroup
		total := 0.0
		for i := range cores {
			part := words[i*len(words)/cores : (i+1)*len(words)/cores]
			all.Go(func() {
				w := work{n: float64(8 * len(part)), do: func() {
					if readAll(part) == 1 {
						runtime.Gosched()
					}
				}}
				w.round(least)
				mu.Lock()
				defer mu.Unlock()
				total += w.rates[0]
			})
		}
		all.Wait()
		totals = append(totals, total)
	}
	return median(totals)
}

// faceIndex is an index of few faces that come again and again: what a comparison
// costs does not depend on what is in it.
func (o MatchingOptions) faceIndex() (*face.Index, []face.Vector, error) {
	some := make([]face.Vector, 1024)
	for n := range some {
		some[n] = synthetic.NewPerson(o.Seed, uint64(n), nil).Face(enrolled, goodFace)
	}
	index := face.NewIndex(synthetic.FaceModel)
	for n := range o.size(faceRows) {
		if _, err := index.Add(&some[n%len(some)]); err != nil {
			return nil, nil, err
		}
	}
	probes := make([]face.Vector, 4)
	for n := range probes {
		probes[n] = synthetic.NewPerson(o.Seed, strangers+uint64(n), nil).Face(probed, goodFace)
	}
	return index, probes, nil
}

// fingerShard is a shard of one finger of each person, of few prints that come
// again and again, and a probe of somebody who is not in it.
func (o MatchingOptions) fingerShard(own *prints) (*finger.Shard, *finger.Hand, error) {
	shard := finger.NewShard()
	for n := range o.size(fingerPrints) {
		if err := shard.Add(uint64(n), &finger.Hand{finger.RightIndex: &own.coded[n%len(own.coded)]}); err != nil {
			return nil, nil, err
		}
	}
	probe := new(finger.Print)
	t := synthetic.NewPerson(o.Seed, 2*strangers, synthetic.RightHand[:1]).Prints(probed)[0]
	finger.NewCoder(finger.PaperCylinders).Encode(probe, &t)
	return shard, &finger.Hand{finger.RightIndex: probe}, nil
}
