-- +goose Up

-- The steps of a check after it was made (2017/2226 arts 23, 27): each row has
-- the whole of what the check keeps after the step. Two booths that take the
-- same step meet at the key. Erased with the check.
CREATE TABLE ees_check_step (
    home TEXT NOT NULL,
    check_id TEXT NOT NULL,
    n BIGINT NOT NULL,
    at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (home, check_id, n)
);

CREATE INDEX ees_check_step_expires ON ees_check_step (expires_at, home, check_id);

-- What a traveller entered at a kiosk (2016/399 art 8a), until a guard decides
-- or it expires. code is what the traveller carries to the booth. Nothing of it
-- is in the register before the guard's decision (2017/2226 art 14(5)).
CREATE TABLE ees_preenrolment (
    code TEXT NOT NULL,
    at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    authority TEXT NOT NULL,
    state TEXT NOT NULL,
    bcp TEXT NOT NULL,
    number TEXT NOT NULL,
    issuer TEXT NOT NULL,
    status TEXT NOT NULL,
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (code)
);

CREATE INDEX ees_preenrolment_at ON ees_preenrolment (bcp, status, at, code);
CREATE INDEX ees_preenrolment_document ON ees_preenrolment (number, issuer, code);
CREATE INDEX ees_preenrolment_expires ON ees_preenrolment (expires_at, code);

-- +goose Down
SELECT 1;
