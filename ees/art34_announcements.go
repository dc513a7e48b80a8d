package ees

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"time"

	"limen/access"
	"limen/law"
)

// announcementLife is how long an announcement names the file that is gone, so
// that each state can clear the copies that it keeps (art 40). Then only numbers
// are left.
var announcementLife = law.Param[law.Period]{Name: "ees.announcement_life", Unit: "period", Rows: []law.Row[law.Period]{
	{From: law.MustDate("2025-10-12"), Value: law.Period{Days: 30}, Cite: "2017/2226 art 35(7)", Unconfirmed: true,
		Note: "design choice: the states are told of an erasure by the file's reference, which would otherwise remain of the person; the law sets no time"}}}

// announcementSettles is how long an announcement waits before it is read: a
// transaction that began earlier may commit later, and a reader who goes on
// behind the last one it has seen would miss it.
const announcementSettles = time.Minute

// Announcement tells the states what was erased, or will be (arts 34(3), 35(7)).
type Announcement struct {
	Kind     AnnouncementKind `json:"kind" enum:"file_erased,record_erased,refusal_erased,erasure_ahead"`
	File     FileRef          `json:"file" doc:"Individual reference number. Erase what your state has copied under it."`
	RecordID string           `json:"record_id,omitempty" doc:"The entry/exit record or refusal, when not the whole file is meant."`
	At       time.Time        `json:"at" format:"date-time" doc:"Moment of the erasure, or of the warning."`
	Ground   EraseGround      `json:"ground" enum:"retention_over,nationality,left_scope,microstate,early,erasure_request"`
	Due      law.Date         `json:"due,omitempty" format:"date" doc:"Of a warning: the day on which an overstayer's data will be erased."`
}

// AnnouncementQuery is one page asked for.
type AnnouncementQuery struct {
	After string // the Next of the page before; empty from the oldest that is kept
	Limit int    // 1..1000
}

// AnnouncementList is a page of announcements, the oldest first.
type AnnouncementList struct {
	Announcements []Announcement `json:"announcements" nullable:"false"`
	Next          string         `json:"next" doc:"Give this as 'after' to read on, now or later; announcements are never put in before it."`
	More          bool           `json:"more" doc:"There are more to be read now."`
}

// announcementCursor is the last announcement that a page had.
type announcementCursor struct {
	At     int64            `json:"t"`
	Ref    FileRef          `json:"r"`
	Kind   AnnouncementKind `json:"k"`
	Record int              `json:"n"`
}

// ListAnnouncements tells every state what was erased and what will be (arts
// 34(3), 35(7); EES-058, EES-061). An announcement can be read a minute after the
// erasure, and for as long as announcementLife says.
func (r *Register) ListAnnouncements(p access.Pass, q AnnouncementQuery) (AnnouncementList, error) {
	tx, err := p.Tx()
	if err != nil {
		return AnnouncementList{}, err
	}
	if q.Limit < 1 || q.Limit > 1000 {
		return AnnouncementList{}, law.BadField("limit", "page_size", "2017/2226 art 35(7)", "Ask for 1 to 1000 announcements at a time.")
	}
	var c announcementCursor
	if q.After != "" {
		b, err := base64.RawURLEncoding.DecodeString(q.After)
		if err != nil || json.Unmarshal(b, &c) != nil {
			return AnnouncementList{}, law.BadField("after", "unknown_page", "2017/2226 art 35(7)", "Use the value of 'next' from the page before.")
		}
	}
	rows, err := tx.Query(`SELECT at, ref, kind, record, ground, due_on FROM ees_announcement
		WHERE (at, ref, kind, record) > ($1, $2, $3, $4) AND at < $5
		ORDER BY at, ref, kind, record LIMIT $6`,
		c.At, string(c.Ref), string(c.Kind), c.Record, tx.Now().Add(-announcementSettles).UnixMicro(), q.Limit+1)
	if err != nil {
		return AnnouncementList{}, err
	}
	defer rows.Close()
	list := AnnouncementList{Announcements: []Announcement{}, Next: q.After}
	for rows.Next() {
		var at int64
		var ref, kind, ground string
		var n int
		var due law.Date
		if err := rows.Scan(&at, &ref, &kind, &n, &ground, &due); err != nil {
			return AnnouncementList{}, err
		}
		if len(list.Announcements) == q.Limit {
			list.More = true
			break
		}
		a := Announcement{Kind: AnnouncementKind(kind), File: FileRef(ref), At: time.UnixMicro(at).UTC(), Ground: EraseGround(ground), Due: due}
		switch a.Kind {
		case RecordErased, ErasureAhead:
			a.RecordID = recordID(a.File, n)
		case RefusalErased:
			a.RecordID = refusalID(a.File, n)
		}
		if a.Kind != FileErased {
			p.Subject(ref)
		}
		list.Announcements = append(list.Announcements, a)
		c = announcementCursor{at, a.File, a.Kind, n}
	}
	if err := rows.Err(); err != nil {
		return AnnouncementList{}, err
	}
	if len(list.Announcements) > 0 {
		b, err := json.Marshal(c)
		if err != nil {
			return AnnouncementList{}, err
		}
		list.Next = base64.RawURLEncoding.EncodeToString(b)
	}
	return list, p.Send(access.FileExistence)
}

// ForgetAnnouncements turns announcements whose time is over into numbers, in
// steps.
func (r *Register) ForgetAnnouncements(ctx context.Context, door *access.Door, progress func(total int)) (int, error) {
	return access.Steps(ctx, door, access.Request{Principal: access.DutyPrincipal("announcements"), Op: OpForgetAnnouncements}, forgetSome, progress)
}

func forgetSome(p access.Pass) (int, error) {
	tx, err := p.Tx()
	if err != nil {
		return 0, err
	}
	life, err := announcementLife.On(max(law.DateIn(tx.Now(), time.UTC), law.EESStart()))
	if err != nil {
		return 0, err
	}
	// Its last day is the one on which the period from the announcement ends.
	last := life.Before(law.DateIn(tx.Now(), time.UTC))
	rows, err := tx.Query(`SELECT ref, at, kind, record, told_on, ground FROM ees_announcement WHERE at < $1 ORDER BY at, ref, kind, record LIMIT $2`,
		last.Start(time.UTC).UnixMicro(), mostPerStep)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	type day struct{ on, kind, ground string }
	counts := map[day]int{}
	n := 0
	for rows.Next() {
		var ref, kind, on, ground string
		var at int64
		var record int
		if err := rows.Scan(&ref, &at, &kind, &record, &on, &ground); err != nil {
			return 0, err
		}
		tx.Later(`DELETE FROM ees_announcement WHERE ref = $1 AND at = $2 AND kind = $3 AND record = $4`, ref, at, kind, record)
		counts[day{on, kind, ground}]++
		n++
	}
	for d, count := range counts {
		tx.Later(`INSERT INTO ees_erased_count (told_on, kind, ground, n) VALUES ($1, $2, $3, $4)
			ON CONFLICT (told_on, kind, ground) DO UPDATE SET n = ees_erased_count.n + excluded.n`, d.on, d.kind, d.ground, count)
	}
	return n, rows.Err()
}
