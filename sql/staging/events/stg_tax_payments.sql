-- One row is what was paid to a tax authority, or with a minus came back from it.
-- grain: authority, kind, entity, currency, for_period, reference, paid_at
-- materialized: view
-- Keys are unique: a second content of a key was refused at ingest.
select
    authority,
    kind,
    entity,
    currency,
    amount,
    for_period,
    reference,
    paid_at,
    batch_id,
    source_line,
    ingested_at,
    accounting_month
from raw_tax_payments
