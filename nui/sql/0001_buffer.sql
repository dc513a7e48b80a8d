-- +goose Up

-- Crossings and refusals that wait to be told to the Central System, and for some
-- time those that were told. body is sealed, and gone when the event has been
-- taken over. state: waiting, recorded, second_line, refused or damaged.
CREATE TABLE nui_event (
    key TEXT NOT NULL,
    digest TEXT NOT NULL,
    event_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    origin TEXT NOT NULL,
    state TEXT NOT NULL,
    code TEXT NOT NULL,
    tries BIGINT NOT NULL,
    settled_at BIGINT,
    body BYTEA,
    PRIMARY KEY (key)
);

-- The front of the queue: the oldest event first.
CREATE INDEX nui_event_waiting ON nui_event (event_at, key) WHERE state = 'waiting';
CREATE INDEX nui_event_settled ON nui_event (settled_at, key) WHERE settled_at IS NOT NULL;

-- The state's own copies of what it entered (2017/2226 art 40), sealed, without
-- biometrics. kept_until is the last day on which the Central System keeps the
-- record; confirmed_at is when it last said so.
CREATE TABLE nui_copy (
    record TEXT NOT NULL,
    key TEXT NOT NULL,
    kept_until TEXT NOT NULL,
    confirmed_at BIGINT NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (record, key)
);

CREATE INDEX nui_copy_until ON nui_copy (kept_until);
CREATE INDEX nui_copy_confirmed ON nui_copy (confirmed_at, record);

-- Something sealed with the key that everything here is sealed with: a wrong key
-- file shows at the start and not at the first replay.
CREATE TABLE nui_probe (
    id TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (id)
);

-- +goose Down
SELECT 1;
