-- The lineage graph (package lineage): who the entities are, and what led to
-- what. Bodies of artifacts, actions and contexts are resources like any other;
-- here is only what walks and lists of associations look at, by number.

-- +goose Up

-- The default lineage group of an account in a region (QL-10): it stands for
-- both in the other tables.
CREATE TABLE lineage_group (
    id         {{identity}},
    account    {{key}} NOT NULL,
    region     {{key}} NOT NULL,
    created_at bigint  NOT NULL,
    UNIQUE (account, region)
);

CREATE TABLE lineage_vertex (
    id          {{identity}},
    grp         bigint  NOT NULL REFERENCES lineage_group (id),
    kind        {{key}} NOT NULL, -- Artifact, Action, Context, TrialComponent, Experiment
    type        {{key}} NOT NULL, -- DataSet, Image, TrainingJob, …: free text
    created_at  bigint  NOT NULL,
    modified_at bigint  NOT NULL,
    name        text    NOT NULL,
    arn         {{key}} NOT NULL,
    properties  text    NOT NULL, -- JSON object, '' for none
    manual      boolean NOT NULL,
    UNIQUE (grp, arn)
);
-- Queries without a start go through a group in order of creation.
CREATE INDEX lineage_vertex_scan ON lineage_vertex (grp, id);
-- manual is set for what users made, which quotas count.
CREATE INDEX lineage_vertex_manual ON lineage_vertex (grp, kind) WHERE manual;

-- Walks read the primary key and lineage_association_back alone.
CREATE TABLE lineage_association (
    source      bigint  NOT NULL REFERENCES lineage_vertex (id),
    destination bigint  NOT NULL REFERENCES lineage_vertex (id),
    grp         bigint  NOT NULL REFERENCES lineage_group (id),
    type        {{key}} NOT NULL, -- '' for none
    created_at  bigint  NOT NULL,
    created_by  text    NOT NULL, -- JSON, '' for nobody in particular
    manual      boolean NOT NULL,
    PRIMARY KEY (source, destination),
    CHECK (source <> destination)
);
CREATE INDEX lineage_association_back ON lineage_association (destination, source);
CREATE INDEX lineage_association_list ON lineage_association (grp, created_at, source, destination);
CREATE INDEX lineage_association_manual ON lineage_association (grp) WHERE manual;
