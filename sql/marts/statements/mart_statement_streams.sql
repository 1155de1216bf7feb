-- One row is what the gifts of one live stream came to for its creator at one rate, less reversals; the rest stands in one row.
-- grain: creator_id, entity, currency, stream_rank, rate_from
-- result: statement_streams
-- order: creator_id, entity, currency, stream_rank, rate_from, diamonds_per_coin, rate
-- The twenty streams that earned most have rows of their own, the others are summed in one without a stream: someone who
-- goes live every hour still gets a statement that can be read. Rows sum to what the statement says was earned: amounts are
-- rounded to millionths along the running total. Gifts are summed by stream first; only where a rate changed during a stream
-- are they looked at one by one.
with own_streams as (
    select
        stg_gift_events.creator_id,
        stg_gift_events.entity,
        stg_gift_events.stream_id,
        min(stg_gift_events.sent_at) as first_at,
        max(stg_gift_events.sent_at) as last_at,
        sum(stg_gift_events.quantity) as gift_count,
        sum(stg_gift_events.coins) as coins,
        sum(stg_gift_events.diamonds) as diamonds
    from stg_gift_events
    cross join run
    where stg_gift_events.accounting_month = run.period
        and stg_gift_events.sent_at >= run.first_start
        and stg_gift_events.kind = 'gift'
        and stg_gift_events.capture is null
    group by stg_gift_events.creator_id, stg_gift_events.entity, stg_gift_events.stream_id
),

-- gifts of a live recorder carry no diamonds: they are credited what the rate gives
live_gifts as (
    select
        led_live_gift.creator_id,
        led_live_gift.entity,
        stg_gift_events.stream_id,
        led_live_gift.sent_at,
        led_live_gift.quantity as gift_count,
        led_live_gift.coins,
        led_live_gift.diamonds
    from led_live_gift
    cross join run
    inner join stg_gift_events
        on stg_gift_events.event_id = led_live_gift.event_id
    where led_live_gift.accounting_month = run.period
        and stg_gift_events.capture is not null
        and stg_gift_events.kind = 'gift'
),

-- a reversal is valued by the rate of its gift's time
reversals as (
    select
        led_gift_reversal.creator_id,
        led_gift_reversal.entity,
        led_gift_reversal.stream_id,
        led_gift_reversal.sent_at,
        led_gift_reversal.valued_at,
        -led_gift_reversal.quantity as gift_count,
        -led_gift_reversal.coins as coins,
        -led_gift_reversal.diamonds as diamonds
    from led_gift_reversal
    cross join run
    where led_gift_reversal.accounting_month = run.period and led_gift_reversal.sent_at >= run.first_start
),

streams as (
    select
        creator_id,
        entity,
        stream_id,
        min(first_at) as first_at,
        max(last_at) as last_at,
        min(rated_from) as rated_from,
        max(rated_to) as rated_to,
        sum(gift_count) as gift_count,
        sum(coins) as coins,
        sum(diamonds) as diamonds
    from (
        select creator_id, entity, stream_id, first_at, last_at, first_at as rated_from, last_at as rated_to, gift_count, coins, diamonds
        from own_streams
        union all
        select creator_id, entity, stream_id, sent_at, sent_at, sent_at, sent_at, gift_count, coins, diamonds
        from live_gifts
        union all
        select creator_id, entity, stream_id, sent_at, sent_at, valued_at, valued_at, gift_count, coins, diamonds
        from reversals
    ) as captured
    group by creator_id, entity, stream_id
),

placed as (
    select
        streams.creator_id,
        streams.entity,
        streams.stream_id,
        streams.first_at,
        streams.last_at,
        streams.gift_count,
        streams.coins,
        streams.diamonds,
        ranges.range_no,
        least(streams.rated_to, run.closing_instant) < ranges.range_to as is_whole
    from streams
    cross join run
    inner join led_creator_rate as ranges
        on ranges.creator_id = streams.creator_id
        and least(streams.rated_from, run.closing_instant) >= ranges.range_from
        and least(streams.rated_from, run.closing_instant) < ranges.range_to
),

-- streams during which a rate changed, gift by gift
crossing as (
    select
        stg_gift_events.creator_id,
        stg_gift_events.entity,
        stg_gift_events.stream_id,
        stg_gift_events.sent_at,
        stg_gift_events.sent_at as rated_at,
        stg_gift_events.quantity as gift_count,
        stg_gift_events.coins,
        stg_gift_events.diamonds
    from stg_gift_events
    cross join run
    inner join placed
        on placed.creator_id = stg_gift_events.creator_id
        and placed.entity = stg_gift_events.entity
        and placed.stream_id = stg_gift_events.stream_id
    where stg_gift_events.accounting_month = run.period
        and stg_gift_events.sent_at >= run.first_start
        and stg_gift_events.kind = 'gift'
        and stg_gift_events.capture is null
        and not placed.is_whole
    union all
    select
        live_gifts.creator_id,
        live_gifts.entity,
        live_gifts.stream_id,
        live_gifts.sent_at,
        live_gifts.sent_at,
        live_gifts.gift_count,
        live_gifts.coins,
        live_gifts.diamonds
    from live_gifts
    inner join placed
        on placed.creator_id = live_gifts.creator_id
        and placed.entity = live_gifts.entity
        and placed.stream_id = live_gifts.stream_id
    where not placed.is_whole
    union all
    select
        reversals.creator_id,
        reversals.entity,
        reversals.stream_id,
        reversals.sent_at,
        reversals.valued_at,
        reversals.gift_count,
        reversals.coins,
        reversals.diamonds
    from reversals
    inner join placed
        on placed.creator_id = reversals.creator_id
        and placed.entity = reversals.entity
        and placed.stream_id = reversals.stream_id
    where not placed.is_whole
),

