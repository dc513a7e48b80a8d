package ees

import (
	"math/bits"

	"limen/law"
)

// heldDays is the number of days that a presence holds. The verdict on a day
// needs the 179 days before it, and the question is about the 180 days up to a
// reference day, so 359 would do for the law in force; six words hold 384.
const heldDays = 384

// dayset is a set of days, one bit each; bit heldDays-1 is the reference day.
type dayset [heldDays / 64]uint64

// presence is the set of days on which a person was present, up to and
// including a reference day. A set counts a day once however many stays cover
// it and whatever order they come in (2016/399 art 6(2), EES-016), and it makes
// the cost of a stay a few instructions, with nothing to sort or allocate.
type presence struct {
	ref  law.Date
	days dayset
}

// at returns the place of day d; outside 0..heldDays-1 when d is not held.
func (p *presence) at(d law.Date) int { return int(d) - int(p.ref) + heldDays - 1 }

// day is the inverse of at.
func (p *presence) day(i int) law.Date { return p.ref + law.Date(i-(heldDays-1)) }

// mark adds the days first..last, as far as they are held.
func (p *presence) mark(first, last law.Date) {
	a, b := p.at(first), p.at(last)
	if w := a >> 6; uint(w) < uint(len(p.days)) && w == b>>6 && a <= b {
		p.days[w] |= (2<<(b-a) - 1) << (a & 63) // most stays lie in one word
		return
	}
	p.days.set(a, b)
}

// clear takes the days first..last out.
func (p *presence) clear(first, last law.Date) {
	var out dayset
	out.set(p.at(first), p.at(last))
	for w := range p.days {
		p.days[w] &^= out[w]
	}
}

// used is n(d) for the day at place i: the days of presence in the period of
// the given length that ends on it.
func (p *presence) used(i, period int) int { return p.days.count(i-period+1, i) }

// usedBefore is the days of presence in the period of the reference day, that
// day left out.
func (p *presence) usedBefore(limit StayLimit) int {
	return p.days.count(heldDays-limit.Period, heldDays-2)
}

// unbroken returns the last day on which somebody who is present on the
// reference day and stays without a break keeps within the limit; the day
// before the reference day when it is itself too much.
//
// Staying one more day adds that day and drops the one that leaves the period.
// If the person was present on the day that leaves, the sum stays the same:
// only the days of absence that leave use up what is left (EES-017). The answer
// is therefore the place of one zero in the set.
func (p *presence) unbroken(limit StayLimit) law.Date {
	left := limit.Days - p.usedBefore(limit) - 1
	if left < 0 {
		return p.ref - 1
	}
	leaves := p.days.zero(heldDays-limit.Period, left+1)
	return min(p.day(leaves+limit.Period)-1, law.MaxDate)
}

// over returns the days of presence in the period ending on the reference day
// that were themselves over the limit, each judged by its own period.
func (p *presence) over(limit StayLimit) (over dayset) {
	const ref = heldDays - 1
	if p.days.count(ref-2*limit.Period+2, ref) <= limit.Days {
		return over
	}
	var before [len(p.days)]int // places set before each word
	for w := 1; w < len(before); w++ {
		before[w] = before[w-1] + bits.OnesCount64(p.days[w-1])
	}
	upTo := func(i int) int { // places set in 0..i
		return before[i>>6] + bits.OnesCount64(p.days[i>>6]<<(63-i&63))
	}
	for first := p.days.next(heldDays - limit.Period); first < heldDays; {
		end := p.days.gap(first) - 1
		// Within a run the sum never falls, so the days over the limit are its tail.
		if upTo(end)-upTo(end-limit.Period) > limit.Days {
			from := first
			if left := limit.Days - p.used(first, limit.Period); left >= 0 {
				from = p.days.zero(first-limit.Period+1, left+1) + limit.Period
			}
			over.set(from, end)
		}
		first = p.days.next(end + 1)
	}
	return over
}

// set adds the places a..b, as far as they exist.
func (s *dayset) set(a, b int) {
	a, b = max(a, 0), min(b, heldDays-1)
	if a > b {
		return
	}
	low, high := ^uint64(0)<<(a&63), ^uint64(0)>>(63-b&63)
	wa, wb := a>>6, b>>6
	if wa == wb {
		s[wa] |= low & high
		return
	}
	s[wa] |= low
	for w := wa + 1; w < wb; w++ {
		s[w] = ^uint64(0)
	}
	s[wb] |= high
}

func (s *dayset) has(i int) bool { return s[i>>6]>>(i&63)&1 == 1 }

// count returns the number of places set in a..b.
func (s *dayset) count(a, b int) int {
	a, b = max(a, 0), min(b, heldDays-1)
	if a > b {
		return 0
	}
	low, high := ^uint64(0)<<(a&63), ^uint64(0)>>(63-b&63)
	wa, wb := a>>6, b>>6
	if wa == wb {
		return bits.OnesCount64(s[wa] & low & high)
	}
	n := bits.OnesCount64(s[wa]&low) + bits.OnesCount64(s[wb]&high)
	for w := wa + 1; w < wb; w++ {
		n += bits.OnesCount64(s[w])
	}
	return n
}

// next returns the first place set at or after i, heldDays when there is none.
func (s *dayset) next(i int) int {
	for ; i < heldDays; i = (i | 63) + 1 {
		if w := s[i>>6] >> (i & 63); w != 0 {
			return i + bits.TrailingZeros64(w)
		}
	}
	return heldDays
}

// gap returns the first place not set at or after i, heldDays when there is none.
func (s *dayset) gap(i int) int {
	for ; i < heldDays; i = (i | 63) + 1 {
		if w := ^s[i>>6] >> (i & 63); w != 0 {
			return i + bits.TrailingZeros64(w)
		}
	}
	return heldDays
}

// zero returns the place of the k-th place not set at or after i, k from 1;
// heldDays when there are fewer.
func (s *dayset) zero(i, k int) int {
	for ; i < heldDays; i = (i | 63) + 1 {
		w := ^s[i>>6] >> (i & 63)
		n := bits.OnesCount64(w)
		if k > n {
			k -= n
			continue
		}
		for half := 32; half > 0; half >>= 1 {
			if n = bits.OnesCount64(w & (1<<half - 1)); k > n {
				k -= n
				w >>= half
				i += half
			}
		}
		return i
	}
	return heldDays
}

// and keeps the places that are also in t.
func (s *dayset) and(t *dayset) {
	for w := range s {
		s[w] &= t[w]
	}
}

// or adds the places of t.
func (s *dayset) or(t *dayset) {
	for w := range s {
		s[w] |= t[w]
	}
}

// andNot takes the places of t out.
func (s *dayset) andNot(t *dayset) {
	for w := range s {
		s[w] &^= t[w]
	}
}

// one returns the place of the k-th place set at or after i, k from 1;
// heldDays when there are fewer.
func (s *dayset) one(i, k int) int {
	inverse := *s
	for w := range inverse {
		inverse[w] = ^inverse[w]
	}
	return inverse.zero(i, k)
}
