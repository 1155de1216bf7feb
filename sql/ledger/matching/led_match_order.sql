-- One row is one purchase, refund, chargeback or chargeback reversal as the settlement of its channel should show it.
-- grain: order_id
-- materialized: view
-- A store may call a chargeback a refund, so both are one class. Amounts are signed, + towards the platform, in the currency that
-- the viewer paid; untaxed_amount is what a store reports that remits the tax itself and tells prices without it (Google in
-- countries with VAT), null where there is none. booked_fee is the store's fee as carat
-- books it, known_fee what the order itself states, owed_amount what counterparty owes for it as carat books it: without the tax that
-- isn't ours and without the fee. Orders from before carat began are inside the opening: lines may
-- find them, and nothing is missing of them. taken_at is when the row counts: its own month's part of the period. All months
-- up to the run's are here, because an order stays open until it is settled.
with signed as (
    select
        purchases.purchase_id,
        purchases.entity,
        purchases.channel,
        case purchases.kind when 'purchase' then 'sale' when 'chargeback' then 'refund' else purchases.kind end as class,
        purchases.store_transaction_id,
        purchases.sku,
        purchases.country,
        purchases.currency,
        purchases.kind in ('purchase', 'chargeback_reversal') as is_in,
        purchases.gross_amount,
        case
            when (purchases.channel in ('apple', 'google') or purchases.remitter = 'store') and purchases.tax_amount <> 0
                then purchases.gross_amount - purchases.tax_amount
        end
            as untaxed_amount,
        purchases.store_fee_amount,
        purchases.purchased_at,
        purchases.accounting_month,
        purchases.batch_id,
        purchases.source_line,
        purchases.booked_fee,
        purchases.counterparty,
        purchases.gross_amount - purchases.tax_amount + purchases.own_tax_amount - purchases.booked_fee as owed_amount
    from led_purchase_fee as purchases
    cross join run
    where purchases.accounting_month <= run.period
)

select
    join_number(signed.entity, signed.channel, signed.class, signed.currency, signed.store_transaction_id) as key_no,
    signed.purchase_id as order_id,
    signed.entity,
    signed.channel,
    signed.class,
    signed.store_transaction_id as match_key,
    signed.sku,
    signed.country,
    signed.currency,
    case when signed.is_in then signed.gross_amount else -signed.gross_amount end as amount,
    case when signed.is_in then signed.untaxed_amount else -signed.untaxed_amount end as untaxed_amount,
    case when signed.is_in then -signed.booked_fee else signed.booked_fee end as booked_fee,
    case when signed.is_in then -signed.store_fee_amount else signed.store_fee_amount end as known_fee,
    signed.purchased_at as event_at,
    case
        when signed.accounting_month = run.period then greatest(least(signed.purchased_at, run.closing_instant), run.period_start)
        else least(signed.purchased_at, run.opening_instant)
    end as taken_at,
    signed.purchased_at < run.first_start as is_before,
    signed.counterparty,
    case when signed.is_in then signed.owed_amount else -signed.owed_amount end as owed_amount,
    signed.batch_id,
    signed.source_line
from signed
cross join run
