package sim

import (
	"syscall"
	"time"
)

// threadTime is the processor time of the calling thread: what a rate rests on
// where others use the machine too.
func threadTime() time.Duration {
	const thread = 1 // RUSAGE_THREAD
	var u syscall.Rusage
	if err := syscall.Getrusage(thread, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
