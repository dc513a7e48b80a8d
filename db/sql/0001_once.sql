-- +goose Up
CREATE TABLE db_once (
    holder TEXT   NOT NULL,
    key    TEXT   NOT NULL,
    digest BYTEA  NOT NULL,
    answer BYTEA  NOT NULL,
    at     BIGINT NOT NULL,
    PRIMARY KEY (holder, key)
);
CREATE INDEX db_once_at ON db_once (at);
