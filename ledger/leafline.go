package ledger

import (
	"bytes"
	"encoding/base64"
	"unicode/utf8"
)

// parseLeaf reads a leaf line as bundleWriter writes it, several times faster than
// encoding/json, which nine tenths of a verification would otherwise go to. It
// returns false for anything else that a JSON line may be: l is then to be read
// by encoding/json, which decides.
func (l *line) parseLeaf(b []byte) bool {
	p := leafParser{rest: b, ok: true}
	if !p.eat(`{"k":"leaf"`) {
		return false
	}
	*l = line{Kind: "leaf"}
	if p.eat(`,"s":`) {
		l.Seq = p.number()
	}
	if p.eat(`,"id":"`) {
		l.ID = string(p.plain())
	}
	if p.eat(`,"c":"`) {
		l.Commitment = p.binary()
	}
	if p.eat(`,"salt":"`) {
		l.Salt = p.binary()
	}
	if p.eat(`,"body":"`) {
		body := p.text()
		l.Body = &body
	}
	if p.eat(`,"by":"`) {
		l.By = string(p.plain())
	}
	return p.eat("}") && p.ok && len(p.rest) == 0
}

type leafParser struct {
	rest []byte
	ok   bool
}

func (p *leafParser) eat(s string) bool {
	if len(p.rest) < len(s) || string(p.rest[:len(s)]) != s {
		return false
	}
	p.rest = p.rest[len(s):]
	return true
}

func (p *leafParser) fail() { p.ok, p.rest = false, nil }

// number reads up to 18 digits without a leading zero.
func (p *leafParser) number() (n int64) {
	i := 0
	for ; i < len(p.rest) && i < 18 && p.rest[i] >= '0' && p.rest[i] <= '9'; i++ {
		n = n*10 + int64(p.rest[i]-'0')
	}
	if i == 0 || p.rest[0] == '0' {
		p.fail()
		return 0
	}
	p.rest = p.rest[i:]
	return n
}

// plain reads up to the closing quote a string that needs no unescaping.
func (p *leafParser) plain() []byte {
	end := bytes.IndexByte(p.rest, '"')
	if end < 0 {
		p.fail()
		return nil
	}
	s := p.rest[:end]
	for _, c := range s {
		if c < 0x20 || c == '\\' || c >= utf8.RuneSelf {
			p.fail()
			return nil
		}
	}
	p.rest = p.rest[end+1:]
	return s
}

func (p *leafParser) binary() []byte {
	s := p.plain()
	b := make([]byte, base64.StdEncoding.DecodedLen(len(s)))
	n, err := base64.StdEncoding.Decode(b, s)
	if err != nil {
		p.fail()
		return nil
	}
	return b[:n]
}

// text reads a string whose only escapes are \" and \\, as those of a body are.
func (p *leafParser) text() string {
	out := make([]byte, 0, len(p.rest))
	for {
		i := 0
		for i < len(p.rest) && p.rest[i] != '"' && p.rest[i] != '\\' && p.rest[i] >= 0x20 {
			i++
		}
		out = append(out, p.rest[:i]...)
		if i+1 >= len(p.rest) || p.rest[i] < 0x20 {
			p.fail()
			return ""
		}
		if p.rest[i] == '"' {
			p.rest = p.rest[i+1:]
			break
		}
		if c := p.rest[i+1]; c == '"' || c == '\\' {
			out = append(out, c)
			p.rest = p.rest[i+2:]
			continue
		}
		p.fail()
		return ""
	}
	if !utf8.Valid(out) {
		p.fail()
		return ""
	}
	return string(out)
}
