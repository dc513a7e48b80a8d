package codec

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

// Encoding the source gives the very file of the reference encoder.
func TestVectorsWSQEncode(t *testing.T) {
	for _, name := range vectors(t, "codec/wsq/*.wsq") {
		base := strings.TrimSuffix(filepath.Base(name), ".wsq") // set_finger_impression
		at := strings.LastIndex(base, "_b_") + 2
		source := decodeFile(t, filepath.Join(filepath.Dir(name), "..", "..", base[:at], base[at+1:]+".png"))
		source.PPI = 500
		got, err := EncodeWSQ(source, WSQ15to1)
		if err != nil {
			t.Fatal(err)
		}
		want := readFile(t, name)
		t.Logf("%s: %d bytes, reference %d", base, len(got), len(want))
		if !bytes.Equal(got, want) {
			same := 0
			for same < min(len(got), len(want)) && got[same] == want[same] {
				same++
			}
			t.Errorf("%s differs from byte %d", base, same)
		}
	}
}
