-- Metrics as package companion/monitoring keeps them: who a metric is, and what
-- was reported for it. The digest stands for (namespace, name, dimensions),
-- which together may be longer than a database lets an index entry be.

-- +goose Up
create table monitoring_metric (
    id         {{identity}},
    account    {{key}} not null,
    region     {{key}} not null,
    digest     {{key}} not null,
    namespace  {{key}} not null,
    name       {{key}} not null,
    dimensions text   not null, -- JSON [["Name","Value"],…] sorted by name
    unique (account, region, digest)
);
create index monitoring_metric_by_name on monitoring_metric (account, region, namespace, name, id);

-- One row is one report: a value that was seen n times (low = high), or a
-- statistic set. seq tells reports of one metric and instant apart; the
-- publisher's own numbers (0 and up) make publishing again harmless, numbers
-- below 0 are drawn at random for reports that all count.
create table monitoring_datum (
    metric_id  bigint           not null references monitoring_metric (id),
    at         bigint           not null,
    seq        bigint           not null,
    n          double precision not null,
    total      double precision not null,
    low        double precision not null,
    high       double precision not null,
    unit       {{key}}          not null,
    resolution bigint           not null check (resolution in (1, 60)),
    primary key (metric_id, at, seq)
);
