-- +goose Up

-- The daily set of anonymised data (art 63(1), (2)): one row for each combination
-- of what may be told, and how often it occurred. No reference and no name; of a
-- birth date the year. cell is a digest of the combination: rows of one day that
-- say the same are one row.
CREATE TABLE ees_daily (
    day TEXT NOT NULL,
    cell TEXT NOT NULL,
    event TEXT NOT NULL,
    state TEXT NOT NULL,
    bcp TEXT NOT NULL,
    border TEXT NOT NULL,
    status TEXT NOT NULL,
    nationality TEXT NOT NULL,
    sex TEXT NOT NULL,
    birth_year BIGINT NOT NULL,
    document_type TEXT NOT NULL,
    document_issuer TEXT NOT NULL,
    visa_issuer TEXT NOT NULL,
    fingers TEXT NOT NULL,
    reason TEXT NOT NULL,
    entry_on TEXT,
    entry_bcp TEXT NOT NULL,
    stay_days BIGINT NOT NULL,
    over_days BIGINT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (day, cell)
);

CREATE INDEX ees_daily_event ON ees_daily (event, day, cell);

-- How far the extraction of a day has come: it goes on where it stopped.
CREATE TABLE ees_daily_progress (
    day TEXT NOT NULL,
    phase TEXT NOT NULL,
    after TEXT NOT NULL,
    PRIMARY KEY (day)
);

-- Days whose set must be made again: something of them was told or put right
-- after the day was over.
CREATE TABLE ees_daily_due (
    day TEXT NOT NULL,
    PRIMARY KEY (day)
);

-- +goose Down
SELECT 1;
