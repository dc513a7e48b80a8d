//go:build !linux

package sim

import "time"

var startOfTime = time.Now()

// threadTime is the time that went by: the system tells no thread's own.
func threadTime() time.Duration { return time.Since(startOfTime) }
