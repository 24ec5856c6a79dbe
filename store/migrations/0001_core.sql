-- The core tables: resources of every kind, their tags, durable tasks, servers.
--
-- One text for SQLite and PostgreSQL; package store replaces the braces:
--   {{key}}       text that is compared and ordered byte by byte
--   {{blob}}      bytes
--   {{identity}}  a bigint primary key that the database counts up
-- Times are bigint, microseconds since 1970 in UTC.

-- +goose Up

CREATE TABLE resource (
    kind        {{key}} NOT NULL,
    account     {{key}} NOT NULL,
    region      {{key}} NOT NULL,
    name        {{key}} NOT NULL,
    arn         {{key}} NOT NULL,
    status      {{key}} NOT NULL,
    parent      {{key}} NOT NULL,
    created_at  bigint  NOT NULL,
    modified_at bigint  NOT NULL,
    rev         bigint  NOT NULL,
    body        text    NOT NULL,
    PRIMARY KEY (kind, account, region, name),
    CHECK (rev > 0 AND modified_at >= created_at)
);

-- Every list reads this index alone to choose its page, then fetches only the
-- rows of the page: it is ordered for the default sort, and it carries what the
-- other sorts and filters look at. A change of status rewrites one entry in
-- place, which an index per sort column would not.
CREATE INDEX resource_list ON resource (kind, account, region, created_at, name, status, modified_at);

-- Children of one parent are few among many, so they get an index of their own;
-- kinds without parents pay nothing for it.
CREATE INDEX resource_parent ON resource (kind, account, region, parent, created_at, name) WHERE parent <> '';

CREATE TABLE tag (
    account {{key}} NOT NULL,
    region  {{key}} NOT NULL,
    arn     {{key}} NOT NULL,
    key     {{key}} NOT NULL,
    value   text    NOT NULL,
    PRIMARY KEY (account, region, arn, key)
);

-- A row is a piece of work that is owed: deleted when done, kept with dead set
-- when given up. lease_until is 0 while nobody works on it. armed counts how
-- often it was added, so that one added again while it runs runs once more;
-- attempt counts the runs that failed.
CREATE TABLE task (
    id          {{identity}},
    kind        {{key}} NOT NULL,
    key         {{key}} NOT NULL,
    payload     text    NOT NULL,
    run_at      bigint  NOT NULL,
    attempt     bigint  NOT NULL,
    armed       bigint  NOT NULL,
    leased_by   {{key}} NOT NULL,
    lease_until bigint  NOT NULL,
    created_at  bigint  NOT NULL,
    last_error  text    NOT NULL,
    dead        boolean NOT NULL,
    UNIQUE (kind, key),
    CHECK ((leased_by = '') = (lease_until = 0)),
    CHECK (NOT dead OR leased_by = '')
);

CREATE INDEX task_due ON task (kind, run_at, id) WHERE NOT dead;

CREATE TABLE node (
    id         {{key}} NOT NULL PRIMARY KEY,
    address    text    NOT NULL,
    started_at bigint  NOT NULL,
    seen_at    bigint  NOT NULL
);
