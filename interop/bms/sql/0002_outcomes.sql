-- +goose Up

-- What became of comparisons, for the monthly measurement of accuracy
-- (2019/329): who was compared, where and on which day is not here. id is random.
CREATE TABLE bms_outcome (
    month TEXT NOT NULL,
    id TEXT NOT NULL,
    task TEXT NOT NULL,
    means TEXT NOT NULL,
    said BOOLEAN NOT NULL,
    truth TEXT NOT NULL,
    age_band TEXT NOT NULL,
    sex TEXT NOT NULL,
    quality_band TEXT NOT NULL,
    synthetic BOOLEAN NOT NULL,
    PRIMARY KEY (month, id)
);

-- +goose Down
SELECT 1;
