package finger

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"
)

// someTemplate draws a template with n minutiae of no meaning.
func someTemplate(r *rand.Rand, n int) Template {
	t := Template{Width: 388, Height: 374, ResX: Resolution500, ResY: Resolution500,
		Position: Position(r.IntN(11)), Impression: LivePlain, Quality: uint8(r.IntN(101))}
	for range n {
		t.Minutiae = append(t.Minutiae, Minutia{
			X: uint16(r.IntN(388)), Y: uint16(r.IntN(374)), Angle: uint8(r.IntN(256)),
			Kind: Kind(r.IntN(3)), Quality: uint8(r.IntN(101)),
		})
	}
	return t
}

// asANSI writes what ReadANSI reads, with the long or the short length, so that
// there is something to read.
func asANSI(views []Template, long bool) []byte {
	body := make([]byte, 6) // product and equipment
	for _, v := range []uint16{views[0].Width, views[0].Height, views[0].ResX, views[0].ResY} {
		body = binary.BigEndian.AppendUint16(body, v)
	}
	body = append(body, byte(len(views)), 0)
	for _, t := range views {
		body = append(body, byte(t.Position), byte(t.Impression), t.Quality, byte(len(t.Minutiae)))
		for _, m := range t.Minutiae {
			body = binary.BigEndian.AppendUint16(body, uint16(m.Kind)<<14|m.X)
			body = binary.BigEndian.AppendUint16(body, m.Y)
			body = append(body, byte(int(m.Angle)*180/256), m.Quality)
		}
		body = append(body, 0, 3, 9, 9, 9) // extended data, to be passed over
	}
	head := []byte("FMR\x00 20\x00")
	if long {
		head = append(head, 0, 0)
		head = binary.BigEndian.AppendUint32(head, uint32(len(head)+4+len(body)))
	} else {
		head = binary.BigEndian.AppendUint16(head, uint16(len(head)+2+len(body)))
	}
	return append(head, body...)
}

