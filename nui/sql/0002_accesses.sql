-- +goose Up

-- Who of the state asked what through the interface, and who looked at, or
-- discarded, what the Central System did not take (2017/2226 art 46). Nobody is
-- named in it but the state's own officer: name is that of a check or an event,
-- status that of the answer, or how many events were shown or discarded.
CREATE TABLE nui_access (
    id TEXT NOT NULL,
    at BIGINT NOT NULL,
    officer TEXT NOT NULL,
    act TEXT NOT NULL,
    name TEXT NOT NULL,
    status BIGINT NOT NULL,
    PRIMARY KEY (id)
);

CREATE INDEX nui_access_at ON nui_access (at, id);

-- +goose Down
SELECT 1;
