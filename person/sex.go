package person

import "limen/law"

// Sex is what a travel document says: M, F, or X where it does not say (Doc
// 9303-4). The machine readable zone prints a filler for X.
// The zero value is "not recorded".
type Sex string

// The three entries of a travel document.
const (
	Male        Sex = "M"
	Female      Sex = "F"
	Unspecified Sex = "X"
)

// ParseSex reads M, F or X. The error is a *law.Refusal.
func ParseSex(s string) (Sex, error) {
	switch x := Sex(s); x {
	case Male, Female, Unspecified:
		return x, nil
	}
	return "", law.BadField("sex", "sex_code", "9303-4 s 4.2.2", "The sex is M, F, or X where the document does not say.")
}

// MRZ returns the character of the machine readable zone: "M", "F" or "<".
func (s Sex) MRZ() string {
	if s == Male || s == Female {
		return string(s)
	}
	return "<"
}

// UnmarshalText implements encoding.TextUnmarshaler; "" is "not recorded".
func (s *Sex) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*s = ""
		return nil
	}
	v, err := ParseSex(string(b[:min(len(b), 2)]))
	if err != nil {
		return err
	}
	*s = v
	return nil
}
