package face

// probesPerPass is how many probes share one pass over the gallery. Reading the
// gallery is what a scan costs: in cache the comparison is several times faster
// than memory.
const probesPerPass = 4

// probes are the probes of a pass, widened to the words that the vector
// instructions multiply. Unused places are zero.
type probes [probesPerPass][Dimensions]int16

func (p *probes) set(i int, v *Vector) {
	for d, q := range v.Q {
		p[i][d] = int16(q)
	}
}

// scanPlain writes the dot product of every row with every probe: dots[4*row+probe].
// It defines what the machine's own instructions must give, to the bit: sums of
// whole numbers, in which no order of adding makes a difference. A sum is at most
// 512·127² and fits.
func scanPlain(rows [][Dimensions]int8, p *probes, used int, dots []int32) {
	for r := range rows {
		row := &rows[r]
		for k := range used {
			probe := &p[k]
			var a, b, c, d int32
			for i := 0; i < Dimensions; i += 4 {
				a += int32(row[i]) * int32(probe[i])
				b += int32(row[i+1]) * int32(probe[i+1])
				c += int32(row[i+2]) * int32(probe[i+2])
				d += int32(row[i+3]) * int32(probe[i+3])
			}
			dots[r*probesPerPass+k] = a + b + c + d
		}
	}
}
