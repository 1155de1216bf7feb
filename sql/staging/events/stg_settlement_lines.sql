-- One row is one line of a store's or provider's settlement report; amounts are signed, + towards the platform.
-- grain: line_id
-- materialized: view
-- Keys are unique: a second content of a key was refused at ingest. Who settles is the counterparty, else the channel. What a line
-- of a chargeback states as fee beside the money (Stripe's balance transactions do) is the fee of the dispute and no store's fee: it is a
-- line of its own, of kind dispute_fee. So is what comes back of it with the money that was won. A fee that moves against the money is
-- the store's, given back or taken again.
with lines as (
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
        accounting_month,
        case when kind = 'chargeback' and ((gross_amount < 0 and fee_amount < 0) or (gross_amount > 0 and fee_amount > 0)) then fee_amount else 0 end
            as dispute_fee_amount
    from raw_settlement_lines
)

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
    cast(fee_amount - dispute_fee_amount as decimal(18, 6)) as fee_amount,
    cast(net_amount - dispute_fee_amount as decimal(18, 6)) as net_amount,
    currency,
    customer_currency,
    customer_amount,
    transaction_at,
    settled_at,
    covers_from,
    covers_to,
    bank_reference,
    counterparty,
    payout_id,
    tax_kind,
    entity,
    event_at,
    batch_id,
    source_line,
    ingested_at,
    accounting_month
from lines
union all
select
    line_id || '/dispute_fee' as line_id,
    channel,
    report_id,
    store_transaction_id,
    sku,
    country,
    'dispute_fee' as kind,
    cast(null as bigint) as quantity,
    cast(0 as decimal(18, 6)) as gross_amount,
    cast(null as decimal(18, 6)) as tax_amount,
    dispute_fee_amount as fee_amount,
    dispute_fee_amount as net_amount,
    currency,
    cast(null as varchar) as customer_currency,
    cast(null as decimal(18, 6)) as customer_amount,
    transaction_at,
    settled_at,
    cast(null as timestamp with time zone) as covers_from,
    cast(null as timestamp with time zone) as covers_to,
    bank_reference,
    counterparty,
    payout_id,
    tax_kind,
    entity,
    event_at,
    batch_id,
    source_line,
    ingested_at,
    accounting_month
from lines
where dispute_fee_amount <> 0
