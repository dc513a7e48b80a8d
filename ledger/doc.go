// Package ledger is the tamper-evident log of 2017/2226 art 46: one entry for
// every operation, written in the transaction that does the operation, and
// sealed behind it into a Merkle tree whose signed head (checkpoint) anybody
// can hold.
//
// # How it works
//
// [Log.Append] queues two rows: the entry (body and a random salt) and a
// pending row with a commitment to it. [Log.Integrate] runs behind the commits:
// it gives the pending entries their sequence numbers, writes their leaves and
// the 256-wide tiles of the tree, signs a checkpoint and deletes the pending
// rows, all in one transaction. The pending table alone says what is still to be
// integrated: identifiers are ordered by time, but a transaction that began
// early may commit late, and "greater than the last one" would skip it for ever.
//
// Hashes follow RFC 6962, checkpoints are C2SP tlog-checkpoints (signed notes,
// Ed25519), so foreign tools can read both.
//
//	commitment = SHA-256(frame("limen/ledger/entry/v1"), frame(salt), frame(body))
//	leaf data  = frame("limen/ledger/leaf/v1"), frame(id), frame(commitment)
//	leaf hash  = SHA-256(0x00, leaf data)
//	search     = SHA-256(frame("limen/ledger/search/v1"), frame(salt), frame(category), frame(value))
//	frame(x)   = length of x as four bytes, most significant first, then x
//
// The commitment stands between the body and the leaf so that the tree can still be
// rebuilt, identifiers included, when body and salt are gone.
//
// # Why search values are digests
//
// Art 46(1) wants the data used for a search in the log. A log that kept them in
// clear would be a second register of names and document numbers, open to people
// who may not search the first, and would outlive it by a year. So an entry has
// the category and a digest under its own salt. Whoever alleges "you searched
// this number" can be proved right or wrong ([Record.Proves]); nobody can ask the log
// which entries searched a number without trying every entry one by one. The
// salt stands beside the digest, so the digest of a value with few
// possibilities (a birth date) yields to guessing by somebody who holds the entry:
// it keeps honest readers from reading, it is no encryption.
//
// # Erasure
//
// Art 46(4) has entries erased one year after the data they speak of. [Log.Erase]
// removes body, salt and digests and appends an entry that lists exactly the
// sequence numbers erased and the article. Commitments, identifiers (a moment and
// a random number) and the erasure's own entry stay, so the tree still verifies.
//
// # What is lost with what
//
//	private key file    no new checkpoint can be signed. Old ones still verify. A new key
//	                    goes on with the same tree: Options.Former takes the old verifier
//	                    key, and verification takes both. What was pending under the lost
//	                    key is kept, reported and never sealed: seal before replacing one.
//	                    Stolen: the thief can sign another history. Checkpoints and
//	                    receipts held elsewhere expose it; nothing inside the database does.
//	public key file     nothing: it is derived from the private one and written again.
//	ledger_entry        the contents. Every loss and change is found and named.
//	ledger_subject      search by the second and further persons of an entry, nothing else:
//	                    the list can be rebuilt from the bodies. Differences are found.
//	ledger_pending      entries not yet sealed. A lost row with its entry row leaves a trace only
//	                    with whoever holds the receipt. Rows added or changed are found by the
//	                    log itself, and not sealed: its own carry a code made with the private key.
//	ledger_leaf         which entry has which number. Found, and recoverable from tiles and entries.
//	ledger_tile         proofs, until rebuilt from the leaves. Found.
//	ledger_checkpoint   signatures over past heads. Removed rows are found; if the newest go, with the
//	                    leaves they cover, only a checkpoint held elsewhere shows it.
//	ledger_erased       the pointer from an erased entry to the erasure. Found, and rebuilt from the log.
//
// # What the log cannot prove
//
// That an entry is true, or that an operation done outside of the program was logged.
// Who runs the program can log lies; they stay provably his.
// That entries not yet under a checkpoint existed, except to a holder of their
// receipt: so the window is kept short ([Log.Run]) and can be watched
// ([Log.Pending]). That its newest checkpoint is the newest there ever was, except to
// a holder of a newer one: so checkpoints belong in other hands, the supervisor's
// first. Against the holder of the private key it proves only what others have kept.
package ledger
