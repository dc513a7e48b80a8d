-- +goose Up

-- How far the copy that carriers and travellers ask has been brought: which filling of it, and the step that it has. A copy
-- or a register that comes back from a backup stands elsewhere, and the copy is filled again.
CREATE TABLE ees_carrier_feed (
    name TEXT NOT NULL,
    filling BIGINT NOT NULL,
    step BIGINT NOT NULL,
    PRIMARY KEY (name)
);

-- +goose Down
SELECT 1;
