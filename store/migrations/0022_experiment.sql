-- What package service/experiment keeps beside its resources: which components
-- belong to which trials, and the metrics of components. Names are in lower
-- case, as the rows of table resource have them.

-- +goose Up
create table trial_member (
    account    {{key}} not null,
    region     {{key}} not null,
    trial      {{key}} not null,
    component  {{key}} not null,
    experiment {{key}} not null, -- the trial's, which never changes
    added_at   bigint  not null,
    primary key (account, region, trial, component)
);
create index trial_member_component on trial_member (account, region, component);
create index trial_member_experiment on trial_member (account, region, experiment, component);

-- One row is the summary of one metric of a component, as one source reported
-- it. It is all that descriptions and searches read, however many points there
-- are.
create table trial_metric (
    id         {{identity}},
    account    {{key}}          not null,
    region     {{key}}          not null,
    component  {{key}}          not null,
    name       {{key}}          not null,
    source     {{key}}          not null, -- the ARN of who reported it
    n          bigint           not null,
    low        double precision not null,
    high       double precision not null,
    mean       double precision not null,
    m2         double precision not null, -- sum of the squared distances from mean
    last       double precision not null,
    last_at    bigint           not null,
    unique (account, region, component, name, source)
);

-- The points behind the summaries, for reading by time and by step.
create table trial_metric_point (
    metric_id bigint           not null references trial_metric (id),
    at        bigint           not null,
    seq       bigint           not null, -- its number within the metric
    step      bigint,                    -- null where none was given
    value     double precision not null,
    primary key (metric_id, at, seq)
);
