-- +goose Up

-- The list of both classes is read from the index by class, class by class: a
-- stay that is flagged then enters one index and not two.
DROP INDEX ees_record_overstay;

-- +goose Down
SELECT 1;
