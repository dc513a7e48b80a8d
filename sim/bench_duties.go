package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"limen/db"
	"limen/law"
)

// DutiesOptions of BenchDuties. Zero values take what stands beside them.
type DutiesOptions struct {
	BenchOptions
	Store   string        // SQLiteStore, PostgresStore or the address of an empty PostgreSQL database: SQLiteStore
	Files   int           // in the register: 100 000
	Clients int           // booths at work beside the duties: 8
	Pause   time.Duration // of a booth between two travellers: 20 ms
	Quiet   time.Duration // how long crossings are measured without a duty: 5 s
}

func (o *DutiesOptions) defaults() {
	if o.Store == "" {
		o.Store = SQLiteStore
	}
	if o.Files == 0 {
		o.Files = 100_000
	}
	if o.Clients == 0 {
		o.Clients = 8
	}
	if o.Pause == 0 {
		o.Pause = 20 * time.Millisecond
	}
	if o.Quiet == 0 {
		o.Quiet = 5 * time.Second
	}
}

// DutiesReport is how fast the duties of articles 12 and 34 work, and how
// crossings fare beside them.
type DutiesReport struct {
	Machine Machine       `json:"machine"`
	Seed    uint64        `json:"seed"`
	Store   string        `json:"store"`
	Disk    string        `json:"disk"`
	Files   int           `json:"files"`
	Clients int           `json:"clients"`
	Duties  []DutyFigures `json:"duties"`
	Without CrossingsLine `json:"crossings_without"`
}

// DutyFigures is one duty.
type DutyFigures struct {
	Duty   string        `json:"duty"`
	Rows   int           `json:"rows"`  // erased or flagged, alone
	Items  int           `json:"items"` // files or stays
	Alone  float64       `json:"rows_per_second_alone"`
	Floor  float64       `json:"rows_per_second_floor"` // the bare statements in bulk
	Beside float64       `json:"rows_per_second_beside"`
	With   CrossingsLine `json:"crossings_with"`
}

// CrossingsLine is how long a recorded crossing took, after its check.
type CrossingsLine struct {
	Done   int     `json:"done"`
	Errors int     `json:"errors"`
	Error  string  `json:"error,omitempty"`
	Rate   float64 `json:"per_second"`
	Check  Latency `json:"check"`
	Cross  Latency `json:"crossing"`
}

