-- One row is one line of one creator's statement.
-- grain: creator_id, entity, currency, line_no
-- result: statement_lines
-- order: creator_id, entity, currency, line_no
-- The record: every rendering of a statement is made from these rows. Amounts are signed as they change what is owed, in
-- millionths; where a rate is finer than that, what the lines lose is on the rounding line, so that the lines always sum to
-- the closing one.
with rounded as (
    select
        statement_no,
        section_rank,
        event_at,
        gift_no,
        stream_id,
        gift_count,
        coins,
        diamonds,
        diamonds_per_coin,
        rate,
        rate_from,
        rate_to,
        cast(amount as decimal(38, 6)) as amount,
        reason,
        reference_id,
        original_event_id,
        prior_period
    from led_statement_part
),

fractions as (
    select
        statement_no,
        cast(sum(case when section_rank = 8 then amount else -amount end) as decimal(38, 6)) as amount
    from rounded
    group by statement_no
),

completed as (
    select
        statement_no, section_rank, event_at, gift_no, stream_id, gift_count, coins, diamonds, diamonds_per_coin, rate, rate_from,
        rate_to, amount, reason, reference_id, original_event_id, prior_period
    from rounded
    union all
    select
        statement_no, 7, null, null, null, null, null, null, null, null, null, null, amount, 'millionths', null, null, false
    from fractions
    where amount <> 0
),

numbered as (
    select
        statement_no, section_rank, event_at, gift_no, stream_id, gift_count, coins, diamonds, diamonds_per_coin, rate, rate_from,
        rate_to, amount, reason, reference_id, original_event_id, prior_period,
        row_number() over (
            partition by statement_no
            order by
                section_rank, prior_period, case when event_at is null then 0 else 1 end, event_at, amount desc, gift_no,
                rate_from, rate_to, diamonds_per_coin, rate, reason, reference_id, original_event_id, stream_id, coins, diamonds
        ) as line_no,
        case when section_rank in (4, 5) then reference_id end as payout_id
    from completed
)

select
    run.period,
    run.run_id,
    run.statement_version as version,
    led_statement.creator_id,
    led_statement.entity,
    led_statement.currency,
    case numbered.section_rank
        when 1 then 'opening'
        when 2 then 'earned'
        when 3 then 'adjusted'
        when 4 then 'redeemed'
        when 5 then 'returned'
        when 6 then 'revaluation'
        when 7 then 'rounding'
        when 8 then 'closing'
    end as section,
    numbered.line_no,
    numbered.event_at,
    led_gift_kind.gift_id,
    led_gift_name.name as label,
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
inner join led_statement
    on led_statement.statement_no = numbered.statement_no
left join led_gift_kind
    on led_gift_kind.gift_no = numbered.gift_no
left join led_gift_name
    on led_gift_name.gift_id = led_gift_kind.gift_id
left join led_payout_state as payouts
    on payouts.payout_id = numbered.payout_id
