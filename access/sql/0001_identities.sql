-- +goose Up
CREATE TABLE access_account (
    user_name   TEXT    NOT NULL PRIMARY KEY,
    role        TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    authority   TEXT    NOT NULL,
    password    TEXT    NOT NULL,
    totp        BYTEA   NOT NULL,
    totp_step   BIGINT  NOT NULL,
    handle      BYTEA   NOT NULL,
    disabled    BOOLEAN NOT NULL,
    post        TEXT    NOT NULL,
    created_at  BIGINT  NOT NULL,
    secrets_at  BIGINT  NOT NULL
);

CREATE TABLE access_passkey (
    user_name   TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    credential  TEXT    NOT NULL,
    created_at  BIGINT  NOT NULL,
    used_at     BIGINT  NOT NULL,
    PRIMARY KEY (user_name, id)
);

CREATE UNIQUE INDEX access_passkey_id ON access_passkey (id);

CREATE TABLE access_ceremony (
    user_name   TEXT    NOT NULL PRIMARY KEY,
    data        TEXT    NOT NULL,
    expires_at  BIGINT  NOT NULL
);

CREATE INDEX access_ceremony_expiry ON access_ceremony (expires_at);

CREATE TABLE access_pending (
    hash        TEXT    NOT NULL PRIMARY KEY,
    user_name   TEXT    NOT NULL,
    remote      TEXT    NOT NULL,
    attempts    BIGINT  NOT NULL,
    ceremony    TEXT    NOT NULL,
    expires_at  BIGINT  NOT NULL
);

CREATE INDEX access_pending_expiry ON access_pending (expires_at);

CREATE TABLE access_token (
    id          TEXT    NOT NULL PRIMARY KEY,
    user_name   TEXT    NOT NULL,
    hash        BYTEA   NOT NULL,
    name        TEXT    NOT NULL,
    scope       TEXT    NOT NULL,
    created_at  BIGINT  NOT NULL,
    expires_at  BIGINT  NOT NULL,
    revoked_at  BIGINT  NOT NULL,
    used_at     BIGINT  NOT NULL
);

CREATE INDEX access_token_user ON access_token (user_name, created_at);

CREATE INDEX access_token_expiry ON access_token (expires_at);

CREATE TABLE access_certificate (
    spki        TEXT    NOT NULL PRIMARY KEY,
    kind        TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    authority   TEXT    NOT NULL,
    officer     TEXT    NOT NULL,
    scope       TEXT    NOT NULL,
    not_after   BIGINT  NOT NULL,
    created_at  BIGINT  NOT NULL
);

CREATE TABLE access_session (
    token       TEXT    NOT NULL PRIMARY KEY,
    data        BYTEA   NOT NULL,
    created_at  BIGINT  NOT NULL,
    touched_at  BIGINT  NOT NULL,
    expires_at  BIGINT  NOT NULL
);

CREATE INDEX access_session_expiry ON access_session (expires_at);
