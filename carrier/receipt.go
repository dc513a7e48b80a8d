package carrier

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Receipt proves to a carrier, and through it to anybody, what it asked and what
// it was told. There is one for a flight, and not one for each passenger: one
// signature and one transaction answer three hundred passengers, and the flight
// is what a carrier has to show. So that the answer about one passenger can be
// shown alone, the receipt does not sign the answers but the root of a Merkle
// tree over them (RFC 6962): [Receipt.Only] leaves one leaf and the hashes
// beside its path, which say nothing about the others.
//
// A leaf holds no name: it commits to the question by a salted digest. Whoever
// has salt and question can show what was asked ([Leaf.Proves]); whoever has the
// leaf alone cannot find out about whom it is.
//
//	statement = lines "name value", in this order, each ended by a newline:
//	            limen-carrier-receipt 1
//	            carrier    registration of the carrier
//	            journey    SHA-256 of the question without its passengers, hexadecimal
//	            passengers how many
//	            root       root of the tree, hexadecimal
//	            asked      moment of the answer, RFC 3339 with microseconds, UTC
//	            as-of      moment as of which the data were complete, in the same form
//	            key        name of the key that signs
//	signature = Ed25519 over the statement's bytes
//	question  = SHA-256(frame("limen/carrier/question/v1"), frame(salt), frame(canonical JSON of the passenger))
//	leaf      = SHA-256(0x00, frame("limen/carrier/leaf/v1"), frame(question), frame(answer))
//	node      = SHA-256(0x01, left, right)
//	frame(x)  = length of x as four bytes, most significant first, then x
type Receipt struct {
	Statement string   `json:"statement" doc:"What is signed: lines of name and value."`
	Signature string   `json:"signature" doc:"Ed25519 signature over the statement's bytes, base64."`
	Leaves    []Leaf   `json:"leaves" nullable:"false" doc:"One for each passenger, in order; or one alone, with its place and path."`
	Place     *int     `json:"place,omitempty" doc:"Of a leaf shown alone: its place among the passengers, counted from 0."`
	Path      []string `json:"path,omitempty" nullable:"false" doc:"Of a leaf shown alone: the hashes beside its path to the root, hexadecimal."`
}

// Leaf is one passenger's answer as the receipt commits to it.
type Leaf struct {
	Question string `json:"question" doc:"Salted digest of the question, hexadecimal."`
	Salt     string `json:"salt,omitempty" doc:"Salt of the digest, hexadecimal. Leave it out when you show a leaf without saying about whom it is."`
	Answer   Answer `json:"answer" enum:"OK,NOT OK,NOT APPLICABLE"`
}

// Statement is what a receipt says, once verified.
type Statement struct {
	Carrier    string
	Journey    string
	Passengers int
	Root       string
	Asked      time.Time
	AsOf       time.Time
	Key        string
	Answers    []Answer // of the leaves that the receipt holds
	First      int      // place of the first of them
}

const (
	receiptVersion = "limen-carrier-receipt 1"
	receiptTime    = "2006-01-02T15:04:05.000000Z"
)

// ErrReceipt is wrapped by everything that is wrong with a receipt.
var ErrReceipt = errors.New("carrier: the receipt does not verify")

// issue signs what was answered.
func (r *ReceiptKeys) issue(carrier string, j *journey, out *FlightAnswer) (Receipt, error) {
	var receipt Receipt
	hashes := make([][]byte, len(j.people))
	salts := make([]byte, 16*len(j.people))
	rand.Read(salts)
	for i := range j.people {
		salt := salts[16*i : 16*i+16]
		leaf := Leaf{Question: questionDigest(salt, j.people[i].digest), Salt: hex.EncodeToString(salt), Answer: out.Answers[i].Answer}
		receipt.Leaves = append(receipt.Leaves, leaf)
		hashes[i] = leaf.hash()
	}
	journey := sha256.Sum256(j.head)
	key := r.current()
	receipt.Statement = strings.Join([]string{receiptVersion, "carrier " + carrier, "journey " + hex.EncodeToString(journey[:]),
		"passengers " + strconv.Itoa(len(j.people)), "root " + hex.EncodeToString(treeRoot(hashes)),
		"asked " + out.Asked.UTC().Format(receiptTime), "as-of " + out.AsOf.UTC().Format(receiptTime), "key " + key.id, ""}, "\n")
	receipt.Signature = base64.StdEncoding.EncodeToString(ed25519.Sign(key.private, []byte(receipt.Statement)))
	return receipt, nil
}

