package person

import "unicode"

// Equality under the permitted transliterations. A letter may be written in
// several ways (9303-3 s 6), so a component stands for a set of strings; two
// components are the same when the sets share one. The sets are walked letter by
// letter and never written out.

// letterChoices lists, for each letter of a component, the strings it may become.
func letterChoices(letters []rune) [][]string {
	if s, ok := romaniseComponent(letters); ok {
		return [][]string{{s}}
	}
	var out [][]string
	initial := true
	for i, r := range letters {
		if r == arabicShadda && len(out) > 0 {
			out = append(out, out[len(out)-1])
			continue
		}
		if unicode.IsMark(r) {
			continue
		}
		o := letterOptions(r, initial, endsComponent(letters[i+1:]))
		if r == '\u06CC' { // Farsi yeh: the yeh of Arabic in function (9303-3 appendix B)
			o = append(o, "Y", "XAY")
		}
		if len(o) == 1 && o[0] == "" {
			if readableLetter(r) {
				continue
			}
			o[0] = string(r) // by its code point
		}
		initial = false
		out = append(out, o)
	}
	return out
}

// latticeState is a place in two components: i and j letters are consumed, and
// what the longer writing has ahead of the other is pending on one side.
type latticeState struct {
	i, j    int
	pending string
	first   bool // pending belongs to the first component
}

// shareWriting tells whether two components have a permitted writing in common.
func shareWriting(a, b [][]string) bool {
	seen := map[latticeState]bool{}
	stack := []latticeState{{}}
	for len(stack) > 0 {
		s := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[s] {
			continue
		}
		seen[s] = true
		if s.i == len(a) && s.j == len(b) {
			if s.pending == "" {
				return true
			}
			continue
		}
		// Extend the side that is behind; with nothing pending, the first side.
		extendFirst := !s.first || s.pending == ""
		if s.pending == "" && s.i == len(a) {
			extendFirst = false
		}
		if extendFirst {
			if s.i == len(a) {
				continue
			}
			for _, o := range a[s.i] {
				if n, ok := s.extend(o, true); ok {
					stack = append(stack, n)
				}
			}
			continue
		}
		if s.j == len(b) {
			continue
		}
		for _, o := range b[s.j] {
			if n, ok := s.extend(o, false); ok {
				stack = append(stack, n)
			}
		}
	}
	return false
}

// extend consumes one letter of a side, written as o, against what is pending.
func (s latticeState) extend(o string, first bool) (latticeState, bool) {
	n := s
	if first {
		n.i++
	} else {
		n.j++
	}
	if s.pending == "" || s.first == first {
		n.pending, n.first = s.pending+o, first
		if n.pending == "" {
			n.first = false
		}
		return n, true
	}
	k := min(len(o), len(s.pending))
	if o[:k] != s.pending[:k] {
		return n, false
	}
	if k < len(o) {
		n.pending, n.first = o[k:], first
	} else {
		n.pending = s.pending[k:]
		n.first = s.first && n.pending != ""
	}
	return n, true
}

// sameWritings tells whether the components of two names can be written alike, in
// any order.
func sameWritings(x, y [][]rune) bool {
	if len(x) != len(y) || len(x) == 0 {
		return false
	}
	var ys [][][]string
	for _, c := range y {
		ys = append(ys, letterChoices(c))
	}
	taken := make([]bool, len(ys))
next:
	for _, c := range x {
		choices := letterChoices(c)
		for j := range ys {
			if !taken[j] && shareWriting(choices, ys[j]) {
				taken[j] = true
				continue next
			}
		}
		return false
	}
	return true
}
