-- One row is a day's orders of one channel and currency that met their settlement line one to one.
-- grain: entity, channel, currency, day, outcome
-- The day is that on which the later of the two counted, so a match is told once, in the month that completed it. The fee
-- difference is what the settlement took more (negative) or less than was booked.
with clean as (
    select
        pairs.entity,
        pairs.channel,
        pairs.currency,
        quarter_hour(pairs.taken_at) as quarter,
        pairs.order_amount,
        pairs.line_amount,
        pairs.line_amount - pairs.order_amount as difference,
        pairs.line_fee - pairs.booked_fee as fee_difference
    from led_match_pair as pairs
    cross join run
    left join led_match_care
        on led_match_care.key_no = pairs.key_no
    where led_match_care.key_no is null and pairs.taken_at >= run.period_start
),

quarters as (
    select
        entity,
        channel,
        currency,
        quarter,
        difference <> 0 as is_tolerated,
        count(*) as pairs,
        sum(order_amount) as our_amount,
        sum(line_amount) as their_amount,
        sum(difference) as difference,
        sum(fee_difference) as fee_difference
    from clean
    group by entity, channel, currency, quarter, difference <> 0
)

select
    quarters.entity,
    quarters.channel,
    quarters.currency,
    local_day(quarters.quarter, run.time_zone) as day,
    case when quarters.is_tolerated then 'tolerated' else 'matched' end as outcome,
    cast(sum(quarters.pairs) as bigint) as pairs,
    cast(sum(quarters.our_amount) as decimal(38, 6)) as our_amount,
    cast(sum(quarters.their_amount) as decimal(38, 6)) as their_amount,
    cast(sum(quarters.difference) as decimal(38, 6)) as tolerated,
    cast(sum(coalesce(quarters.fee_difference, 0)) as decimal(38, 6)) as fee_difference
from quarters
cross join run
group by
    quarters.entity,
    quarters.channel,
    quarters.currency,
    local_day(quarters.quarter, run.time_zone),
    quarters.is_tolerated
