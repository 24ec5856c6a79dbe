-- Which log streams exist. Their lines are in files (package logstream); path
-- is relative to the directory of log files.

-- +goose Up

CREATE TABLE log_stream (
    account    {{key}} NOT NULL,
    region     {{key}} NOT NULL,
    log_group  {{key}} NOT NULL,
    stream     {{key}} NOT NULL,
    path       text    NOT NULL,
    created_at bigint  NOT NULL,
    PRIMARY KEY (account, region, log_group, stream)
);
