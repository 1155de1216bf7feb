-- One row is one line of a bank statement; the amount is signed, + towards the platform.
-- grain: line_id
-- materialized: view
-- Keys are unique: a second content of a key was refused at ingest.
select
    line_id,
    account,
    booked_at,
    amount,
    currency,
    reference,
    counterparty,
    statement_id,
    coalesce(kind, 'entry') as kind,
    balance,
    entity,
    batch_id,
    source_line,
    ingested_at,
    accounting_month
from raw_bank_lines
