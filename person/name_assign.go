package person

// How the words of two names find their counterparts.

// wordLimit is the greatest distance at which two words may still be one, by the
// letters of the longer: none at all for initials, a confusion of letters in a
// word of two or three, one typing error from four letters on, two from ten.
var wordLimit = [...]int32{0, 0, 30, 50, 100, 105, 125, 130, 150, 170, 200}

// soundAlike is the similarity of two words of the same sounds and different
// spelling; words that differ in sounds stay below.
const soundAlike = 0.97

// wordSimilarity compares two words, given as letters and as sounds; 0 means not
// one word.
func wordSimilarity(a, b string, x, y *soundWord) float64 {
	n := max(len(a), len(b))
	limit := wordLimit[min(n, len(wordLimit)-1)]
	typing := oneTypingError(a, b)
	d := min(typing, soundDistance(x, y, min(limit, typing)))
	if d > limit {
		return 0
	}
	return min(soundAlike, 1-float64(d)/float64(fullEdit*n))
}

// oneTypingError returns the cost of turning a into b when a single error of
// typing does it, whatever sounds it breaks up; otherwise more than any limit.
func oneTypingError(a, b string) int32 {
	const never = 1 << 20
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return never
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	cost := int32(fullEdit)
	if i == 0 {
		cost += cost / 2
	}
	switch {
	case len(a) < len(b):
		if a[i:] == b[i+1:] {
			return cost
		}
	case i == len(a) || a[i+1:] == b[i+1:]:
		return cost
	case i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]:
		return swapCost
	}
	return never
}

// similarity of word i of p and word j of q, and how they were compared.
func pairSimilarity(p, q *nameWords, i, j int) (float64, pairKind) {
	ki, kj := p.kind[i], q.kind[j]
	if ki == initialWord || kj == initialWord {
		if p.word[i][0] == q.word[j][0] && ki != kj && ki != particleWord && kj != particleWord {
			return 0.9, pairInitial
		}
		return 0, 0
	}
	if ki == particleWord && kj == particleWord {
		if sameParticle(p.word[i], q.word[j]) {
			return soundAlike, pairSound
		}
		return 0, 0
	}
	x, y := p.soundWord(i), q.soundWord(j)
	s := wordSimilarity(p.word[i], q.word[j], &x, &y)
	if s == soundAlike {
		return s, pairSound
	}
	return s, pairEdit
}

// sameParticle knows the spellings of one particle.
func sameParticle(a, b string) bool {
	return particleGroup(a) == particleGroup(b)
}

func particleGroup(w string) string {
	switch w {
	case "EL", "UL", "AS", "AT":
		return "AL"
	case "IBN", "BN":
		return "BIN"
	case "DER", "DEN":
		return "DE"
	case "OULD":
		return "ULD"
	case "OGLY":
		return "OGLU"
	case "QIZI":
		return "KYZY"
	case "MC":
		return "MAC"
	}
	return w
}

// assign pairs the free words one to one so that the sum of similarities, each
// weighed by its words, is greatest. With at most searchWords on one side it
// tries every assignment; beyond that it takes the best pair first.
func (m *nameMatching) assign(p, q *nameWords) {
	const searchWords = 5
	var is, js [maxNameWords]uint8
	ni, nj := 0, 0
	for i := range p.n {
		if m.freeP>>i&1 != 0 {
			is[ni] = uint8(i)
			ni++
		}
	}
	for j := range q.n {
		if m.freeQ>>j&1 != 0 {
			js[nj] = uint8(j)
			nj++
		}
	}
	var gain [maxNameWords][maxNameWords]float32
	var similar [maxNameWords][maxNameWords]float32
	var kinds [maxNameWords][maxNameWords]pairKind
	any := false
	for a := range ni {
		for b := range nj {
			s, kind := pairSimilarity(p, q, int(is[a]), int(js[b]))
			if s > 0 {
				weight := p.weight(int(is[a])) + q.weight(int(js[b]))
				if kind == pairInitial {
					weight = 1
				}
				gain[a][b] = float32(s * weight)
				similar[a][b] = float32(s)
				kinds[a][b] = kind
				any = true
			}
		}
	}
	if !any {
		return
	}
	take := func(a, b int) {
		m.addOne(int(is[a]), int(js[b]), kinds[a][b], float64(similar[a][b]))
	}
	if min(ni, nj) <= searchWords && max(ni, nj) <= searchWords+3 {
		s := assignmentSearch{gain: &gain, rows: ni, cols: nj}
		s.try(0, 0, 0)
		for a := range ni {
			if b := s.best[a]; b > 0 {
				take(a, int(b)-1)
			}
		}
		return
	}
	for {
		ba, bb := -1, -1
		for a := range ni {
			for b := range nj {
				if gain[a][b] > 0 && (ba < 0 || gain[a][b] > gain[ba][bb]) {
					ba, bb = a, b
				}
			}
		}
		if ba < 0 {
			return
		}
		take(ba, bb)
		for a := range ni {
			gain[a][bb] = 0
		}
		for b := range nj {
			gain[ba][b] = 0
		}
	}
}

