package carrier

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"limen/access"
	"limen/db"
	"limen/law"
)

// When a carrier cannot ask (art 13a).
//
// While a failure of the service lasts, carriers are exempt from asking. The
// service watches itself and keeps a notice with the times of each failure; an
// administrator keeps one of what the service cannot see; each carrier reads
// them. A carrier that could not ask tells of it, also afterwards: of a failure
// of the service that it met, or of one of its own that lasted. The body that
// watches over carriers reads all of them as one list.

// NoticeKind is what could not be reached, and who says so.
type NoticeKind string

// The kinds of notices.
const (
	ServiceFailure NoticeKind = "service_failure" // a part of the system failed; the service or its administrator says so (art 13a(1))
	FailureMet     NoticeKind = "failure_met"     // a carrier met a failure of a part of the system
	CarrierUnable  NoticeKind = "carrier_unable"  // a carrier could not ask for reasons of its own (art 13a(3))
)

// Notice is a time in which carriers, or one carrier, could not ask.
type Notice struct {
	ID         string     `json:"id" doc:"Name of the notice. Names sort by when it was told."`
	Kind       NoticeKind `json:"kind" enum:"service_failure,failure_met,carrier_unable" doc:"service_failure: told by the service; carriers are exempt while it lasts. failure_met: told by a carrier of the service. carrier_unable: told by a carrier of itself."`
	Carrier    string     `json:"carrier,omitempty" doc:"The carrier that told of it; absent for a failure that the service told of."`
	Automatic  bool       `json:"automatic" doc:"The service found it by itself."`
	From       time.Time  `json:"from" doc:"Since when nobody could ask."`
	Until      *time.Time `json:"until" doc:"null while it lasts."`
	Transports []string   `json:"transports" nullable:"false" doc:"Transports that left without an answer, as the carrier names them."`
	Words      string     `json:"words" doc:"What happened."`
	ToldAt     time.Time  `json:"told_at"`
	Version    int64      `json:"version" doc:"Counts the changes."`
}

// NoticeReport is what a carrier tells (art 13a), or an administrator.
type NoticeReport struct {
	Kind       NoticeKind `json:"kind,omitempty" enum:"failure_met,carrier_unable" doc:"failure_met: a part of the system did not answer. carrier_unable: the carrier itself could not ask. An administrator leaves it out."`
	From       time.Time  `json:"from" doc:"Since when; not in the future."`
	Until      *time.Time `json:"until,omitempty" doc:"Until when; left out while it lasts."`
	Transports []string   `json:"transports,omitempty" maxItems:"200" nullable:"false" doc:"Transports that left without an answer, at most 200, each as carrier and number with its day. No passengers." example:"[\"LM123 2026-11-02\"]"`
	Words      string     `json:"words" maxLength:"1000" doc:"What happened. No passengers."`
}

// NoticeEnd says when what a notice tells of was over.
type NoticeEnd struct {
	Until   time.Time `json:"until" doc:"Since when questions are answered again; not in the future."`
	Version int64     `json:"version" doc:"Version that was looked at."`
}

const (
	citeFailure law.Citation = "2017/2226 art 13a"

	maxTransports = 200
	watchMark     = "watch" // n: 1 once the copy has answered; at: when it was last looked at
)

const noticeColumns = `id, kind, carrier, automatic, from_at, until_at, transports, words, told_at, version`

func (n *Notice) scan(scan func(...any) error) error {
	var kind, transports string
	var from, until, told int64
	if err := scan(&n.ID, &kind, &n.Carrier, &n.Automatic, &from, &until, &transports, &n.Words, &told, &n.Version); err != nil {
		return err
	}
	n.Kind, n.From, n.ToldAt = NoticeKind(kind), time.UnixMicro(from).UTC(), time.UnixMicro(told).UTC()
	if until != 0 {
		at := time.UnixMicro(until).UTC()
		n.Until = &at
	}
	return json.Unmarshal([]byte(transports), &n.Transports)
}

func notice(tx *db.Tx, id string) (n Notice, err error) {
	err = n.scan(tx.Row(`SELECT `+noticeColumns+` FROM carrier_notice WHERE id = $1`, id).Scan)
	if errors.Is(err, db.ErrNoRows) {
		err = law.Refuse(law.NotFound, "notice_unknown", citeFailure, "There is no such notice.")
	}
	return n, err
}

func (n *Notice) insert(tx *db.Tx) error {
	var random [5]byte
	rand.Read(random[:])
	n.ToldAt, n.Version = tx.Now(), 1
	n.ID = fmt.Sprintf("N%013X%s", n.ToldAt.UnixMicro(), idAlphabet.EncodeToString(random[:]))
	if n.Transports == nil {
		n.Transports = []string{}
	}
	transports, err := json.Marshal(n.Transports)
	if err != nil {
		return err
	}
	var until int64
	if n.Until != nil {
		until = n.Until.UnixMicro()
	}
	_, err = tx.Exec(`INSERT INTO carrier_notice (`+noticeColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		n.ID, string(n.Kind), n.Carrier, n.Automatic, n.From.UnixMicro(), until, string(transports), n.Words, n.ToldAt.UnixMicro(), n.Version)
	return err
}

