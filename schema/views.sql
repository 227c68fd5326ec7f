-- The view: tables derived from the log, for reading.
--
-- Nothing here is authoritative. Every table can be dropped and rebuilt from the log's offset 0 with
-- `daybook project --reset`, and gives the same rows again; a change of this schema costs a rebuild,
-- never a migration. One transaction writes the rows of some events together with the checkpoints
-- that say so: at every commit,
--     rows of transactions + rows of rejections = sum of checkpoints.offset_next.
--
-- Amounts are integers in minor units (cents). Dates are seconds since 1970-01-01T00:00:00Z, days
-- are UTC days since 1970-01-01. A position is partition:offset, the place of an event in the log.

-- What this file is a view of. One row.
CREATE TABLE meta (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    schema_version INTEGER NOT NULL,  -- of this file
    fold_version INTEGER NOT NULL,    -- of the rules that gave the verdicts
    topic TEXT NOT NULL,              -- the log's topic
    cluster_id TEXT NOT NULL,         -- the Kafka cluster that holds it
    partition_count INTEGER NOT NULL, -- part of history: it never changes
    commit_seq INTEGER NOT NULL,      -- raised by every commit
    committed_ms INTEGER NOT NULL     -- when that was, by the projector's clock, ms since 1970
) STRICT;

-- How far each partition has been applied. One row per partition.
CREATE TABLE checkpoints (
    partition INTEGER PRIMARY KEY,
    offset_next INTEGER NOT NULL,   -- the first offset not yet applied
    timestamp_ms INTEGER NOT NULL,  -- the log's time of the last record applied, 0 where none
    digest BLOB NOT NULL,           -- the chain's digest of all records before offset_next
    digest_before BLOB NOT NULL     -- the digest one record earlier: lets the last link be checked
) STRICT;

-- The chain's digest every 4,096 offsets: places a change of the log.
CREATE TABLE digests (
    partition INTEGER NOT NULL,
    offset_next INTEGER NOT NULL,   -- a multiple of 4,096
    digest BLOB NOT NULL,           -- of all records before offset_next
    PRIMARY KEY (partition, offset_next)
) STRICT, WITHOUT ROWID;

-- Accounts, numbered so that the same log always gives the same numbers:
-- account_id = n * partition_count + partition, n counting the partition's accounts from 0.
CREATE TABLE accounts (
    account_id INTEGER PRIMARY KEY,
    account TEXT NOT NULL UNIQUE    -- the name, compared byte by byte
) STRICT;

-- What each account holds, after the last event applied.
CREATE TABLE balances (
    account_id INTEGER PRIMARY KEY,
    balance_minor INTEGER NOT NULL,      -- deposits_minor - withdrawals_minor
    deposit_count INTEGER NOT NULL,
    deposits_minor INTEGER NOT NULL,     -- sum of deposits
    withdrawal_count INTEGER NOT NULL,
    withdrawals_minor INTEGER NOT NULL,  -- sum of withdrawals, a positive number
    last_offset INTEGER NOT NULL,        -- of the account's last posted event
    last_date_s INTEGER NOT NULL         -- transaction date of that event
) STRICT;

-- Where events come from: one row per source and partition, numbered as accounts are.
CREATE TABLE sources (
    source_id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,     -- the name given by the writer
    digest BLOB NOT NULL,     -- first 128 bits of SHA-256 of the name
    seq INTEGER NOT NULL      -- the highest number seen; events up to it are duplicates
) STRICT;

-- Every event that was posted.
CREATE TABLE transactions (
    partition INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    date_s INTEGER NOT NULL,          -- transaction date
    amount_minor INTEGER NOT NULL,    -- positive: deposit; negative: withdrawal; never 0
    balance_minor INTEGER NOT NULL,   -- of the account after this event, in log order
    declared_minor INTEGER,           -- the balance that the source declared, if any
    source_id INTEGER,                -- the writer's source, if any
    seq INTEGER,                      -- its number there
    memo TEXT,
    PRIMARY KEY (partition, offset)
) STRICT, WITHOUT ROWID;

-- Every offset that was not posted, with the reason.
CREATE TABLE rejections (
    partition INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    reason TEXT NOT NULL,           -- absent, malformed, misrouted, duplicate, overdraft, overflow
    detail TEXT NOT NULL,           -- one clause more, '' where there is nothing to add
    timestamp_ms INTEGER NOT NULL,  -- the log's time of the record
    key BLOB,                       -- first 1,024 bytes; NULL: the record has none
    value_length INTEGER NOT NULL,  -- bytes; -1: null; -2: absent
    value_digest BLOB,              -- SHA-256 of the whole value; NULL where there is none
    value_head BLOB,                -- first 1,024 bytes; the log has the rest
    PRIMARY KEY (partition, offset)
) STRICT, WITHOUT ROWID;

-- Movement per account and day of the transaction date.
CREATE TABLE daily_aggregates (
    account_id INTEGER NOT NULL,
    day INTEGER NOT NULL,
    deposit_count INTEGER NOT NULL,
    deposits_minor INTEGER NOT NULL,
    withdrawal_count INTEGER NOT NULL,
    withdrawals_minor INTEGER NOT NULL,
    PRIMARY KEY (account_id, day)
) STRICT, WITHOUT ROWID;

-- Movement of all accounts per day of the transaction date. Two sums of money may not fit 64 bits:
-- each is high * 1000000000000000000 + low, 0 <= low < 1000000000000000000.
CREATE TABLE daily_totals (
    day INTEGER PRIMARY KEY,
    deposit_count INTEGER NOT NULL,
    deposits_high INTEGER NOT NULL,
    deposits_low INTEGER NOT NULL,
    withdrawal_count INTEGER NOT NULL,
    withdrawals_high INTEGER NOT NULL,
    withdrawals_low INTEGER NOT NULL
) STRICT;

-- The same over all days. One row.
CREATE TABLE totals (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    account_count INTEGER NOT NULL,
    deposit_count INTEGER NOT NULL,
    deposits_high INTEGER NOT NULL,
    deposits_low INTEGER NOT NULL,
    withdrawal_count INTEGER NOT NULL,
    withdrawals_high INTEGER NOT NULL,
    withdrawals_low INTEGER NOT NULL
) STRICT;

-- The transactions in the form of the system that this one replaces: five columns, readable.
CREATE VIEW client_transactions AS
SELECT strftime('%Y-%m-%d %H:%M:%S', t.date_s, 'unixepoch') AS transaction_date,
       a.account AS account,
       printf('%d.%02d', abs(t.amount_minor) / 100, abs(t.amount_minor) % 100)
           AS transaction_value,
       CASE WHEN t.balance_minor < 0 THEN '-' ELSE '' END
           || printf('%d.%02d', abs(t.balance_minor / 100), abs(t.balance_minor % 100)) AS balance,
       CASE WHEN t.amount_minor > 0 THEN 'deposit' ELSE 'withdrawal' END AS transaction_type
FROM transactions AS t JOIN accounts AS a USING (account_id);
