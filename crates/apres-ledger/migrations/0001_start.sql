-- Portable SQL only: TEXT and BIGINT, keys given by the caller, times in unix seconds, yes/no as 1/0, lists of codes as JSON text.

CREATE TABLE organisations (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    sirets TEXT NOT NULL,
    departements TEXT NOT NULL
);

CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    role TEXT NOT NULL,
    organisation TEXT NOT NULL REFERENCES organisations (id),
    password_hash TEXT NOT NULL,
    disabled BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

-- By digest of the address, whether or not an account has it: a visitor learns nothing from being asked to wait.
CREATE TABLE sign_in_attempts (
    email_digest TEXT PRIMARY KEY,
    failures BIGINT NOT NULL,
    wait_until BIGINT NOT NULL,
    last_at BIGINT NOT NULL
);

CREATE TABLE sessions (
    token_digest TEXT PRIMARY KEY,
    content TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    state TEXT NOT NULL,
    step TEXT NOT NULL,
    done BIGINT NOT NULL,
    total BIGINT NOT NULL,
    message TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    touched_at BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE INDEX jobs_by_state ON jobs (state, created_at, id);
CREATE INDEX jobs_by_subject ON jobs (kind, subject);

CREATE TABLE lists (
    id TEXT PRIMARY KEY,
    organisation TEXT NOT NULL REFERENCES organisations (id),
    deposited_by TEXT NOT NULL,
    name TEXT NOT NULL,
    programme TEXT,
    state TEXT NOT NULL,
    row_count BIGINT,
    first_quarter TEXT,
    last_quarter TEXT,
    purpose TEXT,
    legal_basis TEXT,
    mapping TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    retention_until BIGINT NOT NULL,
    erased_at BIGINT,
    receipt TEXT
);
CREATE INDEX lists_by_organisation ON lists (organisation, created_at);
CREATE INDEX lists_by_retention ON lists (retention_until);

CREATE TABLE releases (
    id TEXT PRIMARY KEY,
    request_digest TEXT NOT NULL,
    lake_version BIGINT NOT NULL,
    policy_version TEXT NOT NULL,
    request TEXT NOT NULL,
    release TEXT NOT NULL,
    list TEXT,
    recorded_at BIGINT NOT NULL
);
CREATE INDEX releases_by_request ON releases (request_digest, lake_version, policy_version);

-- Who was shown what, and when last.
CREATE TABLE release_readings (
    release TEXT NOT NULL REFERENCES releases (id),
    organisation TEXT NOT NULL,
    account TEXT NOT NULL,
    read_at BIGINT NOT NULL,
    PRIMARY KEY (release, organisation)
);
CREATE INDEX release_readings_by_organisation ON release_readings (organisation, read_at);

CREATE TABLE ingests (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    lake_version BIGINT,
    report TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE INDEX ingests_by_start ON ingests (started_at);

-- Append only; each entry carries the digest of the one before.
CREATE TABLE audit (
    sequence BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    account TEXT NOT NULL,
    organisation TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    request_digest TEXT,
    outcome TEXT NOT NULL,
    previous TEXT NOT NULL,
    digest TEXT NOT NULL
);
CREATE INDEX audit_by_organisation ON audit (organisation, sequence);
