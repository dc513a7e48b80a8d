-- +goose Up

-- The facilitated transit document of a stay counted in hours (annex II): its
-- number, its issuer and the end of its validity, as JSON.
ALTER TABLE ees_record ADD COLUMN transit_document TEXT;

-- +goose Down
SELECT 1;
