package desk

import (
	"strconv"
	"testing"
	"time"
)

// A limit fills up evenly, holds back for as long as it says, and remembers a
// bounded number of names.
func TestLimit_FillsUpAndForgets(t *testing.T) {
	var l limit
	now := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	for range 6 {
		if err := l.take("a", 6, time.Minute, now); err != nil {
			t.Fatal(err)
		}
	}
	if l.take("a", 6, time.Minute, now) == nil || l.take("a", 6, time.Minute, now.Add(9*time.Second)) == nil {
		t.Error("more than six in a minute")
	}
	if err := l.take("a", 6, time.Minute, now.Add(10*time.Second)); err != nil {
		t.Errorf("a sixth of the minute later: %v", err)
	}
	if err := l.take("b", 6, time.Minute, now); err != nil {
		t.Errorf("another name: %v", err)
	}
	for i := range maxNames {
		if err := l.take("n"+strconv.Itoa(i), 6, time.Minute, now); err != nil {
			t.Fatal(err)
		}
	}
	if len(l.names) != maxNames || l.order.Len() != maxNames || l.names["a"] != nil {
		t.Errorf("%d names, %d in order", len(l.names), l.order.Len())
	}
}

// Networks hand out addresses of version 6 by the prefix; ports do not count.
func TestLimit_CountsByPlace(t *testing.T) {
	for remote, want := range map[string]string{"192.0.2.7:4431": "192.0.2.7", "[::ffff:192.0.2.7]:1": "192.0.2.7", "[2001:db8:1:2:3:4:5:6]:9": "2001:db8:1:2::/64", "odd": "odd"} {
		if got := place(remote); got != want {
			t.Errorf("%s: %s; want %s", remote, got, want)
		}
	}
}
