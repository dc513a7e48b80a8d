package main

import (
	"fmt"
	"io"
	"os"
)

// progress returns a function that shows how far long work has come, on one line
// of a terminal. Into a file or a pipe it writes nothing. An empty format clears
// the line.
func progress(w io.Writer) func(format string, args ...any) {
	f, ok := w.(*os.File)
	if ok {
		info, err := f.Stat()
		ok = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return func(format string, args ...any) {
		if ok {
			fmt.Fprintf(w, "\r\x1b[K"+format, args...)
		}
	}
}
