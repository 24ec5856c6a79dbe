-- Image URIs that users have registered (package image), with the folder on the
-- server's machine that stands behind each. Registrations belong to the server,
-- not to an account: they name programs of this machine.

-- +goose Up
CREATE TABLE image (
    uri        {{key}} NOT NULL PRIMARY KEY,
    dir        text    NOT NULL,
    created_at bigint  NOT NULL
);
