package ees

import (
	"crypto/rand"
	"strings"

	"limen/access"
	"limen/law"
	"limen/person"
)

// viewFor is the pre-enrolment as the caller may see it. A kiosk, at which the
// traveller stands alone, learns what to do next; what the register holds of
// stays, and why a guard must look, is for the guard.
func (e *preEnrolment) viewFor(p access.Pass) KioskView {
	v := e.view()
	if p.Principal().Authority.Kind != access.Kiosk {
		return v
	}
	v.Reasons = []law.Reason{}
	if v.File != nil {
		v.File = &FileSummary{State: v.File.State, Face: v.File.Face, Fingers: v.File.Fingers, Nationality: []person.State{}}
	}
	return v
}

// codeLetters has no letters and digits that are taken for one another.
const codeLetters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

const codeLength = 8

// newCode is 40 random bits in letters that people read out without mistakes.
func newCode() string {
	raw := make([]byte, codeLength)
	rand.Read(raw)
	for i := range raw {
		raw[i] = codeLetters[int(raw[i])%len(codeLetters)]
	}
	return string(raw)
}

// showCode writes a code for people: ABCD-EFGH.
func showCode(code string) string { return code[:4] + "-" + code[4:] }

// ParseCode reads a code as a person or a scanner gives it: in either case, with
// or without blanks, hyphens and the ends of lines.
func ParseCode(s string) (string, error) {
	code := strings.ToUpper(strings.NewReplacer(" ", "", "-", "", "\r", "", "\n", "").Replace(s))
	if len(code) != codeLength || strings.Trim(code, codeLetters) != "" {
		return "", law.BadField("code", "no_code", "2016/399 art 8a", "A code has eight letters and digits, such as K7PM-2XQ4. Read it from the traveller's slip again.")
	}
	return code, nil
}
