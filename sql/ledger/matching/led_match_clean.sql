-- One row is a day's orders of one channel and currency that met their settlement line one to one.
-- grain: entity, channel, counterparty, currency, day, outcome
-- The day is that on which the later of the two counted. The fee difference is what the settlement took more (negative) or
-- less than was booked.
select
    pairs.entity,
    pairs.channel,
    pairs.line_counterparty as counterparty,
    pairs.currency,
    local_day(pairs.quarter, run.time_zone) as day,
    case when pairs.differs then 'tolerated' else 'matched' end as outcome,
    cast(sum(pairs.pairs) as bigint) as pairs,
    cast(sum(pairs.order_amount) as decimal(38, 6)) as our_amount,
    cast(sum(pairs.line_amount) as decimal(38, 6)) as their_amount,
    cast(sum(pairs.difference) as decimal(38, 6)) as tolerated,
    cast(sum(coalesce(pairs.fee_difference, 0)) as decimal(38, 6)) as fee_difference
from led_match_pair as pairs
cross join run
where pairs.unpaired_no is null
group by
    pairs.entity,
    pairs.channel,
    pairs.line_counterparty,
    pairs.currency,
    local_day(pairs.quarter, run.time_zone),
    pairs.differs
