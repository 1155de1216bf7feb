-- One row is one aggregate of a store's report beside the orders that it should hold.
-- grain: entity, aggregate_id
-- Netted: sales less refunds and chargebacks, in units and in the customer's currency. Judged once the range has ended. A
-- range that began before carat did holds orders that nobody here knows, and is not judged.
with rows_of_both as (
    select
        opens.entity,
        opens.channel,
        netted.sku,
        netted.country,
        opens.currency,
        netted.covers_from,
        netted.covers_to,
        opens.amount as own_amount,
        opens.quantity as own_quantity,
        cast(1 as bigint) as own_items,
        cast(0 as decimal(38, 6)) as their_amount,
        cast(0 as bigint) as their_quantity,
        cast(0 as bigint) as their_items,
        opens.owed_amount as own_owed,
        cast(0 as decimal(38, 6)) as their_owed,
        opens.taken_at,
        opens.event_at,
        cast(null as varchar) as batch_id,
        cast(null as bigint) as source_line
    from led_match_netted as netted
    inner join led_match_open as opens
        on opens.match = 'purchase_settlement'
        and opens.side = 'ours'
        and opens.item_id = netted.order_id
    union all
    select
        entity,
        channel,
        sku,
        country,
        currency,
        covers_from,
        covers_to,
        cast(0 as decimal(38, 6)) as own_amount,
        cast(0 as bigint) as own_quantity,
        cast(0 as bigint) as own_items,
        amount as their_amount,
        quantity as their_quantity,
        cast(1 as bigint) as their_items,
        cast(0 as decimal(38, 6)) as own_owed,
        owed_amount as their_owed,
        taken_at,
        event_at,
        batch_id,
        source_line
    from led_match_open
    where match = 'purchase_settlement' and rule = 'netted'
),

sums as (
    select
        entity,
        channel,
        sku,
        country,
        currency,
        covers_from,
        covers_to,
        cast(sum(own_amount) as decimal(38, 6)) as own_amount,
        cast(sum(own_quantity) as bigint) as own_quantity,
        cast(sum(own_items) as bigint) as own_items,
        cast(sum(their_amount) as decimal(38, 6)) as their_amount,
        cast(sum(their_quantity) as bigint) as their_quantity,
        cast(sum(their_items) as bigint) as their_items,
        cast(known_sum(their_owed) - known_sum(own_owed) as decimal(38, 6)) as owed_difference,
        max(taken_at) as taken_at,
        min(case when their_items > 0 then taken_at end) as first_line_at,
        min(batch_id) as batch_id,
        min(case when source_line is not null then source_line end) as source_line
    from rows_of_both
    group by entity, channel, sku, country, currency, covers_from, covers_to
)

select
    sums.entity,
    sums.channel,
    sums.sku,
    sums.country,
    sums.currency,
    sums.covers_from,
    sums.covers_to,
    sums.channel || '/' || coalesce(sums.sku, '') || '/' || coalesce(sums.country, '') || '/' || sums.currency || '/'
        || iso_instant(sums.covers_from) || '/' || iso_instant(sums.covers_to) as aggregate_id,
    sums.own_amount,
    sums.own_quantity,
    sums.own_items,
    sums.their_amount,
    sums.their_quantity,
    sums.their_items,
    sums.first_line_at,
    -- what the store kept more (negative) or less than was booked, where every line implies it
    cast(sums.owed_difference - (sums.their_amount - sums.own_amount) as decimal(38, 6)) as fee_difference,
    -- a range that ended in the month is settled there, whenever its report was dated
    greatest(sums.taken_at, least(sums.covers_to, run.closing_instant)) as taken_at,
    sums.batch_id,
    sums.source_line,
    case
        when sums.covers_from < run.first_start then 'before_carat'
        when sums.covers_to > run.period_end then 'not_yet_due'
        when sums.their_items = 0 then 'missing_in_settlement'
        when sums.own_items = 0 then 'missing_in_ledger'
        when abs(sums.their_amount - sums.own_amount) > coalesce(run_tolerances.tolerance, 0) then 'amount'
        when sums.their_quantity <> sums.own_quantity then 'quantity'
        when sums.their_amount <> sums.own_amount then 'tolerated'
        else 'matched'
    end as outcome
from sums
cross join run
left join run_tolerances
    on run_tolerances.currency = sums.currency
