package person

// The check digit of Doc 9303-3 section 4.9: every character has a value
// (0-9 as printed, A = 10 to Z = 35, the filler 0), the values are multiplied
// by the weights 7, 3, 1, 7, 3, 1, ... and the sum is taken modulo 10.
//
// What it sees. All three weights are coprime to 10, so a single changed
// character changes the digit exactly when the two values differ modulo 10,
// wherever it stands. It follows that a change is invisible when both
// characters are of one of these classes, and only then:
//
//	0 A K U <    1 B L V    2 C M W    3 D N X    4 E O Y
//	5 F P Z      6 G Q      7 H R      8 I S      9 J T
//
// The digit 0 for the letter O, 1 for I, 5 for S, 2 for Z and 8 for B, the usual
// slips of an eye or a camera, fall into different classes and are seen. The
// composite digit uses the same arithmetic over the same characters: it is a
// second witness of a changed check digit but blind to the same substitutions.
// Two neighbours that changed places are missed when their values differ by a
// multiple of 5, since the weights of neighbours differ by 4, 2 or 6.

// filler is the character that stands for "nothing" in the zone.
const filler = '<'

// mrzValues gives the value of each character of the zone, -1 for any other.
var mrzValues = func() (v [256]int8) {
	for c := range v {
		switch {
		case c >= '0' && c <= '9':
			v[c] = int8(c - '0')
		case c >= 'A' && c <= 'Z':
			v[c] = int8(c - 'A' + 10)
		case c == filler:
			v[c] = 0
		default:
			v[c] = -1
		}
	}
	return v
}()

// digitSum adds up parts of a zone as if they stood in one row.
type digitSum struct {
	total int
	n     int
}

// add continues the sum with s, whose characters belong to the zone's set.
func (d *digitSum) add(s string) {
	const weights = "\x07\x03\x01"
	k := d.n % 3
	for i := 0; i < len(s); i++ {
		d.total += int(mrzValues[s[i]]) * int(weights[k])
		if k++; k == 3 {
			k = 0
		}
	}
	d.n += len(s)
}

// digit returns the check digit of what was added, as printed.
func (d *digitSum) digit() byte { return byte('0' + d.total%10) }

// checkDigit returns the check digit of one field, as printed.
func checkDigit(field string) byte {
	var d digitSum
	d.add(field)
	return d.digit()
}
