package person

import (
	"strings"
	"testing"
)

// 9303-3 s 4.9: the worked examples of the standard.
func TestCheckDigitExamples(t *testing.T) {
	for field, want := range map[string]byte{
		"520727": '3', "AB2134<<<": '5', "L898902C3": '6', "740812": '2', "120415": '9', "ZE184226B<<<<<": '1',
		"<<<<<<": '0', "": '0',
	} {
		if got := checkDigit(field); got != want {
			t.Errorf("%q: %c, want %c", field, got, want)
		}
	}
}

// A sum over parts is the sum over the whole, wherever it is cut.
func TestDigitSumOfParts(t *testing.T) {
	const row = "L898902C367408122120415"
	for i := range row {
		var d digitSum
		d.add(row[:i])
		d.add(row[i:])
		if d.digit() != checkDigit(row) {
			t.Errorf("cut at %d: %c", i, d.digit())
		}
	}
}

const mrzAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<"

// blindClasses are the substitutions that the check digit cannot see, as stated
// beside the algorithm.
var blindClasses = []string{"0AKU<", "1BLV", "2CMW", "3DNX", "4EOY", "5FPZ", "6GQ", "7HR", "8IS", "9JT"}

func blindTo(a, b byte) bool {
	for _, class := range blindClasses {
		if strings.IndexByte(class, a) >= 0 {
			return strings.IndexByte(class, b) >= 0
		}
	}
	return false
}

// 9303-3 s 4.9: a changed character changes the digit, under every weight,
// exactly when the two are of different classes.
func TestCheckDigitSeesAllButTheClasses(t *testing.T) {
	if n := len(strings.Join(blindClasses, "")); n != len(mrzAlphabet) {
		t.Fatalf("the classes hold %d characters", n)
	}
	for at := range 3 {
		for i := range mrzAlphabet {
			for j := range mrzAlphabet {
				field := []byte("<<<")
				field[at] = mrzAlphabet[i]
				before := checkDigit(string(field))
				field[at] = mrzAlphabet[j]
				if same := before == checkDigit(string(field)); same != blindTo(mrzAlphabet[i], mrzAlphabet[j]) {
					t.Errorf("weight %d: %c for %c, same digit: %v", at, mrzAlphabet[j], mrzAlphabet[i], same)
				}
			}
		}
	}
}

// Neighbours that changed places are missed exactly when their values differ by
// a multiple of 5.
func TestCheckDigitAndNeighboursThatChangedPlaces(t *testing.T) {
	for at := range 3 {
		for i := range mrzAlphabet {
			for j := range mrzAlphabet {
				a, b := mrzAlphabet[i], mrzAlphabet[j]
				lead := strings.Repeat("<", at)
				same := checkDigit(lead+string([]byte{a, b})) == checkDigit(lead+string([]byte{b, a}))
				if same != ((mrzValues[a]-mrzValues[b])%5 == 0) {
					t.Errorf("%c%c at %d: same digit: %v", a, b, at, same)
				}
			}
		}
	}
}

// checkedPlaces lists the places of a format that a check digit protects, digits included.
func checkedPlaces(l *mrzLayout) []span {
	if l.compositeCheck.absent() {
		return []span{l.number, l.numberCheck, l.birth, l.birthCheck, l.expiry, l.expiryCheck}
	}
	return append(append([]span{}, l.composite[:]...), l.compositeCheck)
}

// Every single character of every protected place, replaced by every other one:
// the zone is found wrong unless both are of one class. What a class hides in a
// number or in optional data stays hidden; in a date it is found because a date
// has digits only.
func TestMRZFindsEverySingleChange(t *testing.T) {
	zones := [][]string{longNumberTD1}
	for _, lines := range specimens {
		zones = append(zones, lines)
	}
	for _, lines := range zones {
		if m := ParseMRZ(lines); !m.Valid {
			t.Fatalf("%q: %v", lines, m.Errors)
		}
		for _, s := range checkedPlaces(layoutOf(lines)) {
			for i := s.from; i < s.to; i++ {
				for k := range mrzAlphabet {
					was, is := lines[s.line][i], mrzAlphabet[k]
					if was == is {
						continue
					}
					m := ParseMRZ(mrzWith(lines, s.line, i, string(is)))
					if m.Valid && !blindTo(was, is) {
						t.Errorf("%q: %c for %c in line %d, character %d is not found", lines, is, was, s.line+1, i+1)
					}
				}
			}
		}
	}
}

// The other direction, for document numbers: within a class nothing is found.
func TestMRZCannotSeeTheClasses(t *testing.T) {
	for format, lines := range specimens {
		s := layoutOf(lines).number
		for i := s.from; i < s.to; i++ {
			for k := range mrzAlphabet {
				if was, is := lines[s.line][i], mrzAlphabet[k]; blindTo(was, is) {
					if m := ParseMRZ(mrzWith(lines, s.line, i, string(is))); !m.Valid {
						t.Errorf("%s: %c for %c in character %d is found: %v", format, is, was, i+1, m.Errors)
					}
				}
			}
		}
	}
}