// assignmentSearch walks all one-to-one assignments of a small gain matrix.
// Few cells are positive, so few branches open.
type assignmentSearch struct {
	gain       *[maxNameWords][maxNameWords]float32
	rows, cols int
	now, best  [maxNameWords]uint8 // column+1 of each row, 0 for none
	bestSum    float32
}

func (s *assignmentSearch) try(row int, used uint32, sum float32) {
	if row == s.rows {
		if sum > s.bestSum {
			s.bestSum, s.best = sum, s.now
		}
		return
	}
	for c := range s.cols {
		if g := s.gain[row][c]; g > 0 && used>>c&1 == 0 {
			s.now[row] = uint8(c) + 1
			s.try(row+1, used|1<<c, sum+g)
		}
	}
	s.now[row] = 0
	s.try(row+1, used, sum)
}

// pairJoinedWords pairs a word of one side with two to four neighbours of the
// other that are written as one: MACDONALD and MAC DONALD. Exactly first; with
// typing errors when asked.
func (m *nameMatching) pairJoinedWords(p, q *nameWords, inexact bool) {
	for i := 0; i < p.n; i++ {
		if m.freeP>>i&1 != 0 {
			if j, end, s := joinedWith(p, i, q, m.freeQ, inexact); s > 0 {
				m.add(wordPair{uint8(i), uint8(i), uint8(j), uint8(end), pairJoined, float32(s)})
			}
		}
	}
	for j := 0; j < q.n; j++ {
		if m.freeQ>>j&1 != 0 {
			if i, end, s := joinedWith(q, j, p, m.freeP, inexact); s > 0 {
				m.add(wordPair{uint8(i), uint8(end), uint8(j), uint8(j), pairJoined, float32(s)})
			}
		}
	}
}

const joinedAlike = 0.96 // joined and otherwise equal

// joinedWith finds free neighbours from..to of q whose letters make word i of p.
func joinedWith(p *nameWords, i int, q *nameWords, free uint32, inexact bool) (from, to int, similarity float64) {
	w := p.word[i]
	if len(w) < 4 {
		return 0, 0, 0
	}
	for from = 0; from+1 < q.n; from++ {
		if free>>from&3 != 3 {
			continue
		}
		n := len(q.word[from])
		for to = from + 1; to < q.n && to < from+4 && free>>to&1 != 0; to++ {
			n += len(q.word[to])
			if n > len(w)+2 {
				break
			}
			if n == len(w) && spellsJoined(w, q, from, to) {
				return from, to, joinedAlike
			}
			if inexact && n >= len(w)-2 {
				var j joinedWord
				x, y := p.soundWord(i), j.join(q, from, to)
				if s := wordSimilarity(w, string(j.letters[:j.n]), &x, &y); s > 0 {
					return from, to, s * joinedAlike
				}
			}
		}
	}
	return 0, 0, 0
}

func spellsJoined(w string, q *nameWords, from, to int) bool {
	for k := from; k <= to; k++ {
		part := q.word[k]
		if len(w) < len(part) || w[:len(part)] != part {
			return false
		}
		w = w[len(part):]
	}
	return w == ""
}

