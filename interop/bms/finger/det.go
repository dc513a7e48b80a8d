package finger

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// DETPlot draws the trade-offs as a picture in SVG: false non-match against
// false match, both in percent on logarithmic scales. The part of a curve that
// rests on fewer than 30 false matches is dashed.
func DETPlot(title string, sets ...Verification) string {
	const (
		left, top, width, height = 70.0, 50.0, 480.0, 400.0
		decades                  = 4 // 0.01 % to 100 %
	)
	x := func(rate float64) float64 {
		return left + width*(min(max(math.Log10(rate), -decades), 0)+decades)/decades
	}
	y := func(rate float64) float64 {
		return top + height*-min(max(math.Log10(rate), -decades), 0)/decades
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" role="img" font-family="sans-serif" font-size="13">`+"\n",
		left+width+30, top+height+60+20*float64(len(sets)))
	fmt.Fprintf(&b, "<title>%s</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n", html.EscapeString(title))
	fmt.Fprintf(&b, `<text x="%g" y="28" font-size="16">%s</text>`+"\n", left, html.EscapeString(title))
	for d := -decades; d <= 0; d++ {
		rate := math.Pow10(d)
		fmt.Fprintf(&b, `<path d="M%.1f %gV%gM%g %.1fH%g" stroke="#ccc"/>`, x(rate), top, top+height, left, y(rate), left+width)
		fmt.Fprintf(&b, `<text x="%.1f" y="%g" text-anchor="middle">%g %%</text>`, x(rate), top+height+18, 100*rate)
		fmt.Fprintf(&b, `<text x="%g" y="%.1f" text-anchor="end">%g %%</text>`+"\n", left-6, y(rate)+4, 100*rate)
	}
	fmt.Fprintf(&b, `<text x="%g" y="%g" text-anchor="middle">false match rate</text>`, left+width/2, top+height+38)
	fmt.Fprintf(&b, `<text transform="translate(18 %g) rotate(-90)" text-anchor="middle">false non-match rate</text>`+"\n", top+height/2)
	// Colours that are told apart without red and green.
	colours := []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#000"}
	for i, v := range sets {
		colour := colours[i%len(colours)]
		var firm, thin strings.Builder
		shown := float64(FewestErrors) / float64(max(v.NonMated, 1))
		// A step is drawn as a step: rates between two thresholds are not reached.
		for n := 1; n < len(v.DET); n++ {
			p, q := v.DET[n-1], v.DET[n]
			line := &firm
			if q.FMR < shown {
				line = &thin
			}
			fmt.Fprintf(line, "M%.1f %.1fH%.1fV%.1f", x(p.FMR), y(p.FNMR), x(q.FMR), y(q.FNMR))
		}
		fmt.Fprintf(&b, `<path d="%s" fill="none" stroke="%s" stroke-width="2"/>`, firm.String(), colour)
		fmt.Fprintf(&b, `<path d="%s" fill="none" stroke="%s" stroke-dasharray="3 3"/>`+"\n", thin.String(), colour)
		at := top + height + 60 + 20*float64(i)
		fmt.Fprintf(&b, `<path d="M%g %gh30" stroke="%s" stroke-width="2"/><text x="%g" y="%g">%s: EER %.2f %%, %d mated, %d non-mated</text>`+"\n",
			left, at-4, colour, left+38, at, html.EscapeString(v.Data), 100*v.EER, v.Mated, v.NonMated)
	}
	b.WriteString("</svg>\n")
	return b.String()
}
