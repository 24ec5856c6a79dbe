-- Indexes for kinds with many rows.

-- +goose Up

-- Children of one parent in one status: the approved versions of a model package
-- group are few among many.
CREATE INDEX resource_parent_status ON resource (kind, account, region, parent, status, created_at, name) WHERE parent <> '';

-- An ARN prints its name in lower case: rows whose names are not are found by it
-- all the same, and the others cost nothing.
CREATE INDEX resource_mixed ON resource (kind, account, region, arn) WHERE name <> lower(name);
