package desk

import (
	"container/list"
	"strconv"
	"sync"
	"time"

	"limen/law"
)

// limit counts questions by name, so many in a time, in memory. It is bounded:
// when it is full, the name that rested longest is forgotten. Each process counts
// for itself.
type limit struct {
	mu    sync.Mutex
	names map[string]*list.Element
	order list.List // used last first
}

// allowance is what a name has left: it fills up again evenly.
type allowance struct {
	name string
	left float64
	at   time.Time
}

// maxNames bounds the names that a limit remembers, about 200 bytes each.
const maxNames = 100_000

// take uses one question of the name's allowance of n in each per, or refuses
// with the time to wait. The refusal is the same for every name.
func (l *limit) take(name string, n int, per time.Duration, now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.names == nil {
		l.names = map[string]*list.Element{}
	}
	e := l.names[name]
	if e == nil {
		for len(l.names) >= maxNames {
			delete(l.names, l.order.Remove(l.order.Back()).(*allowance).name)
		}
		e = l.order.PushFront(&allowance{name: name, left: float64(n), at: now})
		l.names[name] = e
	}
	l.order.MoveToFront(e)
	a := e.Value.(*allowance)
	each := per / time.Duration(n)
	a.left = min(float64(n), a.left+float64(now.Sub(a.at))/float64(each))
	a.at = now
	if a.left < 1 {
		wait := time.Duration((1 - a.left) * float64(each))
		return law.Refuse(law.TooMuch, "too_many_questions", "2017/2226 art 13(1)",
			"Too many questions. Wait the number of seconds given, then ask again.", "retry_after_seconds", strconv.Itoa(int(wait/time.Second)+1))
	}
	a.left--
	return nil
}
