package browsertest

import (
	"context"
	"os"

	"github.com/chromedp/chromedp"
)

// Screenshot writes a picture of the whole page, as PNG, for eyes to judge.
func (b *Browser) Screenshot(path string) {
	b.tb.Helper()
	ctx, cancel := context.WithTimeout(b.Context, stepTimeout)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(path, png, 0o644)
	}
	if err != nil {
		b.tb.Fatalf("screenshot %s: %v", path, err)
	}
}
