package person

// Comparison of two names in normal form by the screening convention: both are
// sets of words; equal words pair first, then words written apart on one side,
// then the assignment of the rest that loses least, then initials and short
// forms. What one name lacks lowers the score a little; what contradicts on both
// sides makes the names different.

// Verdict says how two names relate.
type Verdict uint8

const (
	// Different names: they do not denote one person by the convention used.
	Different Verdict = iota
	// Similar names: a possible match.
	Similar
	// Same name: equal but for case, diacritics, punctuation, order of the
	// components and the permitted transliterations.
	Same
)

var verdictNames = [...]string{"different", "similar", "same"}

// String returns "same", "similar" or "different".
func (v Verdict) String() string { return verdictNames[min(int(v), len(verdictNames)-1)] }

// MarshalText implements encoding.TextMarshaler.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// MatchThreshold is the least score of a match: Similar and Same are at or above
// it, Different is below. It is one number for every convention. At 0.80 the
// words that pair may differ by about one error in five letters on average, and
// a name may lack any number of the other's components as long as nothing
// contradicts. [D]: the law (2019/327 art 2) says "inexactly" and sets no
// measure.
const MatchThreshold = 0.80

// contradicted is the highest score of names of which both have a component
// without a counterpart.
const contradicted = MatchThreshold - 0.01

const (
	maxNameWords  = 16 // components considered; the rest of a longer name is passed over
	maxNameSounds = 256
)

// nameWords is a normal form taken apart, without allocation.
type nameWords struct {
	n    int
	word [maxNameWords]string
	kind [maxNameWords]wordKind

	// Sounds are written when a word first needs them: most words have an equal.
	ready  uint32
	used   int
	off    [maxNameWords]uint16
	length [maxNameWords]uint8
	counts [maxNameWords]soundCounts
	sounds [maxNameSounds]byte
	gaps   [maxNameSounds]uint8
}

type wordKind uint8

const (
	fullWord wordKind = iota
	particleWord
	initialWord
)

func (p *nameWords) parse(normal string) {
	room := maxNameSounds
	for i := 0; i < len(normal) && p.n < maxNameWords && room > 0; {
		for i < len(normal) && normal[i] == ' ' {
			i++
		}
		start := i
		for i < len(normal) && normal[i] != ' ' {
			i++
		}
		w := normal[start:min(i, start+room)]
		if w == "" {
			break
		}
		room -= len(w)
		p.word[p.n] = w
		switch {
		case len(w) == 1:
			p.kind[p.n] = initialWord
		case isNameParticle(w):
			p.kind[p.n] = particleWord
		}
		p.n++
	}
}

// soundWord returns word i in sounds.
func (p *nameWords) soundWord(i int) soundWord {
	if p.ready>>i&1 == 0 {
		p.ready |= 1 << i
		p.off[i] = uint16(p.used)
		b := appendSounds(p.sounds[p.used:p.used], p.word[i])
		w := soundWord{sounds: b, gaps: p.gaps[p.used : p.used+len(b)]}
		w.setGaps()
		p.length[i], p.counts[i] = uint8(len(b)), w.counts
		p.used += len(b)
		return w
	}
	from, to := int(p.off[i]), int(p.off[i])+int(p.length[i])
	return soundWord{p.sounds[from:to], p.gaps[from:to], p.counts[i]}
}

// weight tells how much of a name's identity the word carries.
func (p *nameWords) weight(i int) float64 {
	switch p.kind[i] {
	case particleWord:
		return 1
	case initialWord:
		return 1.5
	}
	return float64(min(max(len(p.word[i]), 2), 8))
}

// isNameParticle knows the articles, prepositions and words of descent that
// names of many languages carry before a component and that registers write,
// join and leave out at will.
func isNameParticle(w string) bool {
	switch len(w) {
	case 2:
		switch w {
		case "AL", "EL", "UL", "AS", "AT", "DE", "DA", "DO", "DI", "DU", "LA", "LE", "LO", "AF", "AV", "TE", "ZU", "OF", "BN", "ST", "MC", "OG":
			return true
		}
	case 3:
		switch w {
		case "BIN", "IBN", "VAN", "VON", "VOM", "ZUM", "ZUR", "DER", "DEN", "DES", "DEL", "DEI", "DOS", "DAS", "LAS", "LOS", "TEN", "TER", "ABU", "MAC", "THE", "ULD":
			return true
		}
	case 4:
		switch w {
		case "BINT", "OULD", "DELA", "OGLU", "OGLY", "KYZY", "QIZI":
			return true
		}
	case 5:
		return w == "DELLA" || w == "DEGLI"
	}
	return false
}

// pairKind says why two words were taken for one.
type pairKind uint8

const (
	pairEqual pairKind = iota
	pairSound
	pairEdit
	pairJoined
	pairInitial
	pairInitials
	pairShort
)

// wordPair joins words i..iEnd of one name with words j..jEnd of the other.
type wordPair struct {
	i, iEnd, j, jEnd uint8
	kind             pairKind
	similarity       float32
}

// nameMatching is the outcome of comparing two parsed names.
type nameMatching struct {
	pairs        [maxNameWords]wordPair
	n            int
	freeP, freeQ uint32 // bits of the words without a counterpart
	contradicts  bool
	score        float64
}

