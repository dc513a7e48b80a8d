package carrier

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// The codes that answer in ERC (9321). They are this project's: the
// implementation guide leaves them to who answers.
var answerCodes = map[Answer]string{OK: "OK", NotOK: "NOK", NotApplicable: "NAP"}

// WriteCUSRES answers a PAXLST question by a CUSRES message of directory D.05B:
// one group of ERP, RFF, ERC and FTX for each passenger, in the order of the
// list. The receipt travels along: the statement and its signature in FTX of
// the header, question digest and salt in FTX of each passenger, in capital
// letters and digits, which every character set of EDIFACT has.
func WriteCUSRES(in *Interchange, out *FlightAnswer) []byte {
	var w writer
	date, clock := out.Asked.UTC().Format("060102"), out.Asked.UTC().Format("1504")
	w.b.WriteString("UNA:+.? '\n")
	w.put("UNB", el("UNOA", "4"), el(or(in.Recipient, "LIMEN")), el(in.Sender), el(date, clock), el(in.Control))
	if in.Grouped {
		w.put("UNG", el("CUSRES"), el(or(in.Recipient, "LIMEN")), el(in.Sender), el(date, clock), el("1"), el("UN"), el("D", "05B"))
	}
	w.segments = 0
	w.put("UNH", el(in.Message), el("CUSRES", "D", "05B", "UN"))
	w.put("BGM", el("962"))
	w.put("DTM", el("137", moment205(out.Asked), "205"))
	w.put("DTM", el("9", moment205(out.AsOf), "205"))
	for _, part := range parts(strings.ToUpper(hex.EncodeToString([]byte(out.Receipt.Statement))), 512) {
		w.put("FTX", el("ACB"), el(), el("RCPT"), el(part))
	}
	signature, _ := base64.StdEncoding.DecodeString(out.Receipt.Signature)
	w.put("FTX", el("ACB"), el(), el("SIGN"), el(strings.ToUpper(hex.EncodeToString(signature))))
	if in.Reference != "" {
		w.put("RFF", el("TN", ascii(in.Reference)))
	}
	w.put("RFF", el("AF", ascii(in.Flight.Transport)))
	for i, a := range out.Answers {
		w.put("ERP", el("2"))
		w.put("RFF", el("ABO", ascii(or(a.Reference, strconv.Itoa(i+1)))))
		if i < len(in.bookings) && in.bookings[i] != "" {
			w.put("RFF", el("AVF", ascii(in.bookings[i])))
		}
		w.put("ERC", el(answerCodes[a.Answer]))
		leaf := out.Receipt.Leaves[i]
		w.put("FTX", el("ACB"), el(), el("LEAF"), el(strings.ToUpper(leaf.Question), strings.ToUpper(leaf.Salt)))
	}
	w.put("UNT", el(strconv.Itoa(w.segments+1)), el(in.Message))
	if in.Grouped {
		w.put("UNE", el("1"), el("1"))
	}
	w.put("UNZ", el("1"), el(in.Control))
	return []byte(w.b.String())
}

// ReadCUSRES reads what WriteCUSRES wrote, as a carrier's program does: answers
// and receipt. It takes the service's own answers and no others.
func ReadCUSRES(b []byte) (FlightAnswer, error) {
	segments, err := readSegments(b)
	if err != nil {
		return FlightAnswer{}, err
	}
	var out FlightAnswer
	var statement strings.Builder
	words := map[string]Answer{}
	for a, code := range answerCodes {
		words[code] = a
	}
	for i := range segments {
		s := &segments[i]
		switch s.tag {
		case "DTM":
			t, _, err := readMoment(s.at(0, 1), s.at(0, 2))
			if err != nil {
				return FlightAnswer{}, edifactError(s.number, s.tag, "The moment cannot be read.")
			}
			if s.at(0, 0) == "137" {
				out.Asked = t.UTC()
			} else {
				out.AsOf = t.UTC()
			}
		case "ERP":
			out.Answers = append(out.Answers, PassengerAnswer{})
			out.Receipt.Leaves = append(out.Receipt.Leaves, Leaf{})
		case "RFF":
			if n := len(out.Answers); n > 0 && s.at(0, 0) == "ABO" {
				out.Answers[n-1].Reference = s.at(0, 1)
			}
		case "ERC", "FTX":
			n := len(out.Answers)
			switch {
			case s.tag == "FTX" && s.at(2, 0) == "RCPT":
				statement.WriteString(s.at(3, 0))
			case s.tag == "FTX" && s.at(2, 0) == "SIGN":
				raw, err := hex.DecodeString(s.at(3, 0))
				if err != nil {
					return FlightAnswer{}, edifactError(s.number, s.tag, "The signature cannot be read.")
				}
				out.Receipt.Signature = base64.StdEncoding.EncodeToString(raw)
			case n == 0:
				return FlightAnswer{}, edifactError(s.number, s.tag, "An answer stands before the first passenger.")
			case s.tag == "ERC":
				answer, ok := words[s.at(0, 0)]
				if !ok {
					return FlightAnswer{}, edifactError(s.number, s.tag, "There is no such answer.")
				}
				out.Answers[n-1].Answer, out.Receipt.Leaves[n-1].Answer = answer, answer
			default:
				out.Receipt.Leaves[n-1].Question, out.Receipt.Leaves[n-1].Salt = strings.ToLower(s.at(3, 0)), strings.ToLower(s.at(3, 1))
			}
		}
	}
	raw, err := hex.DecodeString(statement.String())
	if err != nil {
		return FlightAnswer{}, edifactError(0, "", "The receipt cannot be read.")
	}
	out.Receipt.Statement = string(raw)
	return out, nil
}

func moment205(t time.Time) string { return t.UTC().Format("200601021504") + "+0000" }

// ascii keeps the characters that the answer's character set has.
func ascii(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '.'
		}
		return r
	}, s)
}

func parts(s string, size int) []string {
	var list []string
	for len(s) > size {
		list, s = append(list, s[:size]), s[size:]
	}
	return append(list, s)
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
