-- One row is what one day's orders of one kind add to what a counterparty owes, as carat books them.
-- grain: entity, channel, counterparty, currency, kind, counted, day, rate_day
-- owed_amount is the money without the tax that isn't ours to pay, fee_amount the store's fee; both signed as they change the
-- receivable. Orders from before carat began are inside the opening. counted is now, or earlier than the period; of earlier
-- days only the sum is kept (day is null). day is that on which they are booked, rate_day their own, whose exchange rate serves: late
-- rows have an earlier one.
with orders as (
    select
        purchases.entity,
        purchases.channel,
        purchases.counterparty,
        purchases.currency,
        purchases.kind,
        purchases.accounting_month = run.period as is_now,
        quarter_hour(greatest(least(purchases.purchased_at, run.closing_instant), run.period_start)) as quarter,
        quarter_hour(least(purchases.purchased_at, run.closing_instant)) as own_quarter,
        case when purchases.kind in ('purchase', 'chargeback_reversal') then 1 else -1 end as direction,
        purchases.gross_amount - purchases.tax_amount + purchases.own_tax_amount as owed_amount,
        purchases.booked_fee
    from led_purchase_fee as purchases
    cross join run
    where purchases.accounting_month <= run.period and purchases.purchased_at >= run.first_start
),

-- the calendar is asked once for each quarter of an hour, of which there are few
quarters as (
    select
        entity,
        channel,
        counterparty,
        currency,
        kind,
        is_now,
        case when is_now then quarter end as quarter,
        case when is_now then own_quarter end as own_quarter,
        sum(direction * owed_amount) as owed_amount,
        sum(-direction * booked_fee) as fee_amount
    from orders
    group by entity, channel, counterparty, currency, kind, is_now, case when is_now then quarter end, case when is_now then own_quarter end
)

select
    quarters.entity,
    quarters.channel,
    quarters.counterparty,
    case
        when quarters.channel in ('apple', 'google') then 'store_receivable'
        when quarters.channel = 'reseller' then 'reseller_receivable'
        else 'provider_receivable'
    end as receivable_role,
    quarters.currency,
    quarters.kind,
    case when quarters.is_now then 'now' else 'earlier' end as counted,
    local_day(quarters.quarter, run.time_zone) as day,
    cast(sum(quarters.owed_amount) as decimal(38, 6)) as owed_amount,
    cast(sum(quarters.fee_amount) as decimal(38, 6)) as fee_amount,
    local_day(quarters.own_quarter, run.time_zone) as rate_day
from quarters
cross join run
group by
    quarters.entity, quarters.channel, quarters.counterparty, quarters.currency, quarters.kind, quarters.is_now,
    local_day(quarters.quarter, run.time_zone), local_day(quarters.own_quarter, run.time_zone)
