-- One row is one line of a statement before lines are numbered, in numbers: what was opening, earned, adjusted, paid, closing.
-- grain: statement_no, section_rank, sort keys
-- materialized: view
-- Gifts are summed by type and rate; every reversal, adjustment and payout stands alone, with its reason and its original.
-- A payout that left the balance in an earlier month stands here without diamonds and at zero when it was paid in this one, or
-- is still on its way at its end: what is on its way is the sum of lines, each with its payout.
-- section_rank: 1 opening, 2 earned, 3 adjusted, 4 redeemed, 5 returned, 6 revaluation, 7 rounding, 8 closing. gift_no goes by
-- gift_id, so lines can be put in order without names.
with gift_statements as (
    select
        ranges.range_no,
        led_entity.entity_no,
        led_statement.statement_no,
        ranges.diamonds_per_coin,
        ranges.diamond_value,
        ranges.rate_from,
        ranges.rate_until,
        ranges.is_prior_period
    from led_creator_rate as ranges
    inner join led_statement
        on led_statement.creator_id = ranges.creator_id
        and led_statement.currency = ranges.currency
    inner join led_entity
        on led_entity.entity = led_statement.entity
),

reversal_lines as (
    select
        led_statement.statement_no,
        led_gift_kind.gift_no,
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
        and least(led_gift_reversal.valued_at, run.closing_instant) >= led_creator_span.range_from
        and least(led_gift_reversal.valued_at, run.closing_instant) < led_creator_span.range_to
    inner join led_rate_at
        on led_rate_at.creator_id = led_creator_span.creator_id
        and led_rate_at.instant = led_creator_span.range_from
    inner join led_statement
        on led_statement.creator_id = led_gift_reversal.creator_id
        and led_statement.entity = led_gift_reversal.entity
        and led_statement.currency = led_rate_at.currency
    inner join led_gift_kind
        on led_gift_kind.gift_id = led_gift_reversal.gift_id
    where led_gift_reversal.accounting_month = run.period and led_gift_reversal.sent_at >= run.first_start
),

rolls as (
    select
        led_statement.statement_no,
        led_creator_rollforward.opening_diamonds,
        led_creator_rollforward.moved_diamonds,
        led_creator_rollforward.closing_diamonds,
        led_creator_rollforward.opening_amount,
        led_creator_rollforward.closing_amount,
        led_creator_rollforward.revaluation_amount,
        led_creator_rollforward.moved_amount,
        led_creator_rollforward.rounding_amount
    from led_statement
    inner join led_creator_rollforward
        on led_creator_rollforward.creator_id = led_statement.creator_id
        and led_creator_rollforward.entity = led_statement.entity
        and led_creator_rollforward.currency = led_statement.currency
),

