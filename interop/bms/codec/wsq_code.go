package codec

import (
	"cmp"
	"slices"
)

// wsqEncoder is a Huffman code made for some blocks.
type wsqEncoder struct {
	lengths [16]byte
	values  []byte
	code    [256]uint32
	size    [256]int
}

// eachWSQ tells the symbols of a block, with the number that follows each and the
// bits that the number takes.
func eachWSQ(block []int16, emit func(symbol, number, bits int)) {
	run := 0
	flush := func() {
		switch {
		case run == 0:
		case run <= wsqLongestRun:
			emit(run, 0, 0)
		case run <= 0xff:
			emit(wsqRun8, run, 8)
		default:
			emit(wsqRun16, run, 16)
		}
		run = 0
	}
	for _, v := range block {
		if v == 0 {
			if run == 0xffff {
				flush()
			}
			run++
			continue
		}
		flush()
		switch v := int(v); {
		case v > 255:
			emit(wsqPlus16, v, 16)
		case v > 74:
			emit(wsqPlus8, v, 8)
		case v < -255:
			emit(wsqMinus16, -v, 16)
		case v < -73:
			emit(wsqMinus8, -v, 8)
		default:
			emit(v+wsqOrigin, 0, 0)
		}
	}
	flush()
}

// newWSQEncoder makes the code for what the blocks have, with no code of ones
// alone (ISO/IEC 10918-1 annex K.2, which IAFIS-IC-0110 follows).
func newWSQEncoder(blocks [][]int16) *wsqEncoder {
	const reserved = 256 // gets the code of ones alone and is dropped
	var count [reserved + 1]int
	count[reserved] = 1
	for _, b := range blocks {
		eachWSQ(b, func(symbol, _, _ int) { count[symbol]++ })
	}
	size := codeSizes(count[:])

	// The number of codes of each length, with none above 16: a pair that is too
	// long goes under a shorter code, which becomes one longer.
	var lengths [reserved + 2]int
	for _, n := range size {
		if n > 0 {
			lengths[n]++
		}
	}
	longest := len(lengths) - 1
	for ; longest > 16; longest-- {
		for lengths[longest] > 0 {
			j := longest - 2
			for lengths[j] == 0 {
				j--
			}
			lengths[longest] -= 2
			lengths[longest-1]++
			lengths[j+1] += 2
			lengths[j]--
		}
	}
	for longest > 0 && lengths[longest] == 0 {
		longest--
	}
	if longest == 0 { // nothing to code: a flat image
		return &wsqEncoder{}
	}
	lengths[longest]-- // the reserved one

	e := &wsqEncoder{}
	for i := range e.lengths {
		e.lengths[i] = byte(lengths[i+1])
	}
	for symbol := range reserved {
		if size[symbol] > 0 {
			e.values = append(e.values, byte(symbol))
		}
	}
	slices.SortStableFunc(e.values, func(a, b byte) int { return cmp.Compare(size[a], size[b]) })
	code, used := uint32(0), 0
	for i, n := range e.lengths {
		for range n {
			e.code[e.values[used]], e.size[e.values[used]] = code, i+1
			code++
			used++
		}
		code <<= 1
	}
	return e
}

// codeSizes gives the length of each symbol's code, 0 for one that never comes;
// of symbols equally rare the last is joined first.
func codeSizes(count []int) []int {
	size := make([]int, len(count))
	tree := make([][]int, len(count)) // the symbols under a node
	for i := range tree {
		tree[i] = []int{i}
	}
	for {
		a, b := -1, -1 // the rarest and the next
		for i, n := range count {
			switch {
			case n == 0:
			case a < 0 || n <= count[a]:
				a, b = i, a
			case b < 0 || n <= count[b]:
				b = i
			}
		}
		if b < 0 {
			return size
		}
		count[a] += count[b]
		count[b] = 0
		tree[a] = append(tree[a], tree[b]...)
		for _, symbol := range tree[a] {
			size[symbol]++
		}
	}
}

// table is the content of the Huffman table's segment, without its number.
func (e *wsqEncoder) table() []byte { return append(e.lengths[:], e.values...) }

// block appends the coded coefficients, filled up with ones.
func (e *wsqEncoder) block(out []byte, block []int16) []byte {
	acc, n := uint64(0), 0
	write := func(v uint32, bits int) {
		acc = acc<<bits | uint64(v)
		n += bits
		for n >= 8 {
			n -= 8
			x := byte(acc >> n)
			out = append(out, x)
			if x == 0xff {
				out = append(out, 0)
			}
		}
	}
	eachWSQ(block, func(symbol, number, bits int) {
		write(e.code[symbol], e.size[symbol])
		write(uint32(number), bits)
	})
	if n > 0 {
		write(1<<(8-n)-1, 8-n)
	}
	return out
}
