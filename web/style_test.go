package web

import (
	"io/fs"
	"math"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// themes reads the tokens of every theme; one builds on the one before.
func themes(t *testing.T) map[string]map[string]string {
	t.Helper()
	css := ownFile(t, "static/limen.css")
	base := regexp.MustCompile(`(?s)^.*?\n:root \{(.*?)\n\}`).FindStringSubmatch(css)
	if base == nil {
		t.Fatal("the stylesheet has no tokens")
	}
	token := regexp.MustCompile(`--([a-z-]+):\s*(#[0-9a-f]{6});`)
	read := func(block string) map[string]string {
		m := map[string]string{}
		for _, f := range token.FindAllStringSubmatch(block, -1) {
			m[f[1]] = f[2]
		}
		return m
	}
	all := map[string]map[string]string{"light": read(base[1])}
	for _, m := range regexp.MustCompile(`(?s)@media ([^{]*?) \{\s*:root \{(.*?)\}\s*\}`).FindAllStringSubmatch(css, -1) {
		theme := read(m[2])
		for name, colour := range all["light"] {
			if _, own := theme[name]; !own {
				theme[name] = colour
			}
		}
		all[m[1]] = theme
	}
	if len(all) != 4 {
		t.Fatalf("%d themes", len(all))
	}
	return all
}

func ownFile(t *testing.T, name string) string {
	t.Helper()
	b, err := fs.ReadFile(ownFiles, name)
	must(t, err)
	return string(b)
}

// luminance and contrast are those of WCAG 2.2.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	var l float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		must(t, err)
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		l += weight * c
	}
	return l
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// Text has a contrast of 4.5 at least (WCAG 2.2, 1.4.3 AA), and 7 where more
// contrast is asked for; edges that mean something have 3 (1.4.11).
func TestContrastOfEveryTheme(t *testing.T) {
	for name, tokens := range themes(t) {
		least := 4.5
		if strings.Contains(name, "contrast") {
			least = 7
		}
		pair := func(front, back string, ratio float64) {
			if tokens[front] == "" || tokens[back] == "" {
				t.Errorf("%s: no token %s or %s", name, front, back)
				return
			}
			if got := contrast(t, tokens[front], tokens[back]); got < ratio {
				t.Errorf("%s: %s on %s has %.2f, needs %.1f", name, front, back, got, ratio)
			}
		}
		for _, back := range []string{"paper", "panel"} {
			for _, front := range []string{"ink", "soft", "link", "good", "warn", "bad"} {
				pair(front, back, least)
			}
			for _, edge := range []string{"line", "focus", "action"} {
				pair(edge, back, 3)
			}
		}
		for token := range tokens {
			if back, ok := strings.CutPrefix(token, "on-"); ok {
				pair(token, back, least)
			}
		}
	}
	if got := contrast(t, "#ffffff", "#767676"); math.Abs(got-4.54) > 0.01 {
		t.Errorf("the computation is wrong: %.3f", got)
	}
}

// Every colour is a token, so that no pair escapes the test above; print is black on white.
func TestColoursAreTokens(t *testing.T) {
	css := ownFile(t, "static/limen.css")
	rules := css[strings.Index(css, "*, *::before"):]
	rules = rules[:strings.Index(rules, "@media print")]
	if m := regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(`).FindString(rules); m != "" {
		t.Errorf("a rule uses the colour %s beside the tokens", m)
	}
	used := regexp.MustCompile(`var\(--([a-z-]+)\)`)
	light := themes(t)["light"]
	for _, m := range used.FindAllStringSubmatch(rules, -1) {
		if light[m[1]] == "" && m[1] != "text" && m[1] != "mono" {
			t.Errorf("--%s is used and not defined", m[1])
		}
	}
	if size := len(css); size > 16<<10 {
		t.Errorf("the stylesheet has %d bytes", size)
	}
}

// Pages hold no style, script or handler in line, which the policy would refuse.
func TestPagesHoldNothingInline(t *testing.T) {
	names, err := fs.Glob(ownFiles, "pages/*.html")
	must(t, err)
	bad := regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=|<script(?:\s[^>]*)?>[^<]|javascript:|https?://`)
	for _, name := range names {
		if m := bad.FindString(ownFile(t, name)); m != "" {
			t.Errorf("%s: %s", path.Base(name), m)
		}
	}
	if size := len(ownFile(t, "static/passkey.js")); size > 2048 {
		t.Errorf("the script has %d bytes", size)
	}
}
