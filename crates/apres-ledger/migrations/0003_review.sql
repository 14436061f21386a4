-- Decisions of the review of pairs: by list and number of the pair. What a number stands for is known in the identifying zone only.
-- Later decisions come before earlier ones; an undone one counts for nothing and stays, for the record.
CREATE TABLE review_decisions (
    list TEXT NOT NULL REFERENCES lists (id),
    sequence BIGINT NOT NULL,
    pair BIGINT NOT NULL,
    verdict TEXT NOT NULL,
    account TEXT NOT NULL,
    batch TEXT NOT NULL,
    blind BIGINT NOT NULL,
    decided_at BIGINT NOT NULL,
    undone_at BIGINT,
    PRIMARY KEY (list, sequence)
);
CREATE INDEX review_decisions_by_batch ON review_decisions (list, batch);
