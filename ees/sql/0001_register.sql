-- +goose Up

-- The individual file (2017/2226 arts 16, 17) without the data that stand in
-- the common identity repository. ref is the individual reference number and
-- the distribution key of every table here.
CREATE TABLE ees_file (
    ref TEXT NOT NULL,
    cir_file TEXT NOT NULL,
    visa_required BOOLEAN NOT NULL,
    family_member BOOLEAN NOT NULL,
    face TEXT NOT NULL,
    fingers TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    incomplete BOOLEAN NOT NULL,
    last_event_on TEXT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (ref)
);

-- One row for each stay: the entry/exit record (art 16(2)-(4)). Instants are
-- microseconds UTC; *_on is the civil day at the crossing point.
CREATE TABLE ees_record (
    ref TEXT NOT NULL,
    n BIGINT NOT NULL,
    entry_at BIGINT,
    entry_on TEXT,
    entry_bcp TEXT,
    entry_authority TEXT,
    exit_at BIGINT,
    exit_on TEXT,
    exit_bcp TEXT,
    exit_authority TEXT,
    family_member BOOLEAN NOT NULL,
    visa TEXT,
    exit_visa TEXT,
    stay_end TEXT,
    overstay_class TEXT,
    overstay_from TEXT,
    origin TEXT NOT NULL,
    incomplete BOOLEAN NOT NULL,
    ended_on TEXT,
    despite TEXT,
    against TEXT,
    version BIGINT NOT NULL,
    PRIMARY KEY (ref, n)
);

-- Stays still open, by the day they end: the duty of art 12(1) reads from the
-- front and stops at today.
CREATE INDEX ees_record_due ON ees_record (stay_end, ref, n)
    WHERE exit_at IS NULL AND ended_on IS NULL AND overstay_class IS NULL AND stay_end IS NOT NULL;

-- The list of identified persons of art 12(3), longest overstay first.
CREATE INDEX ees_record_overstay ON ees_record (overstay_from, ref, n)
    WHERE overstay_class IS NOT NULL;

-- The same list, one class at a time.
CREATE INDEX ees_record_overstay_class ON ees_record (overstay_class, overstay_from, ref, n)
    WHERE overstay_class IS NOT NULL;

CREATE TABLE ees_refusal (
    ref TEXT NOT NULL,
    n BIGINT NOT NULL,
    refused_at BIGINT NOT NULL,
    refused_on TEXT NOT NULL,
    bcp TEXT NOT NULL,
    authority TEXT NOT NULL,
    reasons TEXT NOT NULL,
    biometrics TEXT NOT NULL,
    visa TEXT,
    origin TEXT NOT NULL,
    PRIMARY KEY (ref, n)
);

-- A check at the border before the guard has decided. Nothing in it is final
-- (art 23; house rule: nothing is recorded until the guard decides); it is
-- erased when it expires.
CREATE TABLE ees_check (
    home TEXT NOT NULL,
    id TEXT NOT NULL,
    at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    authority TEXT NOT NULL,
    state TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (home, id)
);

CREATE INDEX ees_check_expires ON ees_check (expires_at, home, id);

-- What a check led to: at most one thing.
-- +limen rows in key
CREATE TABLE ees_outcome (
    home TEXT NOT NULL,
    check_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    ref TEXT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (home, check_id)
);

CREATE INDEX ees_outcome_at ON ees_outcome (at, home, check_id);

-- The first registration of a document: of two booths that register one traveller
-- at one moment, one finds the row and then the file. A file is found by its
-- document later, so the row is erased after two days.
-- +limen rows in key
CREATE TABLE ees_first (
    number TEXT NOT NULL,
    issuer TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (number, issuer)
);

CREATE INDEX ees_first_at ON ees_first (at, number, issuer);

-- +goose Down
SELECT 1;