func questionDigest(salt, question []byte) string {
	h := sha256.New()
	frame(h, "limen/carrier/question/v1", string(salt), string(question))
	return hex.EncodeToString(h.Sum(nil))
}

func (l *Leaf) hash() []byte {
	h := sha256.New()
	h.Write([]byte{0})
	frame(h, "limen/carrier/leaf/v1", l.Question, string(l.Answer))
	return h.Sum(nil)
}

// Proves tells whether the leaf answers this question, given as the canonical
// JSON that CanonicalPassenger writes.
func (l *Leaf) Proves(question []byte) bool {
	salt, err := hex.DecodeString(l.Salt)
	return err == nil && len(salt) == 16 && questionDigest(salt, question) == l.Question
}

// CanonicalPassenger writes a passenger as a receipt commits to it. It fails
// where the question would have been refused.
func (c *Copy) CanonicalPassenger(p Passenger) ([]byte, error) {
	a, err := c.passenger(&p, 0)
	return a.digest, err
}

// Only returns the receipt with one passenger's leaf alone. The salt stays with
// it; remove it to show the answer without the question.
func (r Receipt) Only(place int) (Receipt, error) {
	if r.Place != nil || place < 0 || place >= len(r.Leaves) {
		return Receipt{}, fmt.Errorf("%w: there is no leaf %d among %d", ErrReceipt, place, len(r.Leaves))
	}
	hashes := make([][]byte, len(r.Leaves))
	for i := range r.Leaves {
		hashes[i] = r.Leaves[i].hash()
	}
	one := Receipt{Statement: r.Statement, Signature: r.Signature, Leaves: []Leaf{r.Leaves[place]}, Place: &place}
	for _, h := range treePath(place, hashes) {
		one.Path = append(one.Path, hex.EncodeToString(h))
	}
	return one, nil
}

// maxReceipt bounds what ReadReceipt takes, in bytes.
const maxReceipt = 1 << 20

// ReadReceipt reads a receipt from its JSON text. Unknown members are an error:
// somebody added what is not signed.
func ReadReceipt(b []byte) (Receipt, error) {
	var r Receipt
	if len(b) > maxReceipt {
		return r, fmt.Errorf("%w: it is longer than any receipt", ErrReceipt)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return Receipt{}, fmt.Errorf("%w: it is no receipt: %w", ErrReceipt, err)
	}
	if d.More() {
		return Receipt{}, fmt.Errorf("%w: something follows it", ErrReceipt)
	}
	return r, nil
}

// Verify checks a receipt with public keys alone and returns what it says. It
// needs no network and no store.
func (r Receipt) Verify(keys []PublicKey) (Statement, error) {
	s, err := parseStatement(r.Statement)
	if err != nil {
		return Statement{}, err
	}
	signature, err := base64.StdEncoding.DecodeString(r.Signature)
	if err != nil {
		return Statement{}, fmt.Errorf("%w: its signature is not base64", ErrReceipt)
	}
	signed, known := false, false
	for _, k := range keys {
		if k.ID == s.Key {
			known = true
			signed = signed || k.verifies([]byte(r.Statement), signature)
		}
	}
	switch {
	case !known:
		return Statement{}, fmt.Errorf("%w: it is signed by key %s, which was not given", ErrReceipt, s.Key)
	case !signed:
		return Statement{}, fmt.Errorf("%w: its signature is not that of key %s over this statement", ErrReceipt, s.Key)
	}
	var root []byte
	if r.Place == nil {
		if len(r.Leaves) != s.Passengers {
			return Statement{}, fmt.Errorf("%w: it has %d leaves and says %d passengers", ErrReceipt, len(r.Leaves), s.Passengers)
		}
		hashes := make([][]byte, len(r.Leaves))
		for i := range r.Leaves {
			hashes[i] = r.Leaves[i].hash()
		}
		root = treeRoot(hashes)
	} else {
		if len(r.Leaves) != 1 || *r.Place < 0 || *r.Place >= s.Passengers || len(r.Path) > 32 {
			return Statement{}, fmt.Errorf("%w: it shows no leaf of its %d passengers", ErrReceipt, s.Passengers)
		}
		path := make([][]byte, len(r.Path))
		for i, text := range r.Path {
			if path[i], err = hex.DecodeString(text); err != nil || len(path[i]) != sha256.Size {
				return Statement{}, fmt.Errorf("%w: its path is not made of hashes", ErrReceipt)
			}
		}
		root, s.First = rootFrom(r.Leaves[0].hash(), *r.Place, s.Passengers, path), *r.Place
	}
	if hex.EncodeToString(root) != s.Root {
		return Statement{}, fmt.Errorf("%w: an answer, a question or their order was changed", ErrReceipt)
	}
	for _, l := range r.Leaves {
		s.Answers = append(s.Answers, l.Answer)
	}
	return s, nil
}

