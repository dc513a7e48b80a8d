//go:build !amd64 || purego

package face

func scan(rows [][Dimensions]int8, p *probes, used int, dots []int32) {
	scanPlain(rows, p, used, dots)
}
