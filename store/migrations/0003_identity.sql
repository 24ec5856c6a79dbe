-- Access keys of accounts (package identity). Secrets are kept as they are:
-- verifying a signature needs them.

-- +goose Up
CREATE TABLE access_key (
    id         {{key}} NOT NULL PRIMARY KEY,
    account    {{key}} NOT NULL,
    secret     text    NOT NULL,
    created_at bigint  NOT NULL,
    CHECK (length(account) = 12)
);
CREATE INDEX access_key_account ON access_key (account, created_at, id);

-- One row. generation counts the changes of access_key, so that servers notice
-- each other's; seal_key is what temporary credentials are sealed with, shared
-- by all servers of the database.
CREATE TABLE identity_state (
    id         bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    generation bigint NOT NULL,
    seal_key   {{blob}} NOT NULL
);
