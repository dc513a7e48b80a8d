-- +goose Up

-- Who may ask, who verifies, who consents: the authorities, operating units and
-- access points that the states and Europol have designated (2017/2226 arts 29,
-- 30). authority is the designated authority that an operating unit belongs to.
CREATE TABLE ees_designated (
    state TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    authority TEXT NOT NULL,
    from_on TEXT NOT NULL,
    until_on TEXT,
    entered_at BIGINT NOT NULL,
    PRIMARY KEY (state, kind, name)
);

-- A reasoned request for access (art 31(1)). state is that of the unit and of
-- its access point, EUE for Europol. What stands in grounds, search,
-- file_number, submitted_by and case_why may be about persons: it is erased
-- after the days of art 58(5), and the rest stays as a bare row for the yearly
-- report (art 72). keep_until is the last day on which it is kept, NULL when
-- nothing is left to erase.
CREATE TABLE ees_le_request (
    state TEXT NOT NULL,
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    status TEXT NOT NULL,
    purpose TEXT NOT NULL,
    offence TEXT NOT NULL,
    searched_by TEXT NOT NULL,
    urgent BOOLEAN NOT NULL,
    waived TEXT NOT NULL,
    unit TEXT NOT NULL,
    submitted_at BIGINT NOT NULL,
    submitted_on TEXT NOT NULL,
    answered_at BIGINT,
    hits BIGINT,
    restricted BIGINT NOT NULL,
    verify_by TEXT,
    verified_at BIGINT,
    justified BOOLEAN,
    access_point TEXT,
    note TEXT,
    file_number TEXT,
    submitted_by TEXT,
    grounds TEXT,
    search TEXT,
    case_why TEXT,
    keep_until TEXT,
    erased_on TEXT,
    PRIMARY KEY (state, id)
);

CREATE INDEX ees_le_request_status ON ees_le_request (state, purpose, status, submitted_at, id);
CREATE INDEX ees_le_request_unit ON ees_le_request (state, purpose, unit, submitted_at, id);
CREATE INDEX ees_le_request_on ON ees_le_request (state, submitted_on);
CREATE INDEX ees_le_request_due ON ees_le_request (keep_until, state, id) WHERE keep_until IS NOT NULL;

-- What a search found, as it was on that day: one row for each file.
CREATE TABLE ees_le_result (
    state TEXT NOT NULL,
    id TEXT NOT NULL,
    n BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (state, id, n)
);

-- Which authorities received it, and that each has erased it where the access
-- was not justified (art 31(3)).
CREATE TABLE ees_le_recipient (
    state TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    authority TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    erased_at BIGINT,
    PRIMARY KEY (state, id, kind, authority)
);

-- The consent of each state that entered data which Europol found (art 33(4)).
CREATE TABLE ees_le_consent (
    origin TEXT NOT NULL,
    state TEXT NOT NULL,
    id TEXT NOT NULL,
    purpose TEXT NOT NULL,
    offence TEXT NOT NULL,
    items BIGINT NOT NULL,
    status TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    decided_at BIGINT,
    decided_by TEXT,
    why TEXT,
    PRIMARY KEY (origin, state, id)
);

CREATE INDEX ees_le_consent_request ON ees_le_consent (state, id, origin);

-- +goose Down
SELECT 1;