// CompareNormal compares two names in normal form (upper-case A to Z, components
// separated by single spaces, as Name.Normal writes them) by the screening
// convention. The score is 0..1 and symmetric; a name equals itself with 1. It
// allocates nothing, takes one or two microseconds for most names, a few more when
// every word differs a little, and bounded time for any input.
func CompareNormal(a, b string) (score float64, v Verdict) {
	if a == b {
		if a == "" {
			return 0, Different
		}
		return 1, Same
	}
	if a > b { // a fixed order makes every choice below symmetric
		a, b = b, a
	}
	var p, q nameWords
	p.parse(a)
	q.parse(b)
	var m nameMatching
	m.match(&p, &q)
	return m.score, m.verdict()
}

func (m *nameMatching) verdict() Verdict {
	switch {
	case m.score >= 1:
		return Same
	case m.score >= MatchThreshold:
		return Similar
	}
	return Different
}

func (m *nameMatching) match(p, q *nameWords) {
	m.freeP, m.freeQ = 1<<p.n-1, 1<<q.n-1
	if p.n == 0 || q.n == 0 {
		return
	}
	m.pairEqualWords(p, q)
	if m.freeP|m.freeQ == 0 {
		m.score = 1
		return
	}
	if m.freeP != 0 && m.freeQ != 0 {
		m.pairJoinedWords(p, q, false)
		m.assign(p, q)
	}
	if m.hardLeft(p, m.freeP) && m.hardLeft(q, m.freeQ) {
		m.pairJoinedWords(p, q, true)
		m.pairShortWords(p, q)
		m.pairRest(p, q)
	}
	m.rate(p, q)
}

func (m *nameMatching) add(w wordPair) {
	if m.n == len(m.pairs) {
		return
	}
	m.pairs[m.n] = w
	m.n++
	m.freeP &^= (1<<(w.iEnd-w.i+1) - 1) << w.i
	m.freeQ &^= (1<<(w.jEnd-w.j+1) - 1) << w.j
}

func (m *nameMatching) addOne(i, j int, kind pairKind, similarity float64) {
	m.add(wordPair{uint8(i), uint8(i), uint8(j), uint8(j), kind, float32(similarity)})
}

func (m *nameMatching) pairEqualWords(p, q *nameWords) {
	for i := range p.n {
		for j := range q.n {
			if m.freeQ>>j&1 != 0 && p.word[i] == q.word[j] {
				m.addOne(i, j, pairEqual, 1)
				break
			}
		}
	}
}

// hardLeft tells whether a word is left that would contradict: no particle, and
// no repetition of a word that found its counterpart.
func (m *nameMatching) hardLeft(p *nameWords, free uint32) bool {
	for i := range p.n {
		if free>>i&1 != 0 && !p.soft(i, free) {
			return true
		}
	}
	return false
}

func (p *nameWords) soft(i int, free uint32) bool {
	if p.kind[i] == particleWord {
		return true
	}
	if w := p.word[i]; (w == "Y" || w == "E") && i > 0 && i+1 < p.n {
		return true // "and" between two Spanish or Portuguese surnames
	}
	for k := range p.n {
		if k != i && free>>k&1 == 0 && p.word[k] == p.word[i] {
			return true
		}
	}
	return false
}

// rate turns the pairs and what is left into the score.
func (m *nameMatching) rate(p, q *nameWords) {
	var matched, agreed, left float64
	solid := 0 // pairs of full words
	for _, w := range m.pairs[:m.n] {
		var weight float64
		for i := w.i; i <= w.iEnd; i++ {
			weight += p.weight(int(i))
		}
		for j := w.j; j <= w.jEnd; j++ {
			weight += q.weight(int(j))
		}
		if w.kind == pairInitial {
			weight = 3
		} else if p.kind[w.i] == fullWord || w.iEnd > w.i {
			solid++
		}
		matched += weight / 2
		agreed += weight / 2 * float64(w.similarity)
	}
	if matched == 0 {
		m.score = 0
		return
	}
	leftOf := func(p *nameWords, free uint32) {
		for i := range p.n {
			if free>>i&1 != 0 {
				left += p.weight(i)
			}
		}
	}
	leftOf(p, m.freeP)
	leftOf(q, m.freeQ)
	if m.hardLeft(p, m.freeP) && m.hardLeft(q, m.freeQ) {
		m.contradicts = true
		m.score = min(agreed/(matched+left/2), contradicted)
		return
	}
	limit := extraLimit
	if solid < 2 {
		limit = extraLimitAlone
	}
	m.score = min(agreed/(matched+min(left*extraWeight, matched*limit)), 0.99)
	if solid < 2 && agreed < joinedAlike*matched && (m.hardLeft(p, m.freeP) || m.hardLeft(q, m.freeQ)) {
		// One word that is not quite equal is too little when more words stand beside it.
		m.score = min(m.score, contradicted)
	}
}

const (
	// What a component that one side lacks weighs against one that pairs.
	extraWeight = 0.15
	// The most that all such components weigh against what pairs: names that agree
	// exactly as far as they go stay above the threshold (1/1.20), and names that
	// agree in several words may have an error beside what they lack.
	extraLimit      = 0.12
	extraLimitAlone = 0.20
)
