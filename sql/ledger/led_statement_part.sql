-- One row is one line of a creator's month before lines are numbered: what was opening, earned, adjusted, paid, closing.
-- grain: creator_id, entity, currency, section_rank, sort keys
-- materialized: view
-- Gifts are summed by type and rate; every reversal, adjustment and payout stands alone, with its reason and its original.
with gift_lines as (
    select
        led_gift_earning.creator_id,
        led_gift_earning.entity,
        led_gift_earning.currency,
        led_gift_earning.gift_id,
        led_gift_name.name as label,
        led_gift_earning.gift_count,
        led_gift_earning.coins,
        led_gift_earning.diamonds,
        led_gift_earning.diamonds_per_coin,
        led_gift_earning.diamond_value,
        led_gift_earning.rate_from,
        led_gift_earning.rate_until,
        led_gift_earning.amount,
        led_gift_earning.is_prior_period
    from led_gift_earning
    left join led_gift_name
        on led_gift_name.gift_id = led_gift_earning.gift_id
    where led_gift_earning.kind = 'gift'
),

reversal_lines as (
    select
        led_gift_reversal.creator_id,
        led_gift_reversal.entity,
        led_rate_at.currency,
        led_gift_reversal.gift_id,
        led_gift_name.name as label,
        led_gift_reversal.stream_id,
        led_gift_reversal.event_id,
        led_gift_reversal.original_event_id,
        led_gift_reversal.sent_at,
        -led_gift_reversal.quantity as gift_count,
        -led_gift_reversal.coins as coins,
        -led_gift_reversal.diamonds as diamonds,
        led_rate_at.diamonds_per_coin,
        led_rate_at.diamond_value,
        led_rate_at.rate_from,
        led_rate_at.rate_until,
        cast(-led_gift_reversal.diamonds * led_rate_at.diamond_value as decimal(38, 9)) as amount,
        led_gift_reversal.sent_at < run.period_start as is_prior_period
    from led_gift_reversal
    cross join run
    inner join led_creator_span
        on led_creator_span.creator_id = led_gift_reversal.creator_id
        and least(led_gift_reversal.sent_at, run.closing_instant) >= led_creator_span.range_from
        and least(led_gift_reversal.sent_at, run.closing_instant) < led_creator_span.range_to
    inner join led_rate_at
        on led_rate_at.creator_id = led_creator_span.creator_id
        and led_rate_at.instant = led_creator_span.range_from
    left join led_gift_name
        on led_gift_name.gift_id = led_gift_reversal.gift_id
    where led_gift_reversal.accounting_month = run.period and led_gift_reversal.sent_at >= run.first_start
),

keys as (
    select creator_id, entity, currency
    from led_creator_rollforward
    union
    -- a payout in another currency than the rate's is a break, and has a statement all the same
    select creator_id, entity, currency
    from led_payout_sum
),

closing_rates as (
    select
        led_creator_span.creator_id,
        led_rate_at.currency,
        led_rate_at.diamond_value,
        led_rate_at.rate_from,
        led_rate_at.rate_until
    from led_creator_span
    cross join run
    inner join led_rate_at
        on led_rate_at.creator_id = led_creator_span.creator_id
        and led_rate_at.instant = led_creator_span.range_from
    where led_creator_span.range_to = run.period_end
)

select
    keys.creator_id,
    keys.entity,
    keys.currency,
    cast(1 as bigint) as section_rank,
    'opening' as section,
    cast(null as timestamp with time zone) as event_at,
    cast(null as varchar) as gift_id,
    cast(null as varchar) as label,
    cast(null as varchar) as stream_id,
    cast(null as bigint) as gift_count,
    cast(null as bigint) as coins,
    coalesce(rolls.opening_diamonds, 0) as diamonds,
    cast(null as decimal(18, 9)) as diamonds_per_coin,
    cast(null as decimal(18, 9)) as rate,
    cast(null as timestamp with time zone) as rate_from,
    cast(null as timestamp with time zone) as rate_to,
    coalesce(rolls.opening_amount, cast(0 as decimal(38, 9))) as amount,
    'opening' as reason,
    cast(null as varchar) as reference_id,
    cast(null as varchar) as original_event_id,
    false as prior_period
from keys
left join led_creator_rollforward as rolls
    on rolls.creator_id = keys.creator_id
    and rolls.entity = keys.entity
    and rolls.currency = keys.currency
union all
select
    creator_id, entity, currency, 2, 'earned', null, gift_id, label, null, gift_count, coins, diamonds, diamonds_per_coin,
    diamond_value, rate_from, rate_until, amount, 'gift', null, null, is_prior_period
from gift_lines
union all
select
    creator_id, entity, currency, 2, 'earned', sent_at, gift_id, label, stream_id, gift_count, coins, diamonds,
    diamonds_per_coin, diamond_value, rate_from, rate_until, amount, 'reversal', event_id, original_event_id, is_prior_period
from reversal_lines
union all
select
    creator_id, entity, value_currency, 3, 'adjusted', event_at, null, null, null, null, null, diamonds, null, diamond_value,
    rate_from, rate_until, amount, reason, reference_id, original_id, is_prior_period
from led_diamond_valued
where kind = 'adjusted'
union all
select
    creator_id, entity, value_currency, 4, 'redeemed', event_at, null, null, null, null, null, diamonds, null, diamond_value,
    rate_from, rate_until, -gross_amount, reason, reference_id, null, is_prior_period
from led_diamond_valued
where kind = 'redeemed'
union all
select
    led_payout_event.creator_id, led_payout_event.entity, led_payout_event.currency, 4, 'redeemed', led_payout_event.event_at,
    null, null, null, null, null, 0, null, null, null, null, cast(0 as decimal(38, 9)), 'payout_paid',
    led_payout_event.payout_id, null, false
from led_payout_event
cross join run
left join led_diamond_valued
    on led_diamond_valued.reference_id = led_payout_event.payout_id
    and led_diamond_valued.kind = 'redeemed'
where led_payout_event.accounting_month = run.period
    and led_payout_event.status = 'paid'
    and led_diamond_valued.reference_id is null
union all
select
    creator_id, entity, value_currency, 5, 'returned', event_at, null, null, null, null, null, diamonds, null, diamond_value,
    rate_from, rate_until, -gross_amount, reason, reference_id, null, is_prior_period
from led_diamond_valued
where kind = 'returned'
union all
select
    creator_id, entity, currency, 6, 'revaluation', null, null, null, null, null, null, null, null, null, null, null,
    revaluation_amount, 'rate_change', null, null, false
from led_creator_rollforward
where revaluation_amount <> 0
union all
select
    creator_id, entity, currency, 7, 'rounding', null, null, null, null, null, null, null, null, null, null, null,
    rounding_amount, 'payout_fraction', null, null, false
from led_creator_rollforward
where rounding_amount <> 0
union all
select
    keys.creator_id, keys.entity, keys.currency, 8, 'closing', null, null, null, null, null, null,
    coalesce(rolls.closing_diamonds, 0), null, closing_rates.diamond_value, closing_rates.rate_from, closing_rates.rate_until,
    coalesce(rolls.closing_amount, cast(0 as decimal(38, 9))), 'closing', null, null, false
from keys
left join led_creator_rollforward as rolls
    on rolls.creator_id = keys.creator_id
    and rolls.entity = keys.entity
    and rolls.currency = keys.currency
left join closing_rates
    on closing_rates.creator_id = keys.creator_id
    and closing_rates.currency = keys.currency
