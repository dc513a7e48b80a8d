-- +goose Up

-- A failure during which crossings cannot be recorded as they happen (art 21): a
-- legal state that somebody declares and ends. scope is what has failed:
-- "central", "national.FRA", "point.FRCDG". notices is a JSON list of who was told
-- when. Instants are microseconds UTC.
CREATE TABLE ees_outage (
    scope TEXT NOT NULL,
    id TEXT NOT NULL,
    state TEXT NOT NULL,
    cause TEXT NOT NULL,
    began_at BIGINT NOT NULL,
    declared_at BIGINT NOT NULL,
    authority TEXT NOT NULL,
    officer TEXT NOT NULL,
    ended_at BIGINT,
    ended_by TEXT,
    notices TEXT NOT NULL,
    PRIMARY KEY (scope, id)
);

-- One at a time for each scope: whoever declares second meets this row.
CREATE UNIQUE INDEX ees_outage_open ON ees_outage (scope) WHERE ended_at IS NULL;
CREATE INDEX ees_outage_began ON ees_outage (began_at, scope, id);

-- Biometrics paused at one crossing point (2025/1534). until_at is when the case
-- ends by itself.
CREATE TABLE ees_suspension (
    point TEXT NOT NULL,
    id TEXT NOT NULL,
    state TEXT NOT NULL,
    cause TEXT NOT NULL,
    began_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    authority TEXT NOT NULL,
    officer TEXT NOT NULL,
    ended_at BIGINT,
    notices TEXT NOT NULL,
    PRIMARY KEY (point, id)
);

CREATE INDEX ees_suspension_until ON ees_suspension (point, until_at);
CREATE INDEX ees_suspension_began ON ees_suspension (began_at, point, id);

-- Which events of a buffer or of paper are in the register already, by the key
-- that their state kept them under (art 21(1)): told again, they are recognised.
-- kind is entry, exit, refusal, or discarded for what second line did not record.
CREATE TABLE ees_backfill (
    state TEXT NOT NULL,
    event TEXT NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    ref TEXT NOT NULL,
    n BIGINT NOT NULL,
    officer TEXT NOT NULL,
    findings TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (state, event)
);

CREATE INDEX ees_backfill_ref ON ees_backfill (ref);

-- Events that nobody could record without looking: the work list of second line.
-- body is the event as it was told; erased when it is settled.
CREATE TABLE ees_backfill_open (
    state TEXT NOT NULL,
    event TEXT NOT NULL,
    event_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    erase_at BIGINT NOT NULL,
    code TEXT NOT NULL,
    cite TEXT NOT NULL,
    message TEXT NOT NULL,
    body TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (state, event)
);

CREATE INDEX ees_backfill_open_at ON ees_backfill_open (state, event_at, event);
CREATE INDEX ees_backfill_open_erase ON ees_backfill_open (erase_at, state, event);

-- +goose Down
SELECT 1;
