-- Made after the bulk load of a rebuild, and at once for an empty view.
CREATE INDEX transactions_by_account ON transactions (account_id, date_s, amount_minor);
CREATE INDEX transactions_by_date ON transactions (date_s);
