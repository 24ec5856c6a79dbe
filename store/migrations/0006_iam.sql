-- Roles as package companion/iam keeps them. IAM is global, so there is no
-- region; names are unique without regard to case, so folded is the key.

-- +goose Up
create table iam_role (
    account      {{key}} not null,
    folded       {{key}} not null, -- lower case of name
    name         {{key}} not null,
    path         {{key}} not null,
    id           {{key}} not null, -- AROA…
    trust        text   not null, -- the trust policy document, as it was sent
    description  text   not null,
    max_session  bigint not null, -- seconds
    boundary     text   not null, -- permissions boundary ARN, '' for none
    tags         text   not null, -- JSON [{"Key":…,"Value":…},…]
    created_at   bigint not null,
    primary key (account, folded)
);

create table iam_role_policy (
    account {{key}} not null,
    folded  {{key}} not null,
    arn     {{key}} not null,
    primary key (account, folded, arn),
    foreign key (account, folded) references iam_role (account, folded)
);
