-- Buckets, objects and multipart uploads (package blob/dir). Keys are bytes, so
-- that both databases order them as S3 lists them. Times are microseconds.

-- +goose Up
CREATE TABLE bucket (
	name    {{key}} NOT NULL PRIMARY KEY,
	account text NOT NULL,
	region  text NOT NULL,
	created bigint NOT NULL,
	tags    text NOT NULL -- JSON object, '' for none
);
CREATE INDEX bucket_account ON bucket (account, name);

-- One row for each content file that something refers to. A file without a row
-- is a leftover of a crash.
CREATE TABLE content (
	id   {{key}} NOT NULL PRIMARY KEY,
	refs bigint NOT NULL CHECK (refs > 0)
);

CREATE TABLE object (
	bucket   {{key}} NOT NULL REFERENCES bucket (name),
	key      {{blob}} NOT NULL,
	size     bigint NOT NULL,
	etag     text NOT NULL,
	modified bigint NOT NULL,
	parts    bigint NOT NULL, -- 0 when not uploaded in parts
	sums     text NOT NULL,   -- "FULL_OBJECT CRC32=… SHA1=…", '' for none
	meta     text NOT NULL,   -- JSON: content type, headers, user metadata
	tags     text NOT NULL,   -- JSON object, '' for none
	chunks   text NOT NULL,   -- the content files in order, '' when body holds it
	body     {{blob}},
	PRIMARY KEY (bucket, key)
);

CREATE TABLE upload (
	id        {{key}} NOT NULL PRIMARY KEY,
	bucket    {{key}} NOT NULL REFERENCES bucket (name),
	key       {{blob}} NOT NULL,
	initiated bigint NOT NULL,
	algorithm text NOT NULL, -- checksum algorithm and type, '' for none
	sumtype   text NOT NULL,
	meta      text NOT NULL,
	tags      text NOT NULL
);
CREATE INDEX upload_key ON upload (bucket, key, id);

CREATE TABLE upload_part (
	upload   {{key}} NOT NULL REFERENCES upload (id),
	number   bigint NOT NULL CHECK (number BETWEEN 1 AND 10000),
	size     bigint NOT NULL,
	etag     text NOT NULL,
	modified bigint NOT NULL,
	sums     text NOT NULL,
	file     {{key}} NOT NULL REFERENCES content (id),
	PRIMARY KEY (upload, number)
);
