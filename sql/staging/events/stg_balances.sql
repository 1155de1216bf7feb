-- One row is the system of record's own balance of one subject just before as_of.
-- grain: subject_kind, subject_id, entity, channel, currency, as_of
-- materialized: view
-- Up to the start of the first period they are openings, afterwards they are compared with carat's.
select
    subject_kind,
    subject_id,
    entity,
    channel,
    currency,
    as_of,
    coins,
    diamonds,
    amount,
    deferred_fee,
    functional_amount,
    batch_id,
    source_line,
    ingested_at,
    accounting_month
from raw_balances
