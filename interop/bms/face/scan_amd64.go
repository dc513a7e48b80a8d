//go:build amd64 && !purego

package face

import "golang.org/x/sys/cpu"

var vectors = cpu.X86.HasAVX2

// scan4 and scan1 are scanPlain for four probes and for the first one, by AVX2:
// a row's bytes are widened to words, and VPMADDWD multiplies sixteen pairs and
// adds neighbours into eight double words, in which nothing can overflow.
//
//go:noescape
func scan4(rows *[Dimensions]int8, n int, p *probes, dots *int32)

//go:noescape
func scan1(rows *[Dimensions]int8, n int, p *probes, dots *int32)

func scan(rows [][Dimensions]int8, p *probes, used int, dots []int32) {
	switch {
	case len(rows) == 0:
	case !vectors:
		scanPlain(rows, p, used, dots)
	case used == 1:
		_ = dots[len(rows)*probesPerPass-1]
		scan1(&rows[0], len(rows), p, &dots[0])
	default:
		_ = dots[len(rows)*probesPerPass-1]
		scan4(&rows[0], len(rows), p, &dots[0])
	}
}