// joinedWord is several words written as one.
type joinedWord struct {
	letters, sounds, gaps [maxWordSounds]byte
	n                     int
}

func (j *joinedWord) join(q *nameWords, from, to int) soundWord {
	for k := from; k <= to; k++ {
		j.n += copy(j.letters[j.n:], q.word[k])
	}
	b := appendSounds(j.sounds[:0], string(j.letters[:j.n]))
	w := soundWord{sounds: b, gaps: j.gaps[:len(b)]}
	w.setGaps()
	return w
}

// shortAlike is the similarity of a name and its short form, and initialsAlike
// that of components and their initials written as one word.
const (
	shortAlike    = 0.88
	initialsAlike = 0.88
)

// pairShortWords pairs what is left as a short form of the other side's word, or
// as the initials of several (JC and JEAN CLAUDE).
func (m *nameMatching) pairShortWords(p, q *nameWords) {
	if m.n == 0 {
		return // nothing else holds the names together
	}
	for i := range p.n {
		for j := range q.n {
			if m.freeP>>i&1 != 0 && m.freeQ>>j&1 != 0 && p.kind[i] == fullWord && q.kind[j] == fullWord &&
				(isShortForm(p.word[i], q.word[j]) || diminutiveOf(p.word[i], q.word[j]) || diminutiveOf(q.word[j], p.word[i])) {
				m.addOne(i, j, pairShort, shortAlike)
			}
		}
	}
	for i := range p.n {
		if m.freeP>>i&1 != 0 {
			if from, to, ok := initialsOf(p.word[i], q, m.freeQ); ok {
				m.add(wordPair{uint8(i), uint8(i), uint8(from), uint8(to), pairInitials, initialsAlike})
			}
		}
	}
	for j := range q.n {
		if m.freeQ>>j&1 != 0 {
			if from, to, ok := initialsOf(q.word[j], p, m.freeP); ok {
				m.add(wordPair{uint8(from), uint8(to), uint8(j), uint8(j), pairInitials, initialsAlike})
			}
		}
	}
}

// initialsOf finds neighbours of q whose initials are the letters of w. Only a
// word of two or three consonants is read so: one with a vowel may be a name.
func initialsOf(w string, q *nameWords, free uint32) (from, to int, ok bool) {
	if len(w) < 2 || len(w) > 3 {
		return 0, 0, false
	}
	for k := range len(w) {
		if isVowelSound(w[k] - 'A') {
			return 0, 0, false
		}
	}
next:
	for from = 0; from+len(w) <= q.n; from++ {
		for k := range len(w) {
			if free>>(from+k)&1 == 0 || q.word[from+k][0] != w[k] {
				continue next
			}
		}
		return from, from + len(w) - 1, true
	}
	return 0, 0, false
}

// pairRest compares everything that is left of both sides as one word each, for
// names divided at different places: ABD ALRAHMAN and ABDUL RAHMAN.
func (m *nameMatching) pairRest(p, q *nameWords) {
	i, iEnd, okP := freeRun(m.freeP)
	j, jEnd, okQ := freeRun(m.freeQ)
	if !okP || !okQ || i == iEnd && j == jEnd {
		return
	}
	first, last := p.word[i], p.word[iEnd]
	if first[0] != q.word[j][0] && last[len(last)-1] != q.word[jEnd][len(q.word[jEnd])-1] {
		return // words divided otherwise still begin or end alike
	}
	var a, b joinedWord
	x, y := a.join(p, i, iEnd), b.join(q, j, jEnd)
	s := wordSimilarity(string(a.letters[:a.n]), string(b.letters[:b.n]), &x, &y)
	if s > 0 {
		m.add(wordPair{uint8(i), uint8(iEnd), uint8(j), uint8(jEnd), pairJoined, float32(s * joinedAlike)})
	}
}

// freeRun returns the free words when they are neighbours.
func freeRun(free uint32) (from, to int, ok bool) {
	if free == 0 {
		return 0, 0, false
	}
	for free>>from&1 == 0 {
		from++
	}
	to = from
	for free>>(to+1)&1 != 0 {
		to++
	}
	return from, to, free>>(to+1) == 0
}