// read checks what was told. Times are those of the teller; they are kept in UTC
// by the microsecond.
func (in *NoticeReport) read(now time.Time) (Notice, error) {
	n := Notice{Kind: in.Kind, Words: strings.TrimSpace(in.Words)}
	if !printable(n.Words, 1000, true) {
		return n, law.BadField("words", "words_missing", citeFailure, "Say in words what happened, at most 1000 characters.")
	}
	within, err := NoticeWithin.On(law.DateIn(now, time.UTC))
	if err != nil {
		return n, err
	}
	n.From = in.From.UTC().Truncate(time.Microsecond)
	switch {
	case in.From.IsZero():
		return n, law.BadField("from", "from_missing", citeFailure, "Say since when it was impossible to ask.")
	case n.From.After(now):
		return n, law.BadField("from", "from_ahead", citeFailure, "A notice tells what has happened: its beginning does not lie in the future.")
	case n.From.Before(now.Add(-within)):
		return n, law.BadField("from", "from_too_old", citeFailure, "This lies too far back to be told here. Write to the administrator.", "within", within.String())
	}
	if in.Until != nil {
		until, err := n.end(*in.Until, now)
		if err != nil {
			return n, err
		}
		n.Until = &until
	}
	if len(in.Transports) > maxTransports {
		return n, law.BadField("transports", "too_many_transports", citeFailure, "Name at most 200 transports. Tell of the others in another notice.")
	}
	for _, t := range in.Transports {
		if t = strings.TrimSpace(t); !printable(t, 60, false) {
			return n, law.BadField("transports", "transport_form", citeFailure, "Name each transport by its number and day, with at most 60 characters.")
		}
		n.Transports = append(n.Transports, t)
	}
	return n, nil
}

// end reads the moment at which it was over.
func (n *Notice) end(until, now time.Time) (time.Time, error) {
	until = until.UTC().Truncate(time.Microsecond)
	switch {
	case until.Before(n.From):
		return until, law.BadField("until", "until_before_from", citeFailure, "It cannot be over before it began.", "from", n.From.Format(time.RFC3339))
	case until.After(now):
		return until, law.BadField("until", "until_ahead", citeFailure, "The end lies in the future. Leave it out while it lasts.")
	}
	return until, nil
}

// Report keeps what a registered carrier tells: that it met a failure, or could
// not ask itself (art 13a). It is the way in which a carrier that could not ask
// proves afterwards that it said so. Whoever is not registered is refused.
func (c *Copy) Report(p access.Pass, in NoticeReport) (Notice, error) {
	tx, err := p.Tx()
	if err != nil {
		return Notice{}, err
	}
	r, err := registration(tx, p.Principal().Authority.Name)
	if err != nil {
		return Notice{}, err
	}
	if in.Kind != FailureMet && in.Kind != CarrierUnable {
		return Notice{}, law.BadField("kind", "notice_kind", citeFailure, "Say whether the service did not answer (failure_met) or you could not ask (carrier_unable).")
	}
	n, err := in.read(tx.Now())
	if err != nil {
		return Notice{}, err
	}
	n.Carrier = r.ID
	return n, n.insert(tx)
}

// Declare keeps a failure that the service cannot see of itself, as an
// administrator tells it; carriers are exempt while it lasts (art 13a(1)).
func (c *Copy) Declare(p access.Pass, in NoticeReport) (Notice, error) {
	tx, err := p.Tx()
	if err != nil {
		return Notice{}, err
	}
	n, err := in.read(tx.Now())
	if err != nil {
		return Notice{}, err
	}
	n.Kind = ServiceFailure
	return n, n.insert(tx)
}

// End says that what a notice tells of is over: a carrier for its own notices, an
// administrator for those of the service.
func (c *Copy) End(p access.Pass, id string, e NoticeEnd) (Notice, error) {
	tx, err := p.Tx()
	if err != nil {
		return Notice{}, err
	}
	n, err := notice(tx, id)
	if err != nil {
		return Notice{}, err
	}
	own := ""
	if who := p.Principal().Authority; who.Kind == access.Carrier {
		own = who.Name
	}
	switch {
	case n.Carrier != own && n.Carrier != "" && own != "":
		// Another carrier's notices are none of its business, not even that they exist.
		return Notice{}, law.Refuse(law.NotFound, "notice_unknown", citeFailure, "There is no such notice.")
	case n.Carrier != own:
		return Notice{}, law.Refuse(law.NotPermitted, "notice_of_another", citeFailure, "Whoever told of it says when it is over.")
	case n.Automatic:
		return Notice{}, law.Refuse(law.NotPermitted, "notice_automatic", citeFailure, "The service found this failure by itself, and finds its end by itself.")
	case n.Version != e.Version:
		return Notice{}, law.Refuse(law.Conflict, "notice_changed", citeFailure, "The notice has changed since. Look at it again.")
	case n.Until != nil:
		return Notice{}, law.Refuse(law.Conflict, "notice_ended", citeFailure, "The notice has its end already.", "until", n.Until.Format(time.RFC3339))
	}
	until, err := n.end(e.Until, tx.Now())
	if err != nil {
		return Notice{}, err
	}
	n.Until, n.Version = &until, n.Version+1
	_, err = tx.Exec(`UPDATE carrier_notice SET until_at = $1, version = $2 WHERE id = $3`, until.UnixMicro(), n.Version, n.ID)
	return n, err
}

