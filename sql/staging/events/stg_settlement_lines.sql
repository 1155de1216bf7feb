-- One row is one line of a store's or provider's settlement report; amounts are signed, + towards the platform.
-- grain: line_id
-- materialized: view
-- Keys are unique: a second content of a key was refused at ingest. Who settles is the counterparty, else the channel. What a line
-- of a chargeback states as fee beside the money (Stripe's balance transactions do) is the fee of the dispute and no store's fee: it is a
-- line of its own, of kind dispute_fee. So is what comes back of it with the money that was won. A fee that moves against the money is
-- the store's, given back or taken again.
-- The files are read once: each line stands for itself, and one with a fee of the dispute a second time for that.
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
        coalesce(kind = 'chargeback' and ((gross_amount < 0 and fee_amount < 0) or (gross_amount > 0 and fee_amount > 0)), false) as has_dispute_fee
    from raw_settlement_lines
)

select
    case when parts.is_fee then lines.line_id || '/dispute_fee' else lines.line_id end as line_id,
    lines.channel,
    lines.report_id,
    lines.store_transaction_id,
    lines.sku,
    lines.country,
    case when parts.is_fee then 'dispute_fee' else lines.kind end as kind,
    case when not parts.is_fee then lines.quantity end as quantity,
    cast(case when parts.is_fee then 0 else lines.gross_amount end as decimal(18, 6)) as gross_amount,
    case when not parts.is_fee then lines.tax_amount end as tax_amount,
    cast(case when lines.has_dispute_fee and not parts.is_fee then 0 else lines.fee_amount end as decimal(18, 6)) as fee_amount,
    cast(case
        when parts.is_fee then lines.fee_amount
        when lines.has_dispute_fee then lines.net_amount - lines.fee_amount
        else lines.net_amount
    end as decimal(18, 6)) as net_amount,
    lines.currency,
    case when not parts.is_fee then lines.customer_currency end as customer_currency,
    case when not parts.is_fee then lines.customer_amount end as customer_amount,
    lines.transaction_at,
    lines.settled_at,
    case when not parts.is_fee then lines.covers_from end as covers_from,
    case when not parts.is_fee then lines.covers_to end as covers_to,
    lines.bank_reference,
    lines.counterparty,
    lines.payout_id,
    lines.tax_kind,
    lines.entity,
    lines.event_at,
    lines.batch_id,
    lines.source_line,
    lines.ingested_at,
    lines.accounting_month
from lines
cross join (values (false), (true)) as parts (is_fee)
where not parts.is_fee or lines.has_dispute_fee
