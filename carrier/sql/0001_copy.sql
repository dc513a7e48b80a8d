-- +goose Up

-- The read-only copy that carriers and travellers ask (2017/2226 art 13(5)). One row for each travel document of each
-- file. doc is a keyed digest of the document, token names the file and is not its reference, sealed can be opened by
-- who has both the copy's key and the document.
CREATE TABLE carrier_document (
    doc BYTEA NOT NULL,
    token TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (doc, token)
);

-- What the feed replaces and takes away.
CREATE INDEX carrier_document_token ON carrier_document (token, doc);

-- How far the feed is: the number of the feeder that may write, and the moment as of which the copy is complete.
CREATE TABLE carrier_mark (
    name TEXT NOT NULL,
    n BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (name)
);

-- Carriers that asked to be registered (2022/1409). A carrier's accounts and certificates bear its id as the name of
-- their authority.
CREATE TABLE carrier_registration (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    legal_form TEXT NOT NULL,
    address TEXT NOT NULL,
    contact TEXT NOT NULL,
    email TEXT NOT NULL,
    phone TEXT NOT NULL,
    states TEXT NOT NULL,
    status TEXT NOT NULL,
    requested_at BIGINT NOT NULL,
    decided_at BIGINT NOT NULL,
    decided_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    used_on TEXT,
    version BIGINT NOT NULL,
    PRIMARY KEY (id)
);

-- Registrations to decide on, and those that the duty of deregistration looks at, the longest unused first.
CREATE INDEX carrier_registration_status ON carrier_registration (status, used_on, id);

-- +goose Down
SELECT 1;
