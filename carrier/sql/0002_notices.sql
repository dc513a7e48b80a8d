-- +goose Up

-- Times in which carriers could not ask (2017/2226 art 13a): failures of the service, and what carriers told of. id begins
-- with the moment at which it was told, so that its order is the order in time. carrier is empty for the service's own.
-- until_at is 0 while it lasts.
CREATE TABLE carrier_notice (
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    carrier TEXT NOT NULL,
    automatic BOOLEAN NOT NULL,
    from_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    transports TEXT NOT NULL,
    words TEXT NOT NULL,
    told_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (id)
);

-- What still lasts, and what is old enough to go.
CREATE INDEX carrier_notice_until ON carrier_notice (until_at, id);

-- +goose Down
SELECT 1;
