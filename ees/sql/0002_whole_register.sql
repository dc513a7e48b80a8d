-- +goose Up

-- What articles 14 to 22 add to an individual file. responsible is the state
-- that entered the data (art 3(1)(20)); programmes and permits are JSON lists.
-- due_on is the first day on which something of the file falls due: an erasure
-- or the warning before one (art 34), so that one index holds every clock.
ALTER TABLE ees_file ADD COLUMN responsible TEXT NOT NULL DEFAULT '';
ALTER TABLE ees_file ADD COLUMN fallback BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE ees_file ADD COLUMN without_biometrics BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE ees_file ADD COLUMN programmes TEXT;
ALTER TABLE ees_file ADD COLUMN permits TEXT;
ALTER TABLE ees_file ADD COLUMN restricted TEXT;
ALTER TABLE ees_file ADD COLUMN refused_first TEXT;
ALTER TABLE ees_file ADD COLUMN refused_last TEXT;
ALTER TABLE ees_file ADD COLUMN due_on TEXT;

CREATE INDEX ees_file_due ON ees_file (due_on, ref) WHERE due_on IS NOT NULL;

-- The rest of the entry/exit record. ends_at is the instant at which a transit
-- counted in hours ends (annex II); changes, stamps, proof, etias and excused
-- are JSON; came_from names the record that a merge brought here.
ALTER TABLE ees_record ADD COLUMN responsible TEXT NOT NULL DEFAULT '';
ALTER TABLE ees_record ADD COLUMN start_of_stay BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE ees_record ADD COLUMN transit BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE ees_record ADD COLUMN partial BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE ees_record ADD COLUMN ends_at BIGINT;
ALTER TABLE ees_record ADD COLUMN etias TEXT;
ALTER TABLE ees_record ADD COLUMN changes TEXT;
ALTER TABLE ees_record ADD COLUMN stamps TEXT;
ALTER TABLE ees_record ADD COLUMN proof TEXT;
ALTER TABLE ees_record ADD COLUMN excused TEXT;
ALTER TABLE ees_record ADD COLUMN noticed_on TEXT;
ALTER TABLE ees_record ADD COLUMN exit_origin TEXT;
ALTER TABLE ees_record ADD COLUMN came_from TEXT;

-- The indexes of the list leave out whom a proof has taken off it (art 35(5)).
DROP INDEX ees_record_due;
DROP INDEX ees_record_overstay;
DROP INDEX ees_record_overstay_class;

CREATE INDEX ees_record_due ON ees_record (stay_end, ref, n)
    WHERE exit_on IS NULL AND ended_on IS NULL AND overstay_class IS NULL AND excused IS NULL AND stay_end IS NOT NULL AND ends_at IS NULL;

-- Transits are counted in hours: their own index, by the instant.
CREATE INDEX ees_record_due_hour ON ees_record (ends_at, ref, n)
    WHERE exit_on IS NULL AND ended_on IS NULL AND overstay_class IS NULL AND excused IS NULL AND ends_at IS NOT NULL;

CREATE INDEX ees_record_overstay ON ees_record (overstay_from, ref, n)
    WHERE overstay_class IS NOT NULL;

CREATE INDEX ees_record_overstay_class ON ees_record (overstay_class, overstay_from, ref, n)
    WHERE overstay_class IS NOT NULL;

-- By day and crossing point: the daily statistics (art 63) and the search by
-- entry or exit of art 32(5).
CREATE INDEX ees_record_entry_on ON ees_record (entry_on, entry_bcp, ref, n) WHERE entry_on IS NOT NULL;
CREATE INDEX ees_record_exit_on ON ees_record (exit_on, exit_bcp, ref, n) WHERE exit_on IS NOT NULL;

ALTER TABLE ees_refusal ADD COLUMN responsible TEXT NOT NULL DEFAULT '';
ALTER TABLE ees_refusal ADD COLUMN came_from TEXT;

CREATE INDEX ees_refusal_on ON ees_refusal (refused_on, bcp, ref, n);

-- Files whose data have changed since the copy of the carriers was last filled
-- (art 13(5)): one row for each version of a file, erased when the copy has it.
-- +limen rows in key
CREATE TABLE ees_outbox (
    ref TEXT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (ref, version)
);

-- Lookup by visa sticker (arts 24(2), 32(5)).
-- +limen rows in key
CREATE TABLE ees_by_visa (
    number TEXT NOT NULL,
    issuer TEXT NOT NULL,
    ref TEXT NOT NULL,
    PRIMARY KEY (number, issuer, ref)
);

CREATE INDEX ees_by_visa_ref ON ees_by_visa (ref);

-- Every change of what was recorded, with what stood there before (arts 19, 20,
-- 35): who, when, by which article. n counts within the file.
CREATE TABLE ees_amendment (
    ref TEXT NOT NULL,
    n BIGINT NOT NULL,
    at BIGINT NOT NULL,
    made_on TEXT NOT NULL,
    kind TEXT NOT NULL,
    record BIGINT,
    refusal BIGINT,
    cite TEXT NOT NULL,
    authority TEXT NOT NULL,
    state TEXT NOT NULL,
    note TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (ref, n)
);

CREATE INDEX ees_amendment_on ON ees_amendment (made_on, kind, ref, n);

-- +goose Down
SELECT 1;