split as (
    select
        crossing.creator_id,
        crossing.entity,
        crossing.stream_id,
        crossing.sent_at,
        crossing.gift_count,
        crossing.coins,
        crossing.diamonds,
        ranges.range_no
    from crossing
    cross join run
    inner join led_creator_rate as ranges
        on ranges.creator_id = crossing.creator_id
        and least(crossing.rated_at, run.closing_instant) >= ranges.range_from
        and least(crossing.rated_at, run.closing_instant) < ranges.range_to
),

pieces as (
    select creator_id, entity, stream_id, range_no, first_at, last_at, gift_count, coins, diamonds
    from placed
    where is_whole
    union all
    select
        creator_id, entity, stream_id, range_no, min(sent_at) as first_at, max(sent_at) as last_at, sum(gift_count) as gift_count,
        sum(coins) as coins, sum(diamonds) as diamonds
    from split
    group by creator_id, entity, stream_id, range_no
),

-- neighbouring ranges can be of one rate row: the period's start begins a range
valued as (
    select
        pieces.creator_id,
        pieces.entity,
        ranges.currency,
        pieces.stream_id,
        ranges.diamonds_per_coin,
        ranges.diamond_value,
        ranges.rate_from,
        ranges.rate_until,
        ranges.is_prior_period,
        min(pieces.first_at) as first_at,
        max(pieces.last_at) as last_at,
        cast(sum(pieces.gift_count) as bigint) as gift_count,
        cast(sum(pieces.coins) as bigint) as coins,
        cast(sum(pieces.diamonds) as bigint) as diamonds,
        cast(sum(cast(pieces.diamonds * ranges.diamond_value as decimal(38, 9))) as decimal(38, 9)) as amount
    from pieces
    inner join led_creator_rate as ranges
        on ranges.range_no = pieces.range_no
    group by
        pieces.creator_id, pieces.entity, ranges.currency, pieces.stream_id, ranges.diamonds_per_coin, ranges.diamond_value,
        ranges.rate_from, ranges.rate_until, ranges.is_prior_period
),

totals as (
    select creator_id, entity, currency, stream_id, sum(amount) as amount
    from valued
    group by creator_id, entity, currency, stream_id
),

ranked as (
    select
        creator_id,
        entity,
        currency,
        stream_id,
        row_number() over (partition by creator_id, entity, currency order by amount desc, stream_id) as stream_rank
    from totals
),

named as (
    select
        valued.creator_id,
        valued.entity,
        valued.currency,
        least(ranked.stream_rank, 21) as stream_rank,
        case when ranked.stream_rank <= 20 then valued.stream_id end as stream_id,
        case when ranked.stream_rank <= 20 then valued.diamonds_per_coin end as diamonds_per_coin,
        case when ranked.stream_rank <= 20 then valued.diamond_value end as rate,
        case when ranked.stream_rank <= 20 then valued.rate_from end as rate_from,
        case when ranked.stream_rank <= 20 then valued.rate_until end as rate_to,
        case when ranked.stream_rank <= 20 then valued.is_prior_period else false end as prior_period,
        ranked.stream_rank as single_rank,
        valued.first_at,
        valued.last_at,
        valued.gift_count,
        valued.coins,
        valued.diamonds,
        valued.amount
    from valued
    inner join ranked
        on ranked.creator_id = valued.creator_id
        and ranked.entity = valued.entity
        and ranked.currency = valued.currency
        and ranked.stream_id = valued.stream_id
),

summed as (
    select
        creator_id,
        entity,
        currency,
        stream_rank,
        stream_id,
        diamonds_per_coin,
        rate,
        rate_from,
        rate_to,
        prior_period,
        count(distinct single_rank) as streams,
        min(first_at) as first_at,
        max(last_at) as last_at,
        cast(sum(gift_count) as bigint) as gift_count,
        cast(sum(coins) as bigint) as coins,
        cast(sum(diamonds) as bigint) as diamonds,
        cast(sum(amount) as decimal(38, 9)) as amount
    from named
    group by creator_id, entity, currency, stream_rank, stream_id, diamonds_per_coin, rate, rate_from, rate_to, prior_period
),

running as (
    select
        creator_id, entity, currency, stream_rank, stream_id, diamonds_per_coin, rate, rate_from, rate_to, prior_period, streams,
        first_at, last_at, gift_count, coins, diamonds, amount,
        cast(sum(amount) over (
            partition by creator_id, entity, currency
            order by stream_rank, prior_period desc, rate_from, rate_to, diamonds_per_coin, rate
            rows between unbounded preceding and current row
        ) as decimal(38, 9)) as upto
    from summed
)

select
    run.period,
    run.run_id,
    running.creator_id,
    running.entity,
    running.currency,
    running.stream_rank,
    running.stream_id,
    cast(running.streams as bigint) as streams,
    running.first_at,
    running.last_at,
    running.gift_count as count,
    running.coins,
    running.diamonds,
    running.diamonds_per_coin,
    running.rate,
    running.rate_from,
    running.rate_to,
    cast(
        cast(running.upto as decimal(38, 6)) - cast(cast(running.upto - running.amount as decimal(38, 9)) as decimal(38, 6))
        as decimal(38, 6)
    ) as amount,
    running.prior_period
from running
cross join run