// What is written is read again, whole, over several views.
func TestISORecordReadsBackWhatWasWritten(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	want := []Template{someTemplate(r, 40), someTemplate(r, 1), someTemplate(r, MaxMinutiae)}
	data, err := WriteISO(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadISO(data)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// The bytes of a small record, worked out by hand from the standard's tables.
func TestISORecordHasTheBytesOfTheStandard(t *testing.T) {
	got, err := WriteISO([]Template{{
		Width: 300, Height: 400, ResX: 197, ResY: 197, Position: LeftIndex, Impression: LiveSwipe, Quality: 80,
		Minutiae: []Minutia{{X: 258, Y: 3, Angle: 64, Kind: Bifurcation, Quality: 7}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := []byte{
		'F', 'M', 'R', 0, ' ', '2', '0', 0, 0, 0, 0, 36, 0, 0, 1, 44, 1, 144, 0, 197, 0, 197, 1, 0,
		7, 8, 80, 1, 0x81, 2, 0, 3, 64, 7, 0, 0,
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got\n%v, want\n%v", got, want)
	}
}

func TestANSIRecordIsReadInBothLengths(t *testing.T) {
	want := []Template{{
		Width: 300, Height: 400, ResX: 197, ResY: 197, Position: RightThumb, Quality: 55,
		Minutiae: []Minutia{{X: 10, Y: 20, Angle: 128, Kind: Ending, Quality: 30}, {X: 299, Y: 399, Angle: 64}},
	}}
	for _, long := range []bool{false, true} {
		got, err := ReadANSI(asANSI(want, long))
		if err != nil {
			t.Fatalf("long %v: %v", long, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("long %v: got %v, want %v", long, got, want)
		}
	}
}

// Either format is known by its length.
func TestRecordsAreToldApart(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	for n := range 50 {
		want := someTemplate(r, n)
		data, err := WriteISO([]Template{want})
		if err != nil {
			t.Fatal(err)
		}
		for name, data := range map[string][]byte{"iso": data, "ansi": asANSI([]Template{want}, false), "long ansi": asANSI([]Template{want}, true)} {
			if got, err := ReadRecord(data); err != nil || len(got) != 1 || len(got[0].Minutiae) != n {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	var bad *RecordError
	if _, err := ReadRecord(nil); !errors.As(err, &bad) {
		t.Error("nothing was read")
	}
}

// Every record that is cut short, and every one with a limit broken, is refused
// with the place of the fault.
func TestBrokenRecordsAreRefused(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	whole, err := WriteISO([]Template{someTemplate(r, 3), someTemplate(r, 2)})
	if err != nil {
		t.Fatal(err)
	}
	refused := func(name string, data []byte) {
		t.Helper()
		var bad *RecordError
		if _, err := ReadISO(data); !errors.As(err, &bad) || bad.Format != formatISO {
			t.Errorf("%s: got %v, want a RecordError", name, err)
		}
	}
	for n := range whole {
		cut := bytes.Clone(whole[:n])
		refused("cut", cut)
		if n >= 12 {
			binary.BigEndian.PutUint32(cut[8:], uint32(n))
			refused("cut with its length mended", cut)
		}
	}
	for name, change := range map[string]struct {
		at    int
		value byte
	}{
		"resolution of nothing":   {19, 0},
		"finger eleven":           {24, 11},
		"quality 101":             {26, 101},
		"more minutiae than room": {27, 255},
		"fewer views than bytes":  {22, 1},
		"minutia outside":         {28, 0x7f},
		"minutia of kind 3":       {28, 0xc0},
	} {
		data := bytes.Clone(whole)
		data[change.at] = change.value
		refused(name, data)
	}
	refused("too long", make([]byte, MaxRecord+1))
	if _, err := ReadANSI(asANSI([]Template{someTemplate(r, 1)}, false)[:30]); err == nil {
		t.Error("a cut ANSI record was read")
	}
}

func TestOnlyTemplatesAreWritten(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	good := someTemplate(r, 2)
	other := good
	other.Width++
	outside := someTemplate(r, 1)
	outside.Minutiae[0].X = outside.Width
	full := someTemplate(r, MaxMinutiae)
	many := make([]Template, 17)
	for i := range many {
		many[i] = good
	}
	whole := make([]Template, 100)
	for i := range whole {
		whole[i] = full
		whole[i].Position = Position(i % 11)
	}
	for name, views := range map[string][]Template{
		"no view": nil, "two sizes": {good, other}, "a minutia outside": {outside},
		"17 views of one finger": many, "longer than a record": whole,
	} {
		if _, err := WriteISO(views); err == nil {
			t.Errorf("%s was written", name)
		}
	}
}

func FuzzISO(f *testing.F) {
	r := rand.New(rand.NewPCG(4, 4))
	data, err := WriteISO([]Template{someTemplate(r, 3), someTemplate(r, 1)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:30])
	f.Fuzz(func(t *testing.T, data []byte) {
		views, err := ReadISO(data)
		var bad *RecordError
		if err != nil && !errors.As(err, &bad) {
			t.Fatalf("an error without a place: %v", err)
		}
		if err != nil || len(views) == 0 {
			return
		}
		again, err := WriteISO(views)
		if err != nil {
			return // more views of one finger than can be numbered
		}
		second, err := ReadISO(again)
		if err != nil || !reflect.DeepEqual(views, second) {
			t.Fatalf("read, written and read again: %v\n%v\n%v", err, views, second)
		}
	})
}

func FuzzANSI(f *testing.F) {
	r := rand.New(rand.NewPCG(5, 5))
	f.Add(asANSI([]Template{someTemplate(r, 3)}, false))
	f.Add(asANSI([]Template{someTemplate(r, 1), someTemplate(r, 0)}, true))
	f.Fuzz(func(t *testing.T, data []byte) {
		views, err := ReadANSI(data)
		var bad *RecordError
		if err != nil && !errors.As(err, &bad) {
			t.Fatalf("an error without a place: %v", err)
		}
		for i := range views {
			if err := views[i].Check(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
