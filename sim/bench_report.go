package sim

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// BenchOptions are what all measurements share.
type BenchOptions struct {
	Seed     uint64
	JSON     bool      // print JSON instead of a table
	Progress io.Writer // where progress goes; nil is standard error
	Dir      string    // where stores are made, on a real disk; "" is the system's folder for temporary files
}

func (o BenchOptions) tell(format string, args ...any) {
	w := o.Progress
	if w == nil {
		w = os.Stderr
	}
	fmt.Fprintf(w, format, args...)
}

// loading reports the progress of a Load, on one line.
func (o BenchOptions) loading(what string) func(done, total int) {
	return func(done, total int) {
		o.tell("\r%s: %d of %d files", what, done, total)
		if done == total {
			o.tell("\n")
		}
	}
}

// Machine is what a measurement was made on.
type Machine struct {
	CPU      string `json:"cpu"`
	Cores    int    `json:"cores"`
	OS       string `json:"os"`
	Go       string `json:"go"`
	Commit   string `json:"commit"`             // of the program, from its build
	Modified bool   `json:"modified,omitempty"` // the program was built from a changed checkout
	Load     string `json:"load,omitempty"`     // load averages of 1, 5 and 15 minutes when the measurement began, where the system tells
	At       string `json:"at"`
}

// ThisMachine describes the machine and the program.
func ThisMachine() Machine {
	m := Machine{CPU: cpuModel(), Cores: runtime.GOMAXPROCS(0), OS: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(), Commit: "unknown",
		At: time.Now().UTC().Format(time.RFC3339)}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				m.Commit = s.Value
			case "vcs.modified":
				m.Modified = s.Value == "true"
			}
		}
	}
	if b, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load = strings.Join(strings.Fields(string(b))[:3], " ")
	}
	return m
}

// cpuModel reads the processor's name where the system tells.
func cpuModel() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if name, value, ok := strings.Cut(s.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

func (m Machine) String() string {
	changed := ""
	if m.Modified {
		changed = ", with changes"
	}
	load := ""
	if m.Load != "" {
		load = "; load " + m.Load
	}
	return fmt.Sprintf("%s, %d cores; %s; %s; commit %s%s%s; %s", m.CPU, m.Cores, m.OS, m.Go, m.Commit, changed, load, m.At)
}

// disk describes where a store lies: the kind of file system, where the system
// tells, and how long a flush takes there. A file system in memory flushes
// nothing, and what is measured on it says nothing.
func disk(dir string) string {
	kind := "disk"
	if b, err := os.ReadFile("/proc/mounts"); err == nil {
		longest := ""
		for line := range strings.Lines(string(b)) {
			if f := strings.Fields(line); len(f) > 2 && (f[1] == "/" || dir == f[1] || strings.HasPrefix(dir, f[1]+"/")) && len(f[1]) >= len(longest) {
				longest, kind = f[1], f[2]
			}
		}
	}
	f, err := os.CreateTemp(dir, "flush-*")
	if err != nil {
		return kind
	}
	defer os.Remove(f.Name())
	defer f.Close()
	var took []float64
	for range 25 {
		start := time.Now()
		if _, err := f.WriteAt(make([]byte, 4096), 0); err != nil || f.Sync() != nil {
			return kind
		}
		took = append(took, float64(time.Since(start).Microseconds())/1000)
	}
	return fmt.Sprintf("%s, a flush of 4 KiB takes %.2f ms", kind, median(took))
}

// printed prints a report, as JSON or as text.
func printed(w io.Writer, o BenchOptions, report any, text func(*tabwriter.Writer)) error {
	if o.JSON {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(report)
	}
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	text(t)
	return t.Flush()
}

// Latency is how long something took, in milliseconds.
type Latency struct {
	P50 float64 `json:"p50_ms"`
	P95 float64 `json:"p95_ms"`
	P99 float64 `json:"p99_ms"`
	Max float64 `json:"max_ms"`
}

// latency sorts and reads percentiles.
func latency(d []time.Duration) Latency {
	if len(d) == 0 {
		return Latency{}
	}
	slices.Sort(d)
	at := func(share float64) float64 {
		i := min(len(d)-1, int(share*float64(len(d))))
		return float64(d[i].Microseconds()) / 1000
	}
	return Latency{at(0.50), at(0.95), at(0.99), at(1)}
}

func (l Latency) cells() string {
	return fmt.Sprintf("%.2f\t%.2f\t%.2f", l.P50, l.P95, l.P99)
}

// median of figures; 0 of none.
func median(f []float64) float64 {
	if len(f) == 0 {
		return 0
	}
	s := slices.Clone(f)
	slices.Sort(s)
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}
