-- +goose Up

-- What the states are told of erasures (art 35(7)) and of those to come (art
-- 34(3)). The reference of the file stands here for a bounded time only, so that
-- each state can clear its own copies; then the row becomes a number in
-- ees_erased_count. record names a record or a refusal, 0 stands for the file.
-- +limen rows in key
CREATE TABLE ees_announcement (
    ref TEXT NOT NULL,
    kind TEXT NOT NULL,
    record BIGINT NOT NULL,
    at BIGINT NOT NULL,
    told_on TEXT NOT NULL,
    ground TEXT NOT NULL,
    due_on TEXT,
    PRIMARY KEY (ref, at, kind, record)
);

CREATE INDEX ees_announcement_at ON ees_announcement (at, ref, kind, record);

-- What is left of announcements: how many, of what, on which day.
CREATE TABLE ees_erased_count (
    told_on TEXT NOT NULL,
    kind TEXT NOT NULL,
    ground TEXT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (told_on, kind, ground)
);

-- Files that are gone and whose log entries are not (art 46(4)): the entries go
-- one year after the data. at is the moment of the erasure, which is that of its
-- log entry.
-- +limen rows in key
CREATE TABLE ees_ended (
    ref TEXT NOT NULL,
    ended_on TEXT NOT NULL,
    at BIGINT NOT NULL,
    ground TEXT NOT NULL,
    logs_due_on TEXT NOT NULL,
    PRIMARY KEY (ref)
);

CREATE INDEX ees_ended_due ON ees_ended (logs_due_on, ref);

-- Monitoring procedures that need the log entries of a file (art 46(4)).
-- +limen rows in key
CREATE TABLE ees_log_hold (
    ref TEXT NOT NULL,
    procedure TEXT NOT NULL,
    since BIGINT NOT NULL,
    authority TEXT NOT NULL,
    PRIMARY KEY (ref, procedure)
);

-- +goose Down
SELECT 1;
