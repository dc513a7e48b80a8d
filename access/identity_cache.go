package access

import (
	"sync"
	"time"
)

// cacheFor is how long a cached identity may be used. It is also how long
// another process may need to see that a token was revoked.
const cacheFor = time.Second

// cache holds a bounded number of values for cacheFor, so that thousands of
// requests a second of the same few clients ask the store once.
type cache[K comparable, V any] struct {
	mu   sync.Mutex
	most int
	m    map[K]cached[V]
}

type cached[V any] struct {
	value V
	asked time.Time // before the store was asked, so that no answer is older than it looks
}

func newCache[K comparable, V any](most int) *cache[K, V] {
	return &cache[K, V]{most: most, m: map[K]cached[V]{}}
}

func (c *cache[K, V]) get(k K, now time.Time) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.m[k]
	if !ok || now.Sub(e.asked) >= cacheFor {
		var none V
		return none, false
	}
	return e.value, true
}

func (c *cache[K, V]) put(k K, v V, asked time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, held := c.m[k]; !held && len(c.m) >= c.most {
		for old, e := range c.m {
			if asked.Sub(e.asked) >= cacheFor {
				delete(c.m, old)
			}
		}
		for old := range c.m { // all fresh: any one of them makes room
			if len(c.m) < c.most {
				break
			}
			delete(c.m, old)
		}
	}
	c.m[k] = cached[V]{v, asked}
}

func (c *cache[K, V]) drop(k K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.m, k)
}

func (c *cache[K, V]) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.m)
}
