package ledger

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"limen/law"
)

// Entry is what the log keeps of one operation (2017/2226 art 46(1)): purpose,
// date and time, data sent, data used to search, authority, and reference of the
// search portal. Texts longer than 4096 bytes are cut, and end in "…".
type Entry struct {
	At            time.Time // moment of the operation; zero: the transaction's
	System        string    // "ees"
	Operation     string    // stable name, as in the grants; required
	Purpose       string
	Case          string // reference of the case that the access belongs to
	Authority     string // its name
	AuthorityKind string
	State         string // of the authority, alpha-3
	Officer       string // unique user (art 43(2)(h))
	Channel       string // "session", "token", "mtls", "duty"
	Grant         law.Citation
	Outcome       string   // "done", "refused", "fault", "replayed"; required
	Refusal       law.Code // when refused
	Searched      []Searched
	Sent          []string // categories of data that left, never values
	Results       int      // files in the answer
	Subjects      []string // file references; the first is the entry's home
	Portal        string   // reference given by the European search portal
	// Destroyed is what an erasure took away: Category says what and by which
	// article, Value is the reference of the file, of which a digest is kept as of a
	// value searched by. So the entry names nobody, may stay when the person's other
	// entries go, and still proves the erasure to whoever holds the reference.
	Destroyed []Searched
	// Facts are what an act wants to be shown beside the rest, as the offence and
	// the reasons of a law-enforcement access (2017/2226 art 59(2)). Entries
	// without any have the body that they had before there was this member.
	Facts []law.Fact
}

// Searched is one value used to search. Value never reaches the database: the
// entry keeps a digest of it under the entry's own salt.
type Searched struct {
	Category string // "document", "name", ...
	Value    string
}

// Receipt proves to its holder that an entry was promised: VerifyOptions.Receipts
// takes it, also after the body is erased.
type Receipt struct {
	ID   string `json:"id"`
	Leaf string `json:"leaf"` // leaf hash, base64
}

// MaxBody is the length in bytes that an entry's body may have. It bounds what
// a reader of bundles must hold in memory.
const MaxBody = 128 << 10

const maxText = 4096

// appendBody writes the entry as JSON text. Order and form are fixed and the
// stored bytes are what the leaf commits to: nothing is ever encoded again.
// "erases" is written by Log.Erase alone.
func (e *Entry) appendBody(b []byte, id string, salt []byte, erases string) []byte {
	b = append(b, `{"id":"`...)
	b = append(b, id...)
	b = append(b, `","at":"`...)
	b = e.At.UTC().AppendFormat(b, microFormat)
	b = append(b, '"')
	b = appendField(b, "system", e.System)
	b = appendField(b, "operation", e.Operation)
	b = appendField(b, "purpose", e.Purpose)
	b = appendField(b, "case", e.Case)
	b = appendField(b, "authority", e.Authority)
	b = appendField(b, "kind", e.AuthorityKind)
	b = appendField(b, "state", e.State)
	b = appendField(b, "officer", e.Officer)
	b = appendField(b, "channel", e.Channel)
	b = appendField(b, "article", string(e.Grant))
	b = appendField(b, "outcome", e.Outcome)
	b = appendField(b, "refusal", string(e.Refusal))
	b = appendDigests(b, "searched", salt, e.Searched)
	b = appendDigests(b, "destroyed", salt, e.Destroyed)
	b = appendList(b, "sent", e.Sent)
	if e.Results != 0 {
		b = append(b, `,"results":`...)
		b = strconv.AppendInt(b, int64(e.Results), 10)
	}
	b = appendList(b, "subjects", e.Subjects)
	b = appendField(b, "portal", e.Portal)
	for i, f := range e.Facts {
		if i == 0 {
			b = append(b, `,"facts":[`...)
		} else {
			b = append(b, ',')
		}
		b = append(b, '[')
		b = appendString(b, cut(f.Name))
		b = append(b, ',')
		b = appendString(b, cut(f.Value))
		b = append(b, ']')
	}
	if len(e.Facts) > 0 {
		b = append(b, ']')
	}
	b = appendField(b, "erases", erases)
	return append(b, '}')
}

// appendDigests appends ,"name":[["category","digest"]...], and nothing when
// there is none.
func appendDigests(b []byte, name string, salt []byte, values []Searched) []byte {
	if len(values) == 0 {
		return b
	}
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, `":[`...)
	for i, s := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '[')
		b = appendString(b, cut(s.Category))
		b = append(b, `,"`...)
		digest := searchDigest(salt, s.Category, s.Value)
		b = base64.RawStdEncoding.AppendEncode(b, digest[:])
		b = append(b, `"]`...)
	}
	return append(b, ']')
}

