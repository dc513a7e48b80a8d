package house

import (
	"context"

	"limen/access"
	"limen/ees"
	"limen/law"
)

// statisticsActs make the statistics of the day of this play, which is not over, and
// read those of a quarter in which nothing was: there is nothing to extract, and
// nothing to add up.
func (p *play) statisticsActs() []act {
	span := ees.StatisticsQuery{From: law.MustDate("2026-01-01"), To: law.MustDate("2026-03-31")}
	return []act{
		{op: ees.OpExtractStatistics, run: func(ctx context.Context) error {
			_, err := p.RunDuty(ctx, "statistics", nil)
			return err
		}},
		p.do(ees.OpReadStatistics, access.StatisticsReport, access.Statistics, func(pass access.Pass) error {
			_, err := p.EES.Report(pass, "refusals", span)
			return err
		}),
		{op: ees.OpReadStatistics, refused: "progressive_period", run: p.do(ees.OpReadStatistics, access.StatisticsReport, access.Frontex, func(pass access.Pass) error {
			_, err := p.EES.Report(pass, "refusals", ees.StatisticsQuery{From: law.ProgressiveLastDay(), To: law.ProgressiveLastDay() + 1})
			return err
		}).run},
	}
}
