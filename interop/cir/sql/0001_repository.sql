-- +goose Up

-- One data set per record of a source system, with the two references of
-- 2019/817 art 18(2): to the system and to the record. record_ref is the
-- distribution key: everything of one record lies in one shard, together with
-- the record's own rows in its system.
-- +limen rows in key
CREATE TABLE cir_dataset (
    record_ref TEXT NOT NULL,
    system TEXT NOT NULL,
    cir_file TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (record_ref, system)
);

-- +limen rows in key
CREATE TABLE cir_identity (
    record_ref TEXT NOT NULL,
    system TEXT NOT NULL,
    n BIGINT NOT NULL,
    surname TEXT NOT NULL,
    first_names TEXT NOT NULL,
    birth TEXT NOT NULL,
    sex TEXT NOT NULL,
    nationalities TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (record_ref, system, n)
);

-- +limen rows in key
CREATE TABLE cir_document (
    record_ref TEXT NOT NULL,
    system TEXT NOT NULL,
    n BIGINT NOT NULL,
    type TEXT NOT NULL,
    number TEXT NOT NULL,
    issuer TEXT NOT NULL,
    expiry TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (record_ref, system, n)
);

-- References only: the images and templates are kept elsewhere.
-- +limen rows in key
CREATE TABLE cir_biometric (
    record_ref TEXT NOT NULL,
    system TEXT NOT NULL,
    n BIGINT NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    source TEXT NOT NULL,
    captured_at BIGINT NOT NULL,
    PRIMARY KEY (record_ref, system, n)
);

-- The repository's own individual file (art 19: one file per person), found by
-- its number.
-- +limen rows in key
CREATE TABLE cir_file (
    cir_file TEXT NOT NULL,
    record_ref TEXT NOT NULL,
    system TEXT NOT NULL,
    PRIMARY KEY (cir_file, record_ref, system)
);

-- Lookup by document. One document normally belongs to one record of a system;
-- a second record means that somebody showed another's document, or that an
-- officer found the first record to be somebody else's.
-- +limen rows in key
CREATE TABLE cir_by_document (
    number TEXT NOT NULL,
    issuer TEXT NOT NULL,
    type TEXT NOT NULL,
    expiry TEXT NOT NULL,
    system TEXT NOT NULL,
    record_ref TEXT NOT NULL,
    PRIMARY KEY (number, issuer, type, expiry, system, record_ref)
);

-- Lookup by identity. block is birth date, sex and one nationality, which must
-- be equal; name_key is a skeleton of one name component, which may be shared
-- by names that are spelt differently.
-- +limen rows in key
CREATE TABLE cir_by_name (
    block TEXT NOT NULL,
    name_key TEXT NOT NULL,
    record_ref TEXT NOT NULL,
    system TEXT NOT NULL,
    n BIGINT NOT NULL,
    normal TEXT NOT NULL,
    PRIMARY KEY (block, name_key, record_ref, system, n)
);

CREATE INDEX cir_by_name_key ON cir_by_name (name_key, block);

-- +goose Down
SELECT 1;
