package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"limen/interop/bms"
	"limen/interop/bms/codec"
	"limen/interop/bms/finger"
	"limen/law"
)

const minutiaeMagic = "FMR\x00"

func today() law.Date { return law.DateIn(time.Now(), time.UTC) }

// printReader makes templates of files; each goroutine needs its own.
type printReader struct {
	extractor finger.Extractor
	coder     *finger.Coder
	scratch   *finger.Scratch
	ppi       int // of images that do not say theirs; 0: 500
	least     int // minutiae
}

// printReaders gives what makes readers, under today's parameters.
func printReaders(ppi int) (func() *printReader, error) {
	if ppi != 0 && (ppi < finger.MinPPI || ppi > finger.MaxPPI) {
		return nil, fmt.Errorf("--ppi %d: give %d to %d pixels per inch", ppi, finger.MinPPI, finger.MaxPPI)
	}
	least, err := bms.LeastMinutiae.On(today())
	if err != nil {
		return nil, err
	}
	coder := finger.NewCoder(finger.PaperCylinders)
	return func() *printReader {
		return &printReader{coder: coder, scratch: finger.NewScratch(), ppi: ppi, least: least}
	}, nil
}

// view is one print, ready to be compared.
type view struct {
	position finger.Position
	minutiae int
	print    finger.Print
}

// read gives the prints of a file: one of an image, those of all views of a minutiae
// record, those of all single fingers of an ANSI/NIST-ITL file. A print with too few
// minutiae is left out; without any left it is an error.
func (r *printReader) read(path string) ([]view, error) {
	data, err := readWhole(path)
	if err != nil {
		return nil, err
	}
	templates, err := r.templates(data)
	if err != nil {
		return nil, err
	}
	var views []view
	most := 0
	for i := range templates {
		t := &templates[i]
		most = max(most, len(t.Minutiae))
		if len(t.Minutiae) < r.least {
			continue
		}
		views = append(views, view{position: t.Position, minutiae: len(t.Minutiae)})
		r.coder.Encode(&views[len(views)-1].print, t)
	}
	if len(views) == 0 {
		return nil, fmt.Errorf("%d minutiae, at least %d are needed: take a better print", most, r.least)
	}
	return views, nil
}

func (r *printReader) templates(data []byte) ([]finger.Template, error) {
	switch {
	case bytes.HasPrefix(data, []byte(minutiaeMagic)):
		return finger.ReadRecord(data)
	case codec.Sniff(data) == codec.Face:
		return nil, errors.New("a record of a face: fingerprints are compared here")
	case codec.Sniff(data) == codec.ANSINIST:
		return r.transaction(data)
	}
	img, err := codec.Decode(data)
	if err != nil {
		return nil, err
	}
	t, err := r.extract(img)
	return []finger.Template{t}, err
}

func (r *printReader) extract(img codec.Image) (finger.Template, error) {
	ppi, _ := resolution(img.PPI, r.ppi)
	t, _, err := r.extractor.Extract(finger.Image{Pix: img.Pix, Width: img.Width, Height: img.Height, PPI: float64(ppi)})
	return t, err
}

// transaction extracts every image of one finger of an ANSI/NIST-ITL file.
func (r *printReader) transaction(data []byte) ([]finger.Template, error) {
	f, err := codec.ParseANSINIST(data)
	if err != nil {
		return nil, err
	}
	var all []finger.Template
	others := 0
	for i := range f.Records {
		record := &f.Records[i]
		if !record.HasImage() {
			continue
		}
		position := finger.Position(min(record.FingerPosition(), math.MaxUint8))
		if !(record.Type == 4 || record.Type == 13 || record.Type == 14) || !position.Known() {
			others++
			continue
		}
		img, err := f.Image(i, codec.Standard)
		if err != nil {
			return nil, fmt.Errorf("record %d: %w", i+1, err)
		}
		t, err := r.extract(img)
		if err != nil {
			return nil, fmt.Errorf("record %d: %w", i+1, err)
		}
		t.Position = position
		all = append(all, t)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no image of a single finger, and %d others: cut slaps into fingers first ('limen bms decode' shows what is there)", others)
	}
	return all, nil
}

