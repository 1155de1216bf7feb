-- One row is one payment that a payout provider reports.
-- grain: line_id
-- materialized: view
-- Keys are unique: a second content of a key was refused at ingest.
select
    line_id,
    provider,
    provider_reference,
    payout_id,
    amount,
    fee_amount,
    currency,
    status,
    booked_at,
    report_id,
    entity,
    batch_id,
    source_line,
    ingested_at,
    accounting_month
from raw_provider_payments
