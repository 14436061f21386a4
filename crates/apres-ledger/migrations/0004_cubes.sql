-- Closed cubes: what may be said of a programme at one version of the lake under one policy, decided once. They hold no count that is not said.
CREATE TABLE cubes (
    population TEXT NOT NULL,
    lake_version BIGINT NOT NULL,
    policy_version TEXT NOT NULL,
    earlier_version BIGINT,
    content TEXT NOT NULL,
    closed_at BIGINT NOT NULL,
    PRIMARY KEY (population, lake_version, policy_version)
);