// resolution chooses among what the file says, what the option says and 500.
func resolution(file, option int) (ppi int, source string) {
	switch {
	case file > 0:
		return file, "file"
	case option > 0:
		return option, "option"
	}
	return 500, "assumed"
}

// comparedFinger is one finger of a comparison.
type comparedFinger struct {
	A         int     `json:"position_a"` // 1 to 5 the right hand from the thumb, 6 to 10 the left; 0 unknown
	B         int     `json:"position_b"`
	MinutiaeA int     `json:"minutiae_a"`
	MinutiaeB int     `json:"minutiae_b"`
	Score     float64 `json:"score"`
	LLR       float64 `json:"log10_likelihood_ratio"`
}

// compare compares two persons' prints finger by finger and adds up the ratios.
// Where a finger was taken several times the best counts. One print of which nobody
// knows the finger is compared with every finger of the other side; that it had so
// many chances is taken off. Nothing in common gives no finger.
func compare(s *finger.Scratch, c finger.Calibration, a, b []view) (fingers []comparedFinger, llr float64) {
	best := func(fits func(p, q *view) bool) (found comparedFinger, pairs int) {
		for i := range a {
			for j := range b {
				p, q := &a[i], &b[j]
				if !fits(p, q) {
					continue
				}
				if score := s.Compare(&p.print, &q.print); pairs == 0 || score > found.Score {
					found = comparedFinger{int(p.position), int(q.position), p.minutiae, q.minutiae, score, 0}
				}
				pairs++
			}
		}
		return found, pairs
	}
	add := func(f comparedFinger, pairs, chances int) {
		if pairs > 0 {
			f.LLR = c.LLR(f.Score) - math.Log10(float64(chances))
			fingers, llr = append(fingers, f), llr+f.LLR
		}
	}
	if loose(a) && !unknown(b) || loose(b) && !unknown(a) {
		f, pairs := best(func(p, q *view) bool { return true })
		add(f, pairs, max(positions(a), positions(b)))
		return fingers, llr
	}
	f, pairs := best(func(p, q *view) bool { return p.position == 0 && q.position == 0 })
	add(f, pairs, pairs)
	for at := finger.RightThumb; at <= finger.LeftLittle; at++ {
		f, pairs := best(func(p, q *view) bool { return p.position == at && q.position == at })
		add(f, pairs, 1)
	}
	return fingers, llr
}

// loose says whether it is one print of an unknown finger.
func loose(v []view) bool { return len(v) == 1 && unknown(v) }

func unknown(v []view) bool {
	for i := range v {
		if v[i].position == finger.UnknownFinger {
			return true
		}
	}
	return false
}

func positions(v []view) int {
	seen := map[finger.Position]bool{}
	for i := range v {
		seen[v[i].position] = true
	}
	return len(seen)
}

// calibrated are the flags of what turns scores into ratios.
type calibrated struct {
	PPI         int    `name:"ppi" default:"0" help:"Resolution in pixels per inch of images that do not say theirs; 500 when left out."`
	Calibration string `type:"existingfile" placeholder:"FILE" help:"Calibration of the scores: what 'limen bms evaluate --calibrate' printed. Left out, the one of the development sets."`
}

func (c calibrated) calibration() (finger.Calibration, error) {
	if c.Calibration == "" {
		return finger.DevelopmentCalibration, nil
	}
	data, err := readWhole(c.Calibration)
	if err != nil {
		return finger.Calibration{}, err
	}
	return readCalibration(c.Calibration, data)
}

