-- Made after the bulk load of a rebuild, and at once for an empty view. The last columns let a page
-- be sorted, and amounts be added up, along the index alone.
CREATE INDEX transactions_by_account
    ON transactions (account_id, date_s, partition, offset, amount_minor);
CREATE INDEX transactions_by_date ON transactions (date_s, partition, offset, amount_minor);
CREATE INDEX rejections_by_reason ON rejections (reason, timestamp_ms);
-- Tells what is known of one source, without reading all of them.
CREATE INDEX sources_by_digest ON sources (digest);
