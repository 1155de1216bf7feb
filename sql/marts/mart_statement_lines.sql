-- One row is one line of one creator's statement.
-- grain: creator_id, entity, currency, line_no
-- The record: every rendering of a statement is made from these rows. Amounts are signed as they change what is owed, in
-- millionths; where a rate is finer than that, what the lines lose is on the rounding line, so that the lines always sum to
-- the closing one.
-- result: statement_lines
-- order: creator_id, entity, currency, line_no
with stated as (
    select
        creator_id,
        entity,
        currency
    from mart_statement_summaries
),

rounded as (
    select
        parts.creator_id,
        parts.entity,
        parts.currency,
        parts.section_rank,
        parts.section,
        parts.event_at,
        parts.gift_id,
        parts.label,
        parts.stream_id,
        parts.gift_count,
        parts.coins,
        parts.diamonds,
        parts.diamonds_per_coin,
        parts.rate,
        parts.rate_from,
        parts.rate_to,
        cast(parts.amount as decimal(38, 6)) as amount,
        parts.reason,
        parts.reference_id,
        parts.original_event_id,
        parts.prior_period
    from led_statement_part as parts
    inner join stated
        on stated.creator_id = parts.creator_id
        and stated.entity = parts.entity
        and stated.currency = parts.currency
),

fractions as (
    select
        creator_id,
        entity,
        currency,
        cast(sum(case when section = 'closing' then amount else -amount end) as decimal(38, 6)) as amount
    from rounded
    group by creator_id, entity, currency
),

completed as (
    select
        creator_id, entity, currency, section_rank, section, event_at, gift_id, label, stream_id, gift_count, coins,
        diamonds, diamonds_per_coin, rate, rate_from, rate_to, amount, reason, reference_id, original_event_id, prior_period
    from rounded
    union all
    select
        creator_id, entity, currency, 7, 'rounding', null, null, null, null, null, null, null, null, null, null, null, amount,
        'millionths', null, null, false
    from fractions
    where amount <> 0
),

numbered as (
    select
        creator_id, entity, currency, section_rank, section, event_at, gift_id, label, stream_id, gift_count, coins,
        diamonds, diamonds_per_coin, rate, rate_from, rate_to, amount, reason, reference_id, original_event_id, prior_period,
        row_number() over (
            partition by creator_id, entity, currency
            order by
                section_rank, prior_period, case when event_at is null then 0 else 1 end, event_at, amount desc, gift_id,
                rate_from, rate_to, diamonds_per_coin, rate, reason, reference_id, original_event_id, stream_id, label, coins, diamonds
        ) as line_no,
        case when section in ('redeemed', 'returned') then reference_id end as payout_id
    from completed
)

select
    run.period,
    run.run_id,
    run.statement_version as version,
    numbered.creator_id,
    numbered.entity,
    numbered.currency,
    numbered.section,
    numbered.line_no,
    numbered.event_at,
    numbered.gift_id,
    numbered.label,
    numbered.stream_id,
    numbered.gift_count as count,
    numbered.coins,
    numbered.diamonds,
    numbered.diamonds_per_coin,
    numbered.rate,
    numbered.rate_from,
    numbered.rate_to,
    numbered.amount,
    numbered.reason,
    numbered.reference_id,
    numbered.original_event_id,
    numbered.prior_period,
    payouts.status,
    payouts.method,
    payouts.withholding_amount,
    payouts.fee_amount,
    payouts.net_amount,
    payouts.payout_currency,
    payouts.fx_rate,
    payouts.payout_amount,
    payouts.paid_at
from numbered
cross join run
left join led_payout_state as payouts
    on payouts.payout_id = numbered.payout_id
