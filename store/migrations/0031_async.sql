-- Requests of InvokeEndpointAsync that are accepted and not yet answered; a row
-- goes in the transaction that notes its answer.

-- +goose Up
create table async_request (
    id          {{key}} not null primary key,
    account     {{key}} not null,
    region      {{key}} not null,
    endpoint    {{key}} not null,
    accepted_at bigint  not null,
    expires_at  bigint  not null, -- unless it is begun before
    body        text    not null
);

-- The oldest first.
create index async_request_queue on async_request (account, region, endpoint, accepted_at, id);
create index async_request_expiry on async_request (account, region, endpoint, expires_at);
