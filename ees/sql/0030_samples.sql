-- +goose Up

-- The samples taken during a check (2017/2226 arts 15 to 17), until the guard's
-- decision: n is the step at which it was taken, sealed the images and templates
-- under a key of their own. Whatever the decision may keep goes to the file, and
-- the row goes; without a decision it expires with the check.
CREATE TABLE ees_sample (
    home TEXT NOT NULL,
    check_id TEXT NOT NULL,
    n BIGINT NOT NULL,
    kind TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    sample_id TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (home, check_id, n, kind)
);

CREATE INDEX ees_sample_expires ON ees_sample (expires_at, home, check_id);

-- +goose Down
SELECT 1;
