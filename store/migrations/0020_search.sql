-- The search index (package index). Records are found by the columns of
-- immutable segments; what has changed since it was put there is looked at
-- itself. {{clustered}} keeps a table in the order of its primary key where the
-- database can.

-- +goose Up

-- What the index does not know yet, written with the change itself. stamp is
-- drawn anew with every change, so that the indexer only strikes out what is
-- still as it read it.
CREATE TABLE search_changed (
    kind    {{key}} NOT NULL,
    account {{key}} NOT NULL,
    region  {{key}} NOT NULL,
    name    {{key}} NOT NULL,
    stamp   bigint  NOT NULL,
    PRIMARY KEY (kind, account, region, name)
) {{clustered}};

-- Where a record stands in the index. Whoever is not here was never indexed.
CREATE TABLE search_doc (
    kind    {{key}} NOT NULL,
    account {{key}} NOT NULL,
    region  {{key}} NOT NULL,
    name    {{key}} NOT NULL,
    segment bigint  NOT NULL,
    ordinal bigint  NOT NULL,
    PRIMARY KEY (kind, account, region, name)
) {{clustered}};

-- A segment never changes but for dead, the bitmap of records that have moved or
-- are gone.
CREATE TABLE search_segment (
    id        {{identity}},
    kind      {{key}}  NOT NULL,
    account   {{key}}  NOT NULL,
    region    {{key}}  NOT NULL,
    docs      bigint   NOT NULL,
    live      bigint   NOT NULL,
    dead      {{blob}} NOT NULL,
    directory {{blob}} NOT NULL, -- which property is in which chunk
    CHECK (docs BETWEEN 1 AND 4096 AND live BETWEEN 0 AND docs)
);
CREATE INDEX search_segment_scope ON search_segment (kind, account, region);

CREATE TABLE search_chunk (
    segment bigint   NOT NULL,
    chunk   bigint   NOT NULL,
    data    {{blob}} NOT NULL, -- some columns, compressed
    PRIMARY KEY (segment, chunk)
);

-- The kinds that the index holds, with the format it holds them in.
CREATE TABLE search_kind (
    kind   {{key}} NOT NULL PRIMARY KEY,
    format bigint  NOT NULL
);
