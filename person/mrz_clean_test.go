package person

import (
	"slices"
	"strings"
	"testing"
)

func TestCleanMRZ(t *testing.T) {
	td3, td1, td2 := specimens[TD3], specimens[TD1], specimens[TD2]
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"as printed", strings.Join(td3, "\n"), td3},
		{"reader with carriage returns", strings.Join(td3, "\r") + "\r", td3},
		{"reader with both line ends and frame characters", "\x02" + strings.Join(td1, "\r\n") + "\r\n\x03", td1},
		{"reader with tabs", strings.Join(td2, "\t"), td2},
		{"small letters and blanks", "  " + strings.ToLower(td3[0]) + " \n\n " + strings.ToLower(td3[1]) + "\t\n", td3},
		{"groups with blanks", td3[0][:10] + " " + td3[0][10:] + "\n" + td3[1][:9] + "\u00a0" + td3[1][9:], td3},
		{"one string of 88", td3[0] + td3[1], td3},
		{"one string of 90", td1[0] + td1[1] + td1[2], td1},
		{"one string of 72", td2[0] + td2[1], td2},
		{"guillemets", strings.ReplaceAll(strings.Join(td3, "\n"), "<<", "«"), td3},
		{"single guillemets", strings.ReplaceAll(strings.Join(td3, "\n"), "<", "‹"), td3},
		{"full width", strings.ReplaceAll(strings.Join(td3, "\n"), "<", "＜"), td3},
		{"byte order mark", "\ufeff" + strings.Join(td3, "\u2028"), td3},
		{"nothing", "", nil},
		{"blanks", " \r\n\t\n \u3000", nil},
		{"one short line stays", "P<UTO", []string{"P<UTO"}},
		{"foreign letters stay", "p<uté", []string{"P<UTé"}},
		{"a foreign letter in one string of 88 is not cut", td3[0][:43] + "É" + td3[1], []string{td3[0][:43] + "É", td3[1]}},
		{"bytes are no characters", strings.Repeat("É", 44), []string{strings.Repeat("É", 44)}},
		{"a wrong length is not parted", td3[0] + td3[1] + "<", []string{td3[0] + td3[1] + "<"}},
		{"two lines are not joined", td3[0] + "<\n" + td3[1][:43], []string{td3[0] + "<", td3[1][:43]}},
	} {
		if got := CleanMRZ(c.text); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}

func FuzzCleanMRZ(f *testing.F) {
	for _, lines := range specimens {
		f.Add(strings.Join(lines, "\r\n"))
		f.Add(strings.ToLower(strings.Join(lines, "")))
	}
	f.Add("«‹＜ \x00\xff")
	f.Fuzz(func(t *testing.T, text string) {
		lines := CleanMRZ(text)
		total := 0
		for _, line := range lines {
			total += len(line)
			if line == "" || strings.ContainsAny(line, " \t\r\nabcdefghijklmnopqrstuvwxyz") {
				t.Fatalf("%q holds %q", lines, line)
			}
		}
		if total > 3*len(text) {
			t.Fatalf("%d bytes became %d", len(text), total)
		}
		if again := CleanMRZ(strings.Join(lines, "\n")); !slices.Equal(again, lines) {
			t.Fatalf("%q became %q", lines, again)
		}
		ParseMRZ(lines)
	})
}