// readCalibration reads a calibration alone or a report that holds one.
func readCalibration(name string, data []byte) (finger.Calibration, error) {
	var report struct {
		finger.Calibration
		Fitted *finger.Calibration `json:"fitted_calibration"`
	}
	if err := json.Unmarshal(data, &report); err != nil {
		return finger.Calibration{}, fmt.Errorf("%s: not JSON: %w", name, err)
	}
	k := report.Calibration
	if report.Fitted != nil {
		k = *report.Fitted
	}
	if !(k.Slope > 0) || !(k.Soft > 0) || k.Low >= k.High {
		return finger.Calibration{}, fmt.Errorf("%s: no calibration; make one with 'limen bms evaluate DIR --calibrate'", name)
	}
	return k, nil
}

// leastRatio is the decimal logarithm of the likelihood ratio from which a decision
// is positive: two persons reach a ratio of r with a chance of at most 1/r, and each
// of so many records is a chance.
func leastRatio(rate float64, records int) float64 {
	return math.Log10(float64(max(records, 1))) - math.Log10(rate)
}

// rateOr is the rate that was given, or the parameter's of today.
func rateOr(given float64, flag string, p *law.Param[float64]) (float64, error) {
	if given == 0 {
		return p.On(today())
	}
	if !(given > 0 && given < 1) {
		return 0, fmt.Errorf("%s %g: give a share above 0 and below 1, as 0.0005 for 0.05 %%", flag, given)
	}
	return given, nil
}

// personOf is whose print a file is of by its name: person_impression.ext, the
// impression a number; any other name is a person's as it stands.
func personOf(path string) (person string, impression string) {
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	at := strings.LastIndexByte(name, '_')
	if at <= 0 || at == len(name)-1 || strings.Trim(name[at+1:], "0123456789") != "" {
		return name, ""
	}
	return name[:at], name[at+1:]
}

// printFiles lists the files of a folder that begin as a print does, by name, and the
// names of the others.
func printFiles(folder string, most int) (files, others []string, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
			continue
		}
		f, err := os.Open(path)
		if err != nil {
			return nil, nil, err
		}
		head := make([]byte, 16)
		n, err := io.ReadFull(f, head)
		f.Close()
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, nil, err
		}
		head = head[:n]
		if codec.Sniff(head) == codec.NoFormat && !bytes.HasPrefix(head, []byte(minutiaeMagic)) {
			others = append(others, e.Name())
			continue
		}
		if files = append(files, path); len(files) > most {
			return nil, nil, fmt.Errorf("%s: more than %d prints", folder, most)
		}
	}
	if len(files) == 0 {
		return nil, nil, fmt.Errorf("%s: no prints in it; want images (WSQ, JPEG 2000, JPEG, PNG), ANSI/NIST-ITL files or minutiae records", folder)
	}
	return files, others, nil
}

// sideBySide does n pieces of work on all processors, each worker with a tool of
// its own, and tells after each how many are done. It stops soon when ctx ends.
func sideBySide[T any](ctx context.Context, n int, tool func() T, do func(T, int), tell func(done int)) error {
	var mu sync.Mutex
	next, done := 0, 0
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		workers.Go(func() {
			mine := tool()
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= n || ctx.Err() != nil {
					return
				}
				do(mine, i)
				mu.Lock()
				done++
				tell(done)
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	return ctx.Err()
}

// readFailure is a file that gave no template.
type readFailure struct {
	File  string `json:"file"`
	Error string `json:"error"`
}

// readAll reads all files: views[i] is empty where files[i] gave none.
func readAll(ctx context.Context, s streams, readers func() *printReader, files []string) (views [][]view, failures []readFailure, err error) {
	views = make([][]view, len(files))
	errs := make([]error, len(files))
	tell := progress(s.err)
	err = sideBySide(ctx, len(files), readers, func(r *printReader, i int) { views[i], errs[i] = r.read(files[i]) },
		func(done int) { tell("%d of %d prints read", done, len(files)) })
	tell("")
	for i, e := range errs {
		if e != nil {
			failures = append(failures, readFailure{files[i], e.Error()})
		}
	}
	return views, failures, err
}
