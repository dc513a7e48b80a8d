-- +goose Up

-- One template: a finger's minutiae or a face's vector (2019/817 art 13(1)). It
-- refers to its system and to the record there (art 13(2)), and by n and position
-- to the image that it was made of; it holds no image, no name and no document.
-- The template itself is sealed, since an image can be made of it.
CREATE TABLE bms_template (
    record_ref TEXT NOT NULL,
    system TEXT NOT NULL,
    n BIGINT NOT NULL,
    position BIGINT NOT NULL,
    modality TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    quality BIGINT NOT NULL,
    nfiq2 BIGINT NOT NULL,
    synthetic BOOLEAN NOT NULL,
    template_id TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    enrolled_at BIGINT NOT NULL,
    PRIMARY KEY (record_ref, system, n, position)
);

-- What a gallery in memory must look at again, by the part of the references that
-- it holds: that something changed with a record, and not what. A row stands until
-- every gallery has been brought up to date or filled anew.
CREATE TABLE bms_change (
    part BIGINT NOT NULL,
    at BIGINT NOT NULL,
    record_ref TEXT NOT NULL,
    system TEXT NOT NULL,
    PRIMARY KEY (part, at, record_ref, system)
);

-- +goose Down
SELECT 1;
