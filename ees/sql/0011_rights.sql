-- +goose Up

-- The day on which the whole file is to go because its person has left the scope
-- (art 35(6)) or because a correction left nothing in it; one more clock of
-- due_on.
ALTER TABLE ees_file ADD COLUMN erase_by TEXT;

-- Two files of one person made one: ref is the file that stays, merged the
-- reference that is gone. undo holds both files as they were, as JSON, up to the
-- day before anything in them falls due: a copy must not outlive what it copies.
CREATE TABLE ees_merged (
    ref TEXT NOT NULL,
    merged TEXT NOT NULL,
    at BIGINT NOT NULL,
    authority TEXT NOT NULL,
    state TEXT NOT NULL,
    why TEXT NOT NULL,
    undo TEXT,
    undo_until TEXT,
    PRIMARY KEY (ref, merged)
);

CREATE INDEX ees_merged_undo ON ees_merged (undo_until, ref, merged) WHERE undo IS NOT NULL;

-- The tombstone: where a reference that is gone leads to.
CREATE TABLE ees_by_merged (
    merged TEXT NOT NULL,
    ref TEXT NOT NULL,
    PRIMARY KEY (merged)
);

CREATE INDEX ees_by_merged_ref ON ees_by_merged (ref);

-- Two files that an officer found to be different persons', once under each of
-- them.
CREATE TABLE ees_not_same (
    ref TEXT NOT NULL,
    other TEXT NOT NULL,
    at BIGINT NOT NULL,
    authority TEXT NOT NULL,
    state TEXT NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (ref, other)
);

CREATE INDEX ees_not_same_other ON ees_not_same (other);

-- Cases with a time limit: corrections between states (art 35), requests of
-- persons (art 52), early erasures (art 35(6)). Nothing here says who the person
-- is, so that what was asked and when it was answered can be accounted for after
-- the file is gone. desk is the state whose turn it is; due_on the day of the
-- next limit and latest_on that day moved to a working day (1182/71 art 3(4)),
-- both NULL when nothing is to be done any more. steps is a JSON list.
CREATE TABLE ees_case (
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    wanted TEXT NOT NULL,
    step TEXT NOT NULL,
    home TEXT NOT NULL,
    desk TEXT NOT NULL,
    responsible TEXT NOT NULL,
    began_on TEXT NOT NULL,
    due_on TEXT,
    latest_on TEXT,
    closed_on TEXT,
    dossier TEXT NOT NULL,
    steps TEXT NOT NULL,
    flags TEXT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (id)
);

CREATE INDEX ees_case_due ON ees_case (desk, due_on, id) WHERE due_on IS NOT NULL;
CREATE INDEX ees_case_home_due ON ees_case (home, due_on, id) WHERE due_on IS NOT NULL;

CREATE INDEX ees_case_closed ON ees_case (closed_on, id) WHERE closed_on IS NOT NULL;

-- What a case is about: the file and the words written about its person. Erased
-- with the file.
CREATE TABLE ees_by_case (
    id TEXT NOT NULL,
    ref TEXT NOT NULL,
    words TEXT NOT NULL,
    PRIMARY KEY (id, ref)
);

CREATE INDEX ees_by_case_ref ON ees_by_case (ref);

-- +goose Down
SELECT 1;
