-- +goose Up

-- The images of a sample (2019/817 art 18(1)), sealed: who has the store and not
-- the key sees how many there are, of which finger and when they were taken, and
-- no image. n is the sample's number in cir_biometric; position is a finger's
-- code of ISO/IEC 19794-2, 0 for a face. image_id is the seal's own: it stays when
-- the record's files are merged.
CREATE TABLE cir_image (
    record_ref TEXT NOT NULL,
    system TEXT NOT NULL,
    n BIGINT NOT NULL,
    position BIGINT NOT NULL,
    image_id TEXT NOT NULL,
    format TEXT NOT NULL,
    quality BIGINT NOT NULL,
    attack_verdict TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (record_ref, system, n, position)
);

-- +goose Down
SELECT 1;
