package ledger

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// A bundle is a text of JSON lines, one object each, told apart by "k". It has all
// that verification needs besides the verifier key, in the order in which a
// reader that forgets what it has read needs it:
//
//	{"k":"bundle","format":"limen-ledger-bundle/1","origin":…,"key":…,"from":F,"size":N}
//	                  first line; N is the size of the log when the export began
//	{"k":"start","size":F,"note":…,"tiles":[…]}
//	                  only when F > 0: the checkpoint of size F and the unfilled tiles of that tree,
//	                  lowest level first
//	{"k":"tile","l":L,"n":I,"h":…}
//	                  the hashes of tile I of level L, end to end: level 0 stands before its leaves,
//	                  a higher level after the last leaf it covers
//	{"k":"leaf","s":S,"id":…,"c":…,"salt":…,"body":…,"by":…}
//	                  leaf S with its commitment and its entry; without salt and body when there is no
//	                  entry, "by" then being the entry that erased it
//	{"k":"checkpoint","prior":P,"size":S,"note":…}
//	                  after leaf S-1
//	{"k":"pending","id":…,"c":…,"salt":…,"body":…,"sig":…}
//	                  an entry under no checkpoint yet; with the log's signature when it is an
//	                  erasure
//	{"k":"odd","what":…,"s":S,"id":…,"text":…}
//	                  what the exporter saw in the tables and the tree does not show: rows that
//	                  belong to nothing, columns that contradict the body
//	{"k":"end","leaves":…,"checkpoints":…,"pending":…}
//	                  last line; a bundle without it was cut
//
// Pending and odd lines, and N, are the exporter's word: no signature covers them.
// Binary values are base64. "body" is the text committed to, byte for byte. New
// kinds of lines would come with a new format name.
const bundleFormat = "limen-ledger-bundle/1"

// maxLine bounds what a reader holds of one line. A body of MaxBody fits with all
// its quotes escaped.
const maxLine = 1 << 20

type line struct {
	Kind   string `json:"k"`
	Format string `json:"format,omitempty"`
	Origin string `json:"origin,omitempty"`
	Key    string `json:"key,omitempty"`
	From   int64  `json:"from,omitempty"`
	Prior  int64  `json:"prior,omitempty"`
	Size   int64  `json:"size,omitempty"`
	Note   string `json:"note,omitempty"`

	Tiles  [][]byte `json:"tiles,omitempty"`
	Level  int      `json:"l,omitempty"`
	N      int64    `json:"n,omitempty"`
	Hashes []byte   `json:"h,omitempty"`

	Seq        int64   `json:"s,omitempty"`
	What       string  `json:"what,omitempty"`
	ID         string  `json:"id,omitempty"`
	Commitment []byte  `json:"c,omitempty"`
	Salt       []byte  `json:"salt,omitempty"`
	Body       *string `json:"body,omitempty"`
	By         string  `json:"by,omitempty"`
	Text       string  `json:"text,omitempty"`
	Signature  []byte  `json:"sig,omitempty"`

	Leaves      int64 `json:"leaves,omitempty"`
	Checkpoints int64 `json:"checkpoints,omitempty"`
	Pending     int64 `json:"pending,omitempty"`
}

// ErrBundle is the answer to a bundle that cannot be read to its end. Nothing can
// be said of the log then.
var ErrBundle = errors.New("ledger: the bundle cannot be read")

type bundleReader struct {
	scan *bufio.Scanner
	n    int
}

func readBundle(r io.Reader) *bundleReader {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 64<<10), maxLine)
	return &bundleReader{scan: s}
}

// next reads a line into l, and io.EOF at the end of the text.
func (b *bundleReader) next(l *line) error {
	if !b.scan.Scan() {
		if err := b.scan.Err(); err != nil {
			return fmt.Errorf("%w: after line %d: %w", ErrBundle, b.n, err)
		}
		return io.EOF
	}
	b.n++
	if l.parseLeaf(b.scan.Bytes()) {
		return nil
	}
	*l = line{}
	if err := json.Unmarshal(b.scan.Bytes(), l); err != nil {
		return b.bad("no JSON of this format")
	}
	return nil
}

func (b *bundleReader) bad(why string) error {
	return fmt.Errorf("%w: line %d: %s", ErrBundle, b.n, why)
}

// bundleWriter writes lines. After an error it writes nothing and keeps the error.
type bundleWriter struct {
	w   *bufio.Writer
	buf bytes.Buffer
	enc *json.Encoder
	err error
	end line
}

func writeBundle(w io.Writer) *bundleWriter {
	b := &bundleWriter{w: bufio.NewWriterSize(w, 64<<10)}
	b.enc = json.NewEncoder(&b.buf)
	b.enc.SetEscapeHTML(false)
	return b
}

func (b *bundleWriter) put(l line) {
	if b.err != nil {
		return
	}
	switch l.Kind {
	case "leaf":
		b.end.Leaves++
	case "checkpoint":
		b.end.Checkpoints++
	case "pending":
		b.end.Pending++
	}
	b.buf.Reset()
	if b.err = b.enc.Encode(l); b.err != nil {
		return
	}
	if b.buf.Len() >= maxLine {
		// Only a row changed by hand is as long as that; its body would be refused anyway.
		text := "too long to be an entry of this log"
		l.Body, l.Note, l.Hashes, l.ID, l.By = &text, "", nil, clip(l.ID), clip(l.By)
		l.Salt, l.Commitment, l.Text = nil, l.Commitment[:min(len(l.Commitment), 64)], clip(l.Text)
		b.buf.Reset()
		if b.err = b.enc.Encode(l); b.err != nil {
			return
		}
	}
	_, b.err = b.w.Write(b.buf.Bytes())
}

func (b *bundleWriter) flush() error {
	if b.err == nil {
		b.err = b.w.Flush()
	}
	return b.err
}

// clip shortens hostile text before it is repeated.
func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}
