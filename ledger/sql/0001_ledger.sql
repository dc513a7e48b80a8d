-- +goose Up

-- What happened (2017/2226 art 46(1)). home is the first subject's file reference, so that the entry of a
-- crossing lies in the shard of its person; without a subject it is the entry's own id. officer and operation
-- repeat what the body says, for searching.
CREATE TABLE ledger_entry (
    home TEXT NOT NULL,
    id TEXT NOT NULL,
    officer TEXT NOT NULL,
    operation TEXT NOT NULL,
    salt BYTEA NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (home, id)
);

CREATE INDEX ledger_entry_id ON ledger_entry (id);

CREATE INDEX ledger_entry_officer ON ledger_entry (officer, id);

-- The second and further subjects of an entry.
-- +limen rows in key
CREATE TABLE ledger_subject (
    subject TEXT NOT NULL,
    id TEXT NOT NULL,
    home TEXT NOT NULL,
    PRIMARY KEY (subject, id)
);

-- Entries committed and not yet sealed. The truth about what is still to be integrated.
-- +limen rows in key
CREATE TABLE ledger_pending (
    home TEXT NOT NULL,
    id TEXT NOT NULL,
    commitment BYTEA NOT NULL,
    code BYTEA NOT NULL,
    PRIMARY KEY (home, id)
);

CREATE INDEX ledger_pending_id ON ledger_pending (id);

-- Leaf number tile * 256 + n. Rows are never changed nor removed.
-- +limen rows in key
CREATE TABLE ledger_leaf (
    tile BIGINT NOT NULL,
    n BIGINT NOT NULL,
    id TEXT NOT NULL,
    commitment BYTEA NOT NULL,
    PRIMARY KEY (tile, n)
);

CREATE INDEX ledger_leaf_id ON ledger_leaf (id);

-- Up to 256 hashes of one level of the tree. A tile is replaced until it is full.
CREATE TABLE ledger_tile (
    n BIGINT NOT NULL,
    level BIGINT NOT NULL,
    hashes BYTEA NOT NULL,
    PRIMARY KEY (n, level)
);

-- Signed tree heads, each under the size it grew from: two that grow from the same size cannot both exist.
CREATE TABLE ledger_checkpoint (
    prior BIGINT NOT NULL,
    size BIGINT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (prior)
);

CREATE INDEX ledger_checkpoint_size ON ledger_checkpoint (size);

-- Leaves whose entry was erased (2017/2226 art 46(4)), and the entry that erased it.
-- +limen rows in key
CREATE TABLE ledger_erased (
    tile BIGINT NOT NULL,
    n BIGINT NOT NULL,
    erasure TEXT NOT NULL,
    PRIMARY KEY (tile, n)
);