// NoticeQuery asks for notices, the latest told first.
type NoticeQuery struct {
	Lasting bool   // only those that are not over
	Before  string // last name of the page before
	Limit   int    // 1 to 200
}

// Notices lists notices: to an administrator all of them, to a carrier those of
// the service and its own.
func (c *Copy) Notices(p access.Pass, q NoticeQuery) ([]Notice, error) {
	tx, err := p.Tx()
	if err != nil {
		return nil, err
	}
	if q.Limit < 1 || q.Limit > 200 {
		return nil, law.BadField("limit", "page_size", citeFailure, "Ask for 1 to 200 notices at a time.")
	}
	query, args := `SELECT `+noticeColumns+` FROM carrier_notice WHERE id < $1`, []any{q.Before, q.Limit}
	if q.Before == "" {
		args[0] = "O" // every name begins with N
	}
	if q.Lasting {
		query += ` AND until_at = 0`
	}
	if who := p.Principal().Authority; who.Kind == access.Carrier {
		if err := mayRead(tx, who.Name); err != nil {
			return nil, err
		}
		query, args = query+` AND carrier IN ('', $3)`, append(args, who.Name)
	}
	rows, err := tx.Query(query+` ORDER BY id DESC LIMIT $2`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := []Notice{}
	for rows.Next() {
		var n Notice
		if err := n.scan(rows.Scan); err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, rows.Err()
}

// mayRead refuses whoever is no carrier in the register of carriers.
func mayRead(tx *db.Tx, id string) error {
	_, err := registration(tx, id)
	return err
}

// Watch is the duty by which the service tells of its own failures: it keeps a
// notice while the copy does not answer, with the moment from which it did not,
// ends it when the copy answers again, and keeps one of a time in which nothing
// ran. A copy that never answered has not failed. It returns how many notices it
// wrote.
func (c *Copy) Watch(ctx context.Context, door *access.Door) (int, error) {
	return access.Run(ctx, door, access.Request{Principal: access.DutyPrincipal("carrier_watch"), Op: OpWatch}, watch)
}

func watch(p access.Pass) (written int, err error) {
	tx, err := p.Tx()
	if err != nil {
		return 0, err
	}
	now := tx.Now()
	lived, last, err := mark(tx, watchMark)
	if err != nil {
		return 0, err
	}
	since, failed, err := failing(tx)
	if err != nil {
		return 0, err
	}
	if lived == 0 && failed {
		return 0, nil
	}
	longest, err := WatchGap.On(law.DateIn(now, time.UTC))
	if err != nil {
		return 0, err
	}
	if lived == 1 && now.Sub(last) > longest {
		// The service was down: a failure that began before is told by its own notice.
		gap := Notice{Kind: ServiceFailure, Automatic: true, From: last, Until: &now, Words: "The service did not run."}
		if err := gap.insert(tx); err != nil {
			return 0, err
		}
		written++
	}
	var lasting Notice
	err = lasting.scan(tx.Row(`SELECT ` + noticeColumns + ` FROM carrier_notice WHERE until_at = 0 AND kind = 'service_failure' AND automatic = TRUE`).Scan)
	none := errors.Is(err, db.ErrNoRows)
	if err != nil && !none {
		return written, err
	}
	switch {
	case failed && none:
		lasting = Notice{Kind: ServiceFailure, Automatic: true, From: since, Words: "The service's data were not renewed in time, so it does not answer from them."}
		err = lasting.insert(tx)
		written++
	case !failed && !none:
		_, err = tx.Exec(`UPDATE carrier_notice SET until_at = $1, version = version + 1 WHERE id = $2`, now.UnixMicro(), lasting.ID)
		written++
	default:
		err = nil
	}
	if err != nil {
		return written, err
	}
	return written, setMark(tx, watchMark, 1, now)
}

// failing tells whether the copy does not answer, and since when.
func failing(tx *db.Tx) (since time.Time, failed bool, err error) {
	_, complete, err := mark(tx, freshMark)
	if err != nil || complete.IsZero() {
		return tx.Now(), true, err
	}
	most, err := CopyMaxAge.On(law.DateIn(tx.Now(), time.UTC))
	return complete.Add(most), tx.Now().Sub(complete) > most, err
}
