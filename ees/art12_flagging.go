package ees

import (
	"context"
	"fmt"

	"limen/access"
	"limen/db"
	"limen/law"
	"limen/person"
)

// flagChunk is how many stays are read and flagged at a time. A step flags at most
// a thousand, which one log entry can list.
const flagChunk = 128

// FlagOverstayers flags the stays that ended without an exit (art 12(1), 16(4);
// EES-028), the earliest first: those counted in days once their last day is over
// in the westernmost operating zone, and so everywhere; those of transits by the
// hour (annex II). It flags none while that paragraph is suspended (2025/1534 art
// 5). It works in steps: each is one transaction with its own log entry, holds the
// store for a bounded time and then gives way. What is flagged leaves the index of
// stays to look at: if we stop anywhere, the next start goes on where this one was.
// It returns how many it flagged.
//
// The flag says what the records say, and decides nothing about the person: whoever
// meets an overstayer hears him first (art 35(5), 2016/679 art 22).
func (r *Register) FlagOverstayers(ctx context.Context, door *access.Door, progress func(total int)) (int, error) {
	return access.Steps(ctx, door, access.Request{Principal: access.DutyPrincipal("flag_overstayers"), Op: OpFlagOverstayers}, flagSome, progress)
}

func flagSome(p access.Pass) (int, error) {
	tx, err := p.Tx()
	if err != nil {
		return 0, err
	}
	// After midnight in the westernmost operating zone the day is over everywhere.
	today := law.DateIn(tx.Now(), person.WesternmostZone())
	if _, suspended := law.Suspended("2017/2226 art 12(1)", today); suspended {
		return 0, nil
	}
	total := 0
	for _, c := range []clockKind{
		{by: "stay_end", only: "ends_at IS NULL", until: today, from: 1},
		{by: "ends_at", only: "ends_at IS NOT NULL", until: tx.Now().UnixMicro(), from: 0},
	} {
		for most := p.StepSize(); total < most && (total == 0 || !p.StepOver()); {
			chunk := min(flagChunk, most-total)
			n, err := c.flag(p, tx, chunk)
			if err != nil {
				return 0, err
			}
			if total += n; n < chunk {
				break
			}
		}
	}
	return total, nil
}

// clockKind is one way in which stays end: in days, or in hours.
type clockKind struct {
	by    string   // column that orders the index
	only  string   // which of the two indexes
	until any      // a stay whose time is before this is over
	from  law.Date // days from the end of the stay to the first day of overstay
}

// stillOpen is what both indexes of stays to look at ask for.
const stillOpen = `exit_on IS NULL AND ended_on IS NULL AND overstay_class IS NULL AND excused IS NULL AND stay_end IS NOT NULL`

// flag flags the first stays of the index: those of one day by one statement, from
// the first to the last that was read.
func (c *clockKind) flag(p access.Pass, tx *db.Tx, most int) (int, error) {
	rows, err := tx.Query(`SELECT ref, n, stay_end FROM ees_record WHERE `+stillOpen+` AND `+c.only+` AND `+c.by+` < $1
		ORDER BY `+c.by+`, ref, n LIMIT $2`, c.until, most)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	type stay struct {
		ref string
		n   int
	}
	ends := map[law.Date][]stay{}
	total := 0
	for rows.Next() {
		var s stay
		var end law.Date
		if err := rows.Scan(&s.ref, &s.n, &end); err != nil {
			return 0, err
		}
		ends[end] = append(ends[end], s)
		p.Subject(s.ref)
		total++
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	for end, stays := range ends {
		// By days the stays read of one day stand next to each other; by hours not.
		step := len(stays)
		if c.from == 0 {
			step = 1
		}
		for ; len(stays) > 0; stays = stays[step:] {
			first, last := stays[0], stays[step-1]
			n, err := tx.Exec(`UPDATE ees_record SET overstay_class = $1, overstay_from = $2, version = version + 1
				WHERE `+stillOpen+` AND `+c.only+` AND stay_end = $3 AND (ref, n) >= ($4, $5) AND (ref, n) <= ($6, $7)`,
				string(NoExit), end+c.from, end, first.ref, first.n, last.ref, last.n)
			if err != nil {
				return 0, err
			}
			if int(n) != step {
				return 0, fmt.Errorf("ees: flagged %d stays that ended on %s, and read %d", n, end, step)
			}
		}
	}
	return total, nil
}