const microFormat = "2006-01-02T15:04:05.000000Z"

// appendField appends ,"name":"value", and nothing when there is no value.
func appendField(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, `":`...)
	if name != "erases" {
		value = cut(value)
	}
	return appendString(b, value)
}

// cut shortens a text to maxText bytes, its last three being "…".
func cut(s string) string {
	if len(s) <= maxText {
		return s
	}
	at := maxText - len("…")
	for at > 0 && !utf8.RuneStart(s[at]) {
		at--
	}
	return s[:at] + "…"
}

func appendList(b []byte, name string, values []string) []byte {
	if len(values) == 0 {
		return b
	}
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, `":[`...)
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, cut(v))
	}
	return append(b, ']')
}

// appendString appends s as a JSON string. What is not UTF-8 becomes U+FFFD.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	plain := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		b = append(b, s[plain:i]...)
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
			i++
		case c < 0x20:
			const hex = "0123456789abcdef"
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			i++
		default:
			r, n := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, r)
			i += n
		}
		plain = i
	}
	b = append(b, s[plain:]...)
	return append(b, '"')
}

// Record is an entry as read back. Its Searched have no values.
type Record struct {
	ID    string
	Home  string // the first subject, or the entry's own identifier
	Entry Entry
	// Erases lists the sequence numbers that this entry erased: "12-15,20". Only
	// entries of Log.Erase have it.
	Erases string
	// Damaged says why the body cannot be read. The log's verification names such
	// an entry; the reader still sees that there is one.
	Damaged error

	salt    []byte
	body    string
	digests []string
	gone    []string // digests of Destroyed
}

// Proves tells whether value was used to search in the operation, under this
// category.
func (r Record) Proves(category, value string) bool {
	want := searchDigest(r.salt, category, value)
	text := base64.RawStdEncoding.EncodeToString(want[:])
	for i, s := range r.Entry.Searched {
		if s.Category == category && subtle.ConstantTimeCompare([]byte(r.digests[i]), []byte(text)) == 1 {
			return true
		}
	}
	return false
}

// ProvesErasure tells what the operation destroyed of a file, in the words of
// Destroyed, each once. It is empty when the operation erased nothing of it.
func (r Record) ProvesErasure(ref string) []string {
	var what []string
	for i, s := range r.Entry.Destroyed {
		want := searchDigest(r.salt, s.Category, ref)
		text := base64.RawStdEncoding.EncodeToString(want[:])
		if subtle.ConstantTimeCompare([]byte(r.gone[i]), []byte(text)) == 1 && !slices.Contains(what, s.Category) {
			what = append(what, s.Category)
		}
	}
	return what
}

// stored mirrors appendBody for reading.
type stored struct {
	ID        string
	At        time.Time
	System    string
	Operation string
	Purpose   string
	Case      string
	Authority string
	Kind      string
	State     string
	Officer   string
	Channel   string
	Article   law.Citation
	Outcome   string
	Refusal   law.Code
	Searched  [][2]string
	Destroyed [][2]string
	Sent      []string
	Results   int
	Subjects  []string
	Portal    string
	Facts     [][2]string
	Erases    string
}

// decode reads a body. An unreadable one gives a Record with Damaged set.
func decode(id, home string, salt []byte, body string) Record {
	r := Record{ID: id, Home: home, salt: salt, body: body}
	var s stored
	if err := json.Unmarshal([]byte(body), &s); err != nil {
		r.Damaged = fmt.Errorf("ledger: entry %s: body cannot be read: %w", id, err)
		return r
	}
	if s.ID != id {
		r.Damaged = fmt.Errorf("ledger: entry %s: body names another entry", id)
		return r
	}
	r.Entry = Entry{At: s.At, System: s.System, Operation: s.Operation, Purpose: s.Purpose, Case: s.Case,
		Authority: s.Authority, AuthorityKind: s.Kind, State: s.State, Officer: s.Officer, Channel: s.Channel,
		Grant: s.Article, Outcome: s.Outcome, Refusal: s.Refusal, Sent: s.Sent, Results: s.Results,
		Subjects: s.Subjects, Portal: s.Portal}
	r.Erases = s.Erases
	for _, f := range s.Facts {
		r.Entry.Facts = append(r.Entry.Facts, law.Fact{Name: f[0], Value: f[1]})
	}
	for _, x := range s.Searched {
		r.Entry.Searched = append(r.Entry.Searched, Searched{Category: x[0]})
		r.digests = append(r.digests, x[1])
	}
	for _, x := range s.Destroyed {
		r.Entry.Destroyed = append(r.Entry.Destroyed, Searched{Category: x[0]})
		r.gone = append(r.gone, x[1])
	}
	return r
}