movements as (
    select
        led_statement.statement_no,
        led_diamond_valued.kind,
        led_diamond_valued.event_at,
        led_diamond_valued.diamonds,
        led_diamond_valued.diamond_value,
        led_diamond_valued.rate_from,
        led_diamond_valued.rate_until,
        led_diamond_valued.amount,
        led_diamond_valued.gross_amount,
        led_diamond_valued.reason,
        led_diamond_valued.reference_id,
        led_diamond_valued.original_id,
        led_diamond_valued.is_prior_period
    from led_diamond_valued
    inner join led_statement
        on led_statement.creator_id = led_diamond_valued.creator_id
        and led_statement.entity = led_diamond_valued.entity
        and led_statement.currency = led_diamond_valued.value_currency
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
    led_statement.statement_no,
    cast(1 as integer) as section_rank,
    cast(null as timestamp with time zone) as event_at,
    cast(null as integer) as gift_no,
    cast(null as varchar) as stream_id,
    cast(null as bigint) as gift_count,
    cast(null as bigint) as coins,
    coalesce(rolls.opening_diamonds, 0) as diamonds,
    cast(null as decimal(18, 9)) as diamonds_per_coin,
    cast(null as decimal(18, 9)) as rate,
    cast(null as timestamp with time zone) as rate_from,
    cast(null as timestamp with time zone) as rate_to,
    cast(coalesce(rolls.opening_amount, 0) as decimal(38, 9)) as amount,
    'opening' as reason,
    cast(null as varchar) as reference_id,
    cast(null as varchar) as original_event_id,
    false as prior_period
from led_statement
left join rolls
    on rolls.statement_no = led_statement.statement_no
union all
select
    gift_statements.statement_no, 2, null, led_gift_type.gift_no, null, led_gift_type.gift_count, led_gift_type.coins,
    led_gift_type.diamonds, gift_statements.diamonds_per_coin, gift_statements.diamond_value, gift_statements.rate_from,
    gift_statements.rate_until, cast(led_gift_type.diamonds * gift_statements.diamond_value as decimal(38, 9)), 'gift', null, null,
    gift_statements.is_prior_period
from led_gift_type
inner join gift_statements
    on gift_statements.range_no = led_gift_type.range_no
    and gift_statements.entity_no = led_gift_type.entity_no
where led_gift_type.is_gift
union all
select
    statement_no, 2, sent_at, gift_no, stream_id, gift_count, coins, diamonds, diamonds_per_coin, diamond_value, rate_from,
    rate_until, amount, 'reversal', event_id, original_event_id, is_prior_period
from reversal_lines
union all
select
    statement_no, 3, event_at, null, null, null, null, diamonds, null, diamond_value, rate_from, rate_until, amount, reason,
    reference_id, original_id, is_prior_period
from movements
where kind = 'adjusted'
union all
select
    statement_no, 4, event_at, null, null, null, null, diamonds, null, diamond_value, rate_from, rate_until, -gross_amount,
    reason, reference_id, null, is_prior_period
from movements
where kind = 'redeemed'
union all
select
    led_statement.statement_no, 4, led_payout_event.event_at, null, null, null, null, null, null, null, null, null,
    cast(0 as decimal(38, 9)), 'payout_paid', led_payout_event.payout_id, null, false
from led_payout_event
cross join run
inner join led_statement
    on led_statement.creator_id = led_payout_event.creator_id
    and led_statement.entity = led_payout_event.entity
    and led_statement.currency = led_payout_event.currency
left join led_diamond_valued
    on led_diamond_valued.reference_id = led_payout_event.payout_id
    and led_diamond_valued.kind = 'redeemed'
where led_payout_event.accounting_month = run.period
    and led_payout_event.status = 'paid'
    and not led_payout_event.is_before
    and led_diamond_valued.reference_id is null
union all
select
    led_statement.statement_no, 4, led_payout_state.requested_at, null, null, null, null, null, null, null, null, null,
    cast(0 as decimal(38, 9)), 'payout_on_its_way', led_payout_state.payout_id, null, false
from led_payout_state
inner join led_statement
    on led_statement.creator_id = led_payout_state.creator_id
    and led_statement.entity = led_payout_state.entity
    and led_statement.currency = led_payout_state.currency
left join led_diamond_valued
    on led_diamond_valued.reference_id = led_payout_state.payout_id
    and led_diamond_valued.kind = 'redeemed'
where led_payout_state.status = 'requested'
    and led_diamond_valued.reference_id is null
union all
select
    statement_no, 5, event_at, null, null, null, null, diamonds, null, diamond_value, rate_from, rate_until, -gross_amount,
    reason, reference_id, null, is_prior_period
from movements
where kind = 'returned'
union all
select
    statement_no, 6, null, null, null, null, null, moved_diamonds, null, null, null, null, moved_amount, 'currency_change', null, null, false
from rolls
where moved_diamonds <> 0 or moved_amount <> 0
union all
select
    statement_no, 6, null, null, null, null, null, null, null, null, null, null, revaluation_amount - moved_amount, 'rate_change', null,
    null, false
from rolls
where revaluation_amount <> moved_amount
union all
select
    statement_no, 7, null, null, null, null, null, null, null, null, null, null, rounding_amount, 'payout_fraction', null, null, false
from rolls
where rounding_amount <> 0
union all
select
    led_statement.statement_no, 8, null, null, null, null, null, coalesce(rolls.closing_diamonds, 0), null,
    closing_rates.diamond_value, closing_rates.rate_from, closing_rates.rate_until,
    cast(coalesce(rolls.closing_amount, 0) as decimal(38, 9)), 'closing', null, null, false
from led_statement
left join rolls
    on rolls.statement_no = led_statement.statement_no
left join closing_rates
    on closing_rates.creator_id = led_statement.creator_id
    and closing_rates.currency = led_statement.currency
