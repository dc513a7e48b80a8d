-- +goose Up

-- Nobody read this table and nobody cleared it: references of erased records would
-- have stayed in it. One process holds a gallery whole and hears of changes from the
-- store itself.
DROP TABLE bms_change;

-- +goose Down
SELECT 1;
