package person

import "slices"

// Bounds of the keys of a name.
const (
	MaxNameKeys      = 6 // keys of one name
	MaxNameKeyLength = 8 // bytes of one key, all of them A to Z
)

const keySounds = 6 // sounds kept of a word

// NameKeys returns the keys under which a name in normal form is filed, for an
// index over hundreds of millions of persons. Two names that a screening search
// takes for one nearly always share a key; the search reads the persons of the
// same birth date, sex and nationality under the keys of the name asked for and
// lets CompareNormal decide. At least one key for every name with a letter, at
// most MaxNameKeys, without duplicates, in a fixed order.
//
// A key is the skeleton of one word: its sounds in coarse classes, without
// vowels, H and doubling, the first letter kept as a class, so that spellings and
// transliterations fall together (OE and O, KH and H, SH, CH and S, PH and F, W
// and V, Y, I and J). Particles and initials have none. As every word is a key of
// its own, a typing error in one word leaves the keys of the others; with an
// error in every word about one match in twelve is lost. The skeleton of all words
// written as one, particles too, is a key for names that were joined or divided.
// A name of one word also has that skeleton with each letter left out in turn,
// which holds one typing error.
//
// Selectivity: a skeleton stands for some tens of spellings; the common given
// names of a population fall on a few hundred of them and the commonest on about
// one person in thirty. Of the persons of one nationality, sex and birth date
// (a few hundred for the largest nationalities that travel) one key should bring back
// about ten and the keys of a name together some tens at worst: an estimate, not a
// measurement on a real population.
func NameKeys(normal string) []string {
	var p nameWords
	p.parse(normal)
	var keys []string
	add := func(k []byte) {
		if s := string(k); s != "" && len(keys) < MaxNameKeys && !slices.Contains(keys, s) {
			keys = append(keys, s)
		}
	}
	var buf [maxNameSounds]byte
	var joined []byte // every word but initials
	for i := range p.n {
		if p.kind[i] != initialWord || p.n == 1 {
			joined = append(joined, p.word[i]...)
		}
	}
	words := 0
	for kind := fullWord; kind <= initialWord && words == 0; kind++ { // particles or initials only when there is nothing else
		for i := range p.n {
			if p.kind[i] == kind {
				words++
				if len(keys) < MaxNameKeys-1 {
					add(appendKey(buf[:0], p.soundWord(i).sounds))
				}
			}
		}
	}
	whole := appendKey(nil, appendSounds(nil, string(joined)))
	add(whole)
	if words == 1 && len(whole) >= 3 {
		for i := range whole {
			add(slices.Delete(slices.Clone(whole), i, i+1))
		}
	}
	return keys
}

// appendKey appends the skeleton of a word in sounds.
func appendKey(dst, sounds []byte) []byte {
	start := len(dst)
	for i, s := range sounds {
		if len(dst)-start == keySounds {
			break
		}
		after := byte(0xFF)
		if i+1 < len(sounds) {
			after = sounds[i+1]
		}
		k := keyClass(s, i == 0, after)
		if k == 0 || s == 'G'-'A' && i > 0 && sounds[i-1] == 'N'-'A' || len(dst) > start && dst[len(dst)-1] == k {
			continue
		}
		dst = append(dst, k)
	}
	return dst
}

// keyClass is the letter of a sound in a key, 0 for none.
func keyClass(s byte, first bool, after byte) byte {
	switch s {
	case soundI, soundY:
		if first && after < soundCount && isVowelSound(after) {
			return 'J'
		}
		fallthrough
	case soundA, soundE, soundO, soundU:
		if first {
			return 'A'
		}
		return 0
	case soundJ:
		if first {
			return 'J'
		}
		return 0
	case soundH, soundKH:
		if first {
			return 'H'
		}
		return 0
	case 'F' - 'A', 'V' - 'A':
		return 'V'
	case 'C' - 'A':
		if after == soundE || after == soundI || after == soundY || after == 0xFF {
			return 'S'
		}
		return 'K'
	case 'S' - 'A', 'Z' - 'A', 'X' - 'A', soundCH, soundSH, soundZH, soundTS:
		return 'S'
	}
	return 'A' + s
}
