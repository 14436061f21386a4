-- What was said is remembered: populations and lists as sketches (apres-protect), which name nobody; questions by day; vintages.

CREATE TABLE vintages (
    id TEXT PRIMARY KEY,
    lake_version BIGINT NOT NULL,
    last_month BIGINT NOT NULL,
    frozen_at BIGINT NOT NULL,
    reason TEXT NOT NULL
);

-- A population at one version of the lake; its question is the digest of who is counted, whatever is asked of them.
CREATE TABLE populations (
    id TEXT PRIMARY KEY,
    question TEXT NOT NULL,
    lake_version BIGINT NOT NULL,
    sketch TEXT NOT NULL,
    recorded_at BIGINT NOT NULL
);

-- Which organisation was told something of which population, and how many answers are being decided about it: until they are, it counts as told.
CREATE TABLE population_readings (
    population TEXT NOT NULL REFERENCES populations (id),
    organisation TEXT NOT NULL,
    account TEXT NOT NULL,
    said BIGINT NOT NULL,
    pending BIGINT NOT NULL,
    read_at BIGINT NOT NULL,
    PRIMARY KEY (population, organisation)
);
CREATE INDEX population_readings_by_organisation ON population_readings (organisation, read_at);

-- Questions by day (days since 1970) and account: counted anew, refused, refused for being near another one.
CREATE TABLE question_days (
    day BIGINT NOT NULL,
    organisation TEXT NOT NULL,
    account TEXT NOT NULL,
    counted BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    near BIGINT NOT NULL,
    PRIMARY KEY (day, organisation, account)
);

CREATE TABLE alerts (
    day BIGINT NOT NULL,
    organisation TEXT NOT NULL,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    raised_at BIGINT NOT NULL,
    PRIMARY KEY (day, organisation, account, kind)
);

-- Lists by what they are about. They stay after the erasure of their list once something was said of it.
CREATE TABLE registered_lists (
    list TEXT PRIMARY KEY,
    organisation TEXT NOT NULL,
    programme TEXT NOT NULL,
    first_quarter TEXT NOT NULL,
    last_quarter TEXT NOT NULL,
    print TEXT NOT NULL,
    verdict TEXT NOT NULL,
    lake_version BIGINT,
    registered_at BIGINT NOT NULL,
    said_at BIGINT,
    erased BIGINT NOT NULL
);
CREATE UNIQUE INDEX registered_lists_by_slot ON registered_lists (organisation, programme, first_quarter, last_quarter)
    WHERE verdict IN ('pending', 'accepted') AND erased = 0;

-- What tells the memory's key from another one: prints made with two keys cannot be compared. One row.
CREATE TABLE memory_marks (
    place BIGINT PRIMARY KEY,
    mark TEXT NOT NULL
);
