-- One row is one line of a store's or provider's settlement report; amounts are signed, + towards the platform.
-- grain: line_id
-- materialized: view
-- Keys are unique: a second content of a key was refused at ingest. Who settles is the counterparty, else the channel.
select
    line_id,
    channel,
    report_id,
    store_transaction_id,
    sku,
    country,
    kind,
    quantity,
    gross_amount,
    tax_amount,
    fee_amount,
    net_amount,
    currency,
    customer_currency,
    customer_amount,
    transaction_at,
    settled_at,
    covers_from,
    covers_to,
    bank_reference,
    coalesce(counterparty, channel) as counterparty,
    payout_id,
    tax_kind,
    entity,
    event_at,
    batch_id,
    source_line,
    ingested_at,
    accounting_month
from raw_settlement_lines
