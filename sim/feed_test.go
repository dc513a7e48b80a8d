package sim

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"limen/access"
	"limen/db/dbtest"
	"limen/ees"
	"limen/house"
	"limen/law"
)

// BenchmarkCarrierFeed measures the way of a loaded crowd into the carriers'
// copy: reading the extracts alone, with the longest step, and the whole feed
// with its commits on both sides.
func BenchmarkCarrierFeed(b *testing.B) {
	ctx := context.Background()
	const files = 20_000
	clock := dbtest.NewClock(time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC))
	quiet := slog.New(slog.DiscardHandler)
	open := func(dir string) *house.House {
		h, err := house.Open(ctx, house.Options{Store: "sqlite:" + filepath.Join(dir, "limen.db"), Data: dir, Clock: clock.Now, Log: quiet})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { h.Close() })
		return h
	}
	h := open(b.TempDir())
	if err := Load(ctx, h, LoadOptions{Seed: 1, Files: files, Today: law.MustDate("2026-11-01")}); err != nil {
		b.Fatal(err)
	}
	again := func() {
		for after := ees.FileRef(""); ; {
			next, err := access.Run(ctx, h.Door, access.Request{Principal: access.DutyPrincipal("bench"), Op: ees.OpExtractAgain},
				func(p access.Pass) (ees.FileRef, error) { return h.EES.ExtractAllAgain(p, after) })
			if err != nil {
				b.Fatal(err)
			}
			if next == "" {
				return
			}
			after = next
		}
	}
	again()
	b.Run("extract", func(b *testing.B) {
		var longest time.Duration
		for b.Loop() {
			for after := ees.FileRef(""); ; {
				start := time.Now()
				step, err := access.Run(ctx, h.Door, access.Request{Principal: access.DutyPrincipal("bench"), Op: ees.OpExtract},
					func(p access.Pass) (ees.ExtractStep, error) {
						return h.EES.ExtractForCarriers(p, after, ees.MaxExtract)
					})
				if err != nil {
					b.Fatal(err)
				}
				longest = max(longest, time.Since(start))
				if after = step.Next; after == "" {
					break
				}
			}
		}
		b.ReportMetric(files*float64(b.N)/b.Elapsed().Seconds(), "files/s")
		b.ReportMetric(float64(longest.Milliseconds()), "longest-ms")
	})
	b.Run("feed", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			dir := b.TempDir()
			c, err := house.OpenCarrier(ctx, house.Options{Store: "sqlite:" + filepath.Join(dir, "carriers.db"), Data: dir, Clock: clock.Now, Log: quiet})
			if err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
			n, err := h.FeedCarriers(ctx, c, nil)
			if err != nil || n != files {
				b.Fatal(n, err)
			}
			b.StopTimer()
			c.Close()
			b.StartTimer()
		}
		b.ReportMetric(files*float64(b.N)/b.Elapsed().Seconds(), "files/s")
	})
}
