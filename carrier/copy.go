// Package carrier is the read-only copy that carriers and travellers ask
// (2017/2226 arts 13 and 13a, 2022/1409): whether the entries of a visa are used
// up, and how many days of stay are left.
//
// # A copy of its own
//
// The copy has its own database, its own log with its own key, its own accounts
// and its own door. Nothing here can reach the register: the package does not
// import it and is handed no way to it (EES-048). Data come in one way, by
// [Feed], which whoever holds the register calls; nothing goes back.
//
// # What the copy holds
//
// For each travel document of a file one row: a keyed digest of the document, an
// opaque token in place of the file's reference, and sealed data: keyed digests
// of the identity, the visas, and the days of earlier stays in a form that only
// the [Judge] reads. They are sealed under a key that needs both the copy's
// secret and the document. So the copy cannot be listed by name, and a stolen
// database says nothing; with the secret beside it, each document has to be
// guessed. Sealed data are padded, so their length tells little of a history.
//
// # What an answer tells
//
// A carrier gets OK, NOT OK or NOT APPLICABLE, and a traveller OK, NOT OK or NOT
// AVAILABLE with days: no reason, and not whether there is a file (EES-046). See
// art13_traveller.go on how absent and present without stays are kept alike.
package carrier

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"limen/access"
	"limen/db"
	"limen/law"
	"limen/ledger"
	"limen/person"
)

//go:embed sql/*.sql
var migrations embed.FS

// Schema returns the tables of the copy and their distribution keys.
func Schema() db.Schema {
	files, err := fs.Sub(migrations, "sql")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	return db.Schema{Room: "carrier", Files: files, Tables: []db.Table{
		{Name: "carrier_document", Key: "doc", Why: "a question names a document and is answered by one shard; only the feed, which nobody waits for, looks by file"},
		{Name: "carrier_mark", Why: "a few rows, of which every answer reads one"},
		{Name: "carrier_registration", Why: "some thousand carriers that every node asks for at each request"},
		{Name: "carrier_notice", Why: "a few in a month, which every node lists by time"},
	}}
}

// Options of New.
type Options struct {
	// Secret is the 32 bytes that digests and seals are made with. Without it
	// the copy cannot be read; it is then fed anew.
	Secret []byte
	// Judge answers what a history means; the house plugs in the register's
	// calculator, which is a pure function and reaches no store.
	Judge Judge
	// Receipts sign answers to carriers.
	Receipts *ReceiptKeys
	// Specimens lets documents and nationals of the specimen state UTO through.
	Specimens person.Specimens
}

// Copy answers carriers and travellers. It holds keys and rules and no store:
// data are reached by a pass of the copy's own door.
type Copy struct {
	keys      keys
	judge     Judge
	receipts  *ReceiptKeys
	specimens person.Specimens
	decoy     decoy
}

// New returns a copy. It fails on a secret that is not 32 bytes long and
// without a judge or keys for receipts.
func New(o Options) (*Copy, error) {
	if o.Judge == nil || o.Receipts == nil {
		return nil, errors.New("carrier: a copy needs a judge of histories and keys for receipts")
	}
	k, err := newKeys(o.Secret)
	if err != nil {
		return nil, err
	}
	c := &Copy{keys: k, judge: o.Judge, receipts: o.Receipts, specimens: o.Specimens}
	c.decoy, err = newDecoy()
	return c, err
}

// Receipts returns the keys that sign receipts, for those who verify.
func (c *Copy) Receipts() *ReceiptKeys { return c.receipts }

const (
	citeCarriers   law.Citation = "2017/2226 art 13(3)"
	citeTravellers law.Citation = "2017/2226 art 13(1)"
	citeDates      law.Citation = "2022/1409 art 15"
	citeCopy       law.Citation = "2017/2226 art 13(5)"
	citeLogs       law.Citation = "2017/2226 art 13(4)"
	citeRegister   law.Citation = "2017/2226 art 13(3)" // the authentication scheme; its details stand in 2022/1409
)

// The rows of carrier_mark.
const (
	freshMark = "fresh" // at: as of when the copy is complete; n: the step by which it was
	feedMark  = "feed"  // n: the feeder that may write
	keyMark   = "key"   // n: tells which secrets the rows were made with

	fillingMark = "filling" // n: drawn when the copy was filled from the beginning
	stepMark    = "step"    // n: counts the steps of this filling
)

// asOf reads the moment as of which the copy is complete, and refuses to answer
// from a copy that was never filled or has grown too old: a visa used since
// would pass for unused.
func asOf(tx *db.Tx) (time.Time, error) {
	reached("as of")
	_, complete, err := mark(tx, freshMark)
	if err != nil {
		return time.Time{}, err
	}
	if complete.IsZero() {
		return time.Time{}, law.Refuse(law.Unavailable, "copy_empty", citeCopy,
			"The service has no data yet. Ask again later; a carrier that cannot ask records that it tried.", "retry_after_seconds", "300")
	}
	most, err := CopyMaxAge.On(law.DateIn(tx.Now(), time.UTC))
	if err != nil {
		return time.Time{}, err
	}
	if tx.Now().Sub(complete) > most {
		return time.Time{}, law.Refuse(law.Unavailable, "copy_too_old", citeCopy,
			"The service's data were not renewed in time, so it does not answer from them. Ask again later; a carrier that cannot ask records that it tried.",
			"as_of", complete.Format(time.RFC3339), "retry_after_seconds", "300")
	}
	return complete, nil
}

// eraseSome erases one step of the log, going on after an identifier.
func eraseSome(p access.Pass, log *ledger.Log, after string) (ledger.Erased, error) {
	tx, err := p.Tx()
	if err != nil {
		return ledger.Erased{}, err
	}
	today := law.DateIn(tx.Now(), time.UTC)
	keep, err := law.KeepCarrierLogs.On(today)
	if err != nil {
		return ledger.Erased{}, err
	}
	// The first day that is still kept: its period has not ended before today.
	first := keep.Before(today)
	for keep.After(first) < today {
		first++
	}
	if after == "" {
		if _, err := tx.Exec(`DELETE FROM carrier_notice WHERE until_at <> 0 AND until_at < $1`, first.Start(time.UTC).UnixMicro()); err != nil {
			return ledger.Erased{}, err
		}
	}
	who := p.Principal()
	return log.Erase(tx, ledger.Erasure{Before: first.Start(time.UTC), After: after,
		By: ledger.Entry{System: "carrier", Purpose: string(p.Purpose()), Officer: string(who.Officer), Channel: who.Channel,
			Authority: who.Authority.Name, AuthorityKind: string(who.Authority.Kind), State: who.Authority.State, Grant: citeLogs}})
}

func wrong(what string, err error) error { return fmt.Errorf("carrier: %s: %w", what, err) }