// parseStatement reads the lines of a statement, in their order and nothing else.
func parseStatement(text string) (s Statement, err error) {
	bad := func(what string) (Statement, error) {
		return Statement{}, fmt.Errorf("%w: its statement has no %s", ErrReceipt, what)
	}
	lines := strings.Split(text, "\n")
	if len(lines) != 9 || lines[8] != "" || lines[0] != receiptVersion || !utf8.ValidString(text) {
		return bad("form that this program knows")
	}
	values := make([]string, 8)
	for i, name := range []string{"", "carrier ", "journey ", "passengers ", "root ", "asked ", "as-of ", "key "} {
		value, ok := strings.CutPrefix(lines[i], name)
		if !ok || value == "" {
			return bad("line " + strings.TrimSpace(name))
		}
		values[i] = value
	}
	s.Carrier, s.Journey, s.Root, s.Key = values[1], values[2], values[4], values[7]
	if s.Passengers, err = strconv.Atoi(values[3]); err != nil || s.Passengers < 1 || s.Passengers > 1_000_000 {
		return bad("number of passengers")
	}
	if s.Asked, err = time.Parse(receiptTime, values[5]); err != nil {
		return bad("moment")
	}
	if s.AsOf, err = time.Parse(receiptTime, values[6]); err != nil {
		return bad("moment of the data")
	}
	return s, nil
}

func node(left, right []byte) []byte {
	h := sha256.New()
	h.Write([]byte{1})
	h.Write(left)
	h.Write(right)
	return h.Sum(nil)
}

// split is the largest power of two below n, n > 1.
func split(n int) int {
	k := 1
	for 2*k < n {
		k *= 2
	}
	return k
}

// treeRoot is the Merkle tree hash of RFC 6962 section 2.1 over at least one leaf.
func treeRoot(leaves [][]byte) []byte {
	if len(leaves) == 0 {
		return nil
	}
	if len(leaves) == 1 {
		return leaves[0]
	}
	k := split(len(leaves))
	return node(treeRoot(leaves[:k]), treeRoot(leaves[k:]))
}

// treePath is the audit path of RFC 6962 section 2.1.1, from the leaf up.
func treePath(place int, leaves [][]byte) [][]byte {
	if len(leaves) <= 1 {
		return nil
	}
	k := split(len(leaves))
	if place < k {
		return append(treePath(place, leaves[:k]), treeRoot(leaves[k:]))
	}
	return append(treePath(place-k, leaves[k:]), treeRoot(leaves[:k]))
}

// rootFrom works a root out from a leaf and its path; nil when the path does not
// have the length that place and size ask for.
func rootFrom(leaf []byte, place, size int, path [][]byte) []byte {
	if size == 1 {
		if len(path) != 0 {
			return nil
		}
		return leaf
	}
	if len(path) == 0 {
		return nil
	}
	last := path[len(path)-1]
	k := split(size)
	if place < k {
		if below := rootFrom(leaf, place, k, path[:len(path)-1]); below != nil {
			return node(below, last)
		}
		return nil
	}
	if below := rootFrom(leaf, place-k, size-k, path[:len(path)-1]); below != nil {
		return node(last, below)
	}
	return nil
}