// BenchDuties measures flagging and erasure alone, beside the bare statements on
// tables of the same shape, and beside crossings. What is due lies scattered over
// the register, as in life: a duty meets its files by day and not by reference.
func BenchDuties(ctx context.Context, w io.Writer, o DutiesOptions) (report DutiesReport, err error) {
	o.defaults()
	report = DutiesReport{Machine: ThisMachine(), Seed: o.Seed, Files: o.Files, Clients: o.Clients}
	b, err := o.openBench(ctx, o.Store, o.Files, 1, true)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	report.Store, report.Disk = b.engine(ctx), disk(b.dir)
	defer sealing(ctx, func(ctx context.Context) { b.Log.Run(ctx, benchSealEvery, nil) })()
	booths, err := newBooths(b, o)
	if err != nil {
		return report, err
	}
	report.Without = booths.during(ctx, func() { wait(ctx, o.Quiet) })
	for _, d := range []benchDuty{{"overstayers", true}, {"retention", false}} {
		o.tell("%s: %s alone, its floor, and beside crossings\n", b.name, d.name)
		f, err := d.measure(ctx, b, booths)
		if err != nil {
			return report, fmt.Errorf("%s: %w", d.name, err)
		}
		report.Duties = append(report.Duties, f)
	}
	return report, printed(w, o.BenchOptions, report, report.text)
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// benchDuty is a duty, and which members of the crowd it is for: those inside, or
// those who have left.
type benchDuty struct {
	name   string
	inside bool
}

// measure runs the duty on one quarter of the crowd alone, the bare statements on
// the same quarter of the floor, and the duty on another quarter beside crossings.
func (d benchDuty) measure(ctx context.Context, b *benchHouse, booths *booths) (DutyFigures, error) {
	f := DutyFigures{Duty: d.name}
	members, err := d.makeDue(ctx, b, 0)
	if err != nil {
		return f, err
	}
	f.Items = len(members)
	before, err := d.rows(ctx, b)
	if err != nil {
		return f, err
	}
	start := time.Now()
	if _, err := b.RunDuty(ctx, d.name, nil); err != nil {
		return f, err
	}
	took := time.Since(start)
	after, err := d.rows(ctx, b)
	if err != nil {
		return f, err
	}
	f.Rows = before - after
	f.Alone = float64(f.Rows) / took.Seconds()
	rows, took, err := d.bare(ctx, b, members)
	if err != nil {
		return f, err
	}
	f.Floor = float64(rows) / took.Seconds()
	if _, err = d.makeDue(ctx, b, 2); err != nil {
		return f, err
	}
	if before, err = d.rows(ctx, b); err != nil {
		return f, err
	}
	f.With = booths.during(ctx, func() {
		start = time.Now()
		_, err = b.RunDuty(ctx, d.name, nil)
		took = time.Since(start)
	})
	if err != nil {
		return f, err
	}
	if after, err = d.rows(ctx, b); err != nil {
		return f, err
	}
	// Crossings beside it write rows too, of files that are not due.
	f.Beside = float64(before-after) / took.Seconds()
	return f, nil
}

// makeDue makes the members of one quarter due, in the register and in the floor,
// on days of the last year that have nothing to do with their references.
func (d benchDuty) makeDue(ctx context.Context, b *benchHouse, quarter int) ([]*member, error) {
	r := stream(b.crowd.seed, streamBench, 77+quarter)
	var due []*member
	for i := quarter; i < b.crowd.size; i += 4 {
		m, err := b.crowd.member(i)
		if err != nil {
			return nil, err
		}
		if m.inside() == d.inside {
			due = append(due, m)
		}
	}
	const batch = 2000
	for from := 0; from < len(due); from += batch {
		part := due[from:min(len(due), from+batch)]
		err := b.Store.Write(ctx, func(tx *db.Tx) error {
			for _, m := range part {
				day := b.today - 5 - law.Date(r.IntN(300))
				for _, prefix := range []string{"", floorPrefix} {
					if err := d.age(tx, prefix, m, day); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return due, nil
}

func (d benchDuty) age(tx *db.Tx, prefix string, m *member, day law.Date) error {
	if d.inside {
		_, err := tx.Exec(`UPDATE `+prefix+`ees_record SET stay_end = $1 WHERE ref = $2 AND exit_on IS NULL`, day, m.ref)
		return err
	}
	if _, err := tx.Exec(`UPDATE `+prefix+`ees_file SET due_on = $1, last_event_on = $2 WHERE ref = $3`, day, day-1200, m.ref); err != nil {
		return err
	}
	_, err := tx.Exec(`UPDATE `+prefix+`ees_record SET entry_on = $1, exit_on = $1, exit_at = exit_at - 1200 * 86400000000 WHERE ref = $2`, day-1200, m.ref)
	return err
}

// fileTables are the tables that an erased file has rows in, with the column of
// its reference.
var fileTables = [][2]string{{"ees_file", "ref"}, {"ees_record", "ref"}, {"ees_by_visa", "ref"}, {"cir_dataset", "record_ref"}, {"cir_identity", "record_ref"},
	{"cir_document", "record_ref"}, {"cir_biometric", "record_ref"}, {"cir_file", "record_ref"}, {"cir_by_document", "record_ref"}, {"cir_by_name", "record_ref"}}

// rows counts what the duty takes away, or has still to flag.
func (d benchDuty) rows(ctx context.Context, b *benchHouse) (int, error) {
	terms := []string{`(SELECT count(*) FROM ees_record WHERE exit_on IS NULL AND ended_on IS NULL AND overstay_class IS NULL AND excused IS NULL AND stay_end IS NOT NULL AND ends_at IS NULL AND stay_end < '` + (b.today - 3).String() + `')`}
	if !d.inside {
		terms = nil
		for _, t := range fileTables {
			// Of files that no booth uses.
			terms = append(terms, `(SELECT count(*) FROM `+t[0]+` WHERE `+t[1]+` IN (SELECT ref FROM ees_file WHERE due_on <= '`+b.today.String()+`'))`)
		}
	}
	n := 0
	err := b.Store.Read(ctx, func(tx *db.Tx) error { return tx.Row(`SELECT ` + strings.Join(terms, " + ")).Scan(&n) })
	return n, err
}

// bare writes or erases the same rows of the floor by keys, in bulk, in the order
// in which the duty meets them: nothing is worked out, announced or logged.
func (d benchDuty) bare(ctx context.Context, b *benchHouse, members []*member) (rows int, took time.Duration, err error) {
	byDay := members // makeDue drew the days at random, so any order of references is as good
	r := stream(b.crowd.seed, streamBench, 78)
	r.Shuffle(len(byDay), func(i, k int) { byDay[i], byDay[k] = byDay[k], byDay[i] })
	const width = 64
	marks := ""
	for i := range width {
		marks += fmt.Sprintf("$%d, ", i+1)
	}
	marks = strings.TrimSuffix(marks, ", ")
	lookups, err := lookupsOf(ctx, b, byDay)
	if err != nil {
		return 0, 0, err
	}
	start := time.Now()
	for from := 0; from < len(byDay); from += width {
		part := byDay[from:min(len(byDay), from+width)]
		args := make([]any, width)
		for i := range args {
			args[i] = part[min(i, len(part)-1)].ref
		}
		err := b.Store.Write(ctx, func(tx *db.Tx) error {
			if d.inside {
				n, err := tx.Exec(`UPDATE floor_ees_record SET overstay_class = 'NO_EXIT', overstay_from = stay_end, version = version + 1
					WHERE ref IN (`+marks+`) AND exit_on IS NULL AND overstay_class IS NULL`, args...)
				rows += int(n)
				return err
			}
			for _, t := range fileTables[:7] {
				n, err := tx.Exec(`DELETE FROM `+floorPrefix+t[0]+` WHERE `+t[1]+` IN (`+marks+`)`, args...)
				if err != nil {
					return err
				}
				rows += int(n)
			}
			for _, m := range part {
				for _, l := range lookups[m.ref] {
					n, err := tx.Exec(l.query, l.args...)
					if err != nil {
						return err
					}
					rows += int(n)
				}
			}
			return nil
		})
		if err != nil {
			return rows, 0, err
		}
	}
	return rows, time.Since(start), nil
}

// lookup is a row by which somebody is found.
type lookup struct {
	query string
	args  []any
}

// lookupsOf reads the keys of the floor's lookups, before anything is measured.
func lookupsOf(ctx context.Context, b *benchHouse, members []*member) (map[string][]lookup, error) {
	wanted := make(map[string][]lookup, len(members))
	for _, m := range members {
		wanted[m.ref] = nil
	}
	for _, t := range []struct{ table, a, b string }{{"cir_file", "cir_file", "system"}, {"cir_by_document", "number", "issuer"}, {"cir_by_name", "block", "name_key"}} {
		query := `DELETE FROM ` + floorPrefix + t.table + ` WHERE ` + t.a + ` = $1 AND ` + t.b + ` = $2 AND record_ref = $3`
		err := b.Store.Read(ctx, func(tx *db.Tx) error {
			rows, err := tx.Query(`SELECT ` + t.a + `, ` + t.b + `, record_ref FROM ` + floorPrefix + t.table)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var a, b, ref string
				if err := rows.Scan(&a, &b, &ref); err != nil {
					return err
				}
				if list, ok := wanted[ref]; ok {
					wanted[ref] = append(list, lookup{query, []any{a, b, ref}})
				}
			}
			return rows.Err()
		})
		if err != nil {
			return nil, err
		}
	}
	return wanted, nil
}

// booths are guards at work beside a duty, with travellers whom it is not for.
type booths struct {
	bench   *benchHouse
	options DutiesOptions
	each    [][]*subject
}

func newBooths(b *benchHouse, o DutiesOptions) (*booths, error) {
	bs := &booths{bench: b, options: o, each: make([][]*subject, o.Clients)}
	for i, n := 1, 0; i < b.crowd.size && n < 4000; i, n = i+2*max(1, b.crowd.size/8000), n+1 {
		m, err := b.crowd.member(i) // odd: in no quarter that becomes due
		if err != nil {
			return nil, err
		}
		w := whereabouts{inside: m.inside(), stays: len(m.stays), version: 1}
		bs.each[n%o.Clients] = append(bs.each[n%o.Clients], &subject{ref: m.ref, mrz: m.Passports[0].MRZ, visa: m.visa, rooms: w})
	}
	return bs, nil
}

// during lets the booths work while fn runs, and returns how long a crossing took.
func (bs *booths) during(ctx context.Context, fn func()) CrossingsLine {
	ctx, stop := context.WithCancel(ctx)
	var all sync.WaitGroup
	var mu sync.Mutex
	var line CrossingsLine
	var checks, crossings []time.Duration
	start := time.Now()
	for i, subjects := range bs.each {
		all.Go(func() {
			r := stream(bs.options.Seed, streamBench, 9000+i)
			m := measuring{bench: bs.bench}
			c := &client{r: r, subjects: subjects}
			for ctx.Err() == nil {
				s := pick(r, subjects)
				check, crossing, err := m.inProcess(context.WithoutCancel(ctx), c, s, false)
				mu.Lock()
				if err != nil {
					if line.Errors++; line.Error == "" {
						line.Error = err.Error()
					}
				} else {
					checks, crossings = append(checks, check), append(crossings, crossing)
				}
				mu.Unlock()
				wait(ctx, bs.options.Pause)
			}
		})
	}
	fn()
	stop()
	all.Wait()
	line.Done, line.Rate = len(crossings), float64(len(crossings))/time.Since(start).Seconds()
	line.Check, line.Cross = latency(checks), latency(crossings)
	return line
}

func (r DutiesReport) text(t *tabwriter.Writer) {
	fmt.Fprintf(t, "Duties of articles 12 and 34, alone and beside %d booths; seed %d\n%s\n%s, %d files; %s\n\n", r.Clients, r.Seed, r.Machine, r.Store, r.Files, r.Disk)
	fmt.Fprintln(t, "DUTY\tITEMS\tROWS\tROWS/S ALONE\tFLOOR\tOF FLOOR\tROWS/S BESIDE")
	for _, d := range r.Duties {
		fmt.Fprintf(t, "%s\t%d\t%d\t%.0f\t%.0f\t%.2f\t%.0f\n", d.Duty, d.Items, d.Rows, d.Alone, d.Floor, d.Alone/max(1, d.Floor), d.Beside)
	}
	fmt.Fprintln(t, "\nCROSSINGS\tDONE\tA SECOND\tCROSSING P50 ms\tP95\tP99\tMAX\tCHECK P50\tP95\tP99\tERRORS")
	line := func(name string, c CrossingsLine) {
		fmt.Fprintf(t, "%s\t%d\t%.0f\t%s\t%.2f\t%s\t%d\n", name, c.Done, c.Rate, c.Cross.cells(), c.Cross.Max, c.Check.cells(), c.Errors)
		if c.Error != "" {
			fmt.Fprintf(t, "\tfirst error: %s\n", c.Error)
		}
	}
	line("without", r.Without)
	for _, d := range r.Duties {
		line("beside "+d.Duty, d.With)
	}
	fmt.Fprintln(t, "\nThe floor runs the bare statements on tables of the same shape, by keys it knows, 64 files in a transaction.")
}
