-- One row is one line of one agency's statement.
-- grain: agency_id, entity, currency, line_no
-- result: agency_statement_lines
-- order: agency_id, entity, currency, line_no
-- The record: every rendering of an agency's statement is made from these rows. Gifts and reversals are summed by day, creator, value and
-- share; clawbacks, adjustments and payouts stand alone. Amounts are signed as they change what is owed, in millionths; what is finer
-- stands on the line rounding, so that the lines always sum to the closing one. A payout that left the balance in an earlier
-- month stands at zero when it was paid in this one or is still on its way.
with parts as (
    select
        keys.agency_id, keys.entity, keys.currency, 1 as section_rank, cast(null as date) as day,
        cast(null as timestamp with time zone) as event_at, cast(null as varchar) as creator_id, cast(null as bigint) as gift_count,
        cast(null as bigint) as coins, cast(null as bigint) as diamonds, cast(null as decimal(18, 9)) as diamond_value,
        cast(null as decimal(18, 9)) as agency_share, coalesce(rolls.opening_amount, 0) as amount, 'opening' as reason,
        cast(null as varchar) as reference_id, cast(null as varchar) as original_id, false as prior_period
    from led_agency_statement as keys
    left join led_agency_rollforward as rolls
        on rolls.agency_id = keys.agency_id
        and rolls.entity = keys.entity
        and rolls.currency = keys.currency
    union all
    select
        moves.agency_id, moves.entity, moves.currency,
        case moves.kind
            when 'accrued' then 2
            when 'reversed' then 3
            when 'clawed_back' then 4
            when 'adjusted' then 5
            when 'redeemed' then 6
            else 7
        end,
        case when moves.kind in ('accrued', 'reversed') then moves.rate_day end, moves.event_at, moves.creator_id, moves.gift_count,
        moves.coins, moves.diamonds, moves.diamond_value, moves.agency_share, moves.amount, moves.reason, moves.reference_id,
        moves.original_id, moves.rate_day < moves.day or moves.event_at < run.period_start
    from led_agency_movement as moves
    inner join run
        on run.period = moves.accounting_month
    union all
    select
        led_payout_event.agency_id, led_payout_event.entity, led_payout_event.currency, 6, cast(null as date), led_payout_event.event_at,
        cast(null as varchar), cast(null as bigint), cast(null as bigint), cast(null as bigint), cast(null as decimal(18, 9)),
        cast(null as decimal(18, 9)), cast(0 as decimal(38, 9)), 'payout_paid', led_payout_event.payout_id, cast(null as varchar), false
    from led_payout_event
    inner join run
        on run.period = led_payout_event.accounting_month
    inner join led_payout_event as requests
        on requests.payout_id = led_payout_event.payout_id
        and requests.step = 0
        and (requests.accounting_month < led_payout_event.accounting_month or requests.requested_in_opening)
    where led_payout_event.agency_id is not null and led_payout_event.status = 'paid' and not led_payout_event.is_before
    union all
    select
        led_payout_state.agency_id, led_payout_state.entity, led_payout_state.currency, 6, cast(null as date), led_payout_state.requested_at,
        cast(null as varchar), cast(null as bigint), cast(null as bigint), cast(null as bigint), cast(null as decimal(18, 9)),
        cast(null as decimal(18, 9)), cast(0 as decimal(38, 9)), 'payout_on_its_way', led_payout_state.payout_id, cast(null as varchar), false
    from led_payout_state
    cross join run
    where led_payout_state.agency_id is not null
        and led_payout_state.status = 'requested'
        and (led_payout_state.status_month < run.period or led_payout_state.requested_in_opening)
    union all
    select
        agency_id, entity, currency, 8, cast(null as date), cast(null as timestamp with time zone), cast(null as varchar), cast(null as bigint),
        cast(null as bigint), cast(null as bigint), cast(null as decimal(18, 9)), cast(null as decimal(18, 9)), rounding_amount,
        'payout_fraction', cast(null as varchar), cast(null as varchar), false
    from led_agency_rollforward
    where rounding_amount <> 0
    union all
    select
        keys.agency_id, keys.entity, keys.currency, 9, cast(null as date), cast(null as timestamp with time zone), cast(null as varchar),
        cast(null as bigint), cast(null as bigint), cast(null as bigint), cast(null as decimal(18, 9)), cast(null as decimal(18, 9)),
        coalesce(rolls.closing_amount, 0), 'closing', cast(null as varchar), cast(null as varchar), false
    from led_agency_statement as keys
    left join led_agency_rollforward as rolls
        on rolls.agency_id = keys.agency_id
        and rolls.entity = keys.entity
        and rolls.currency = keys.currency
),

rounded as (
    select
        agency_id, entity, currency, section_rank, day, event_at, creator_id, gift_count, coins, diamonds, diamond_value, agency_share,
        cast(amount as decimal(38, 6)) as amount, reason, reference_id, original_id, prior_period
    from parts
),

fractions as (
    select
        agency_id,
        entity,
        currency,
        cast(sum(case when section_rank = 9 then amount else -amount end) as decimal(38, 6)) as amount
    from rounded
    group by agency_id, entity, currency
),

completed as (
    select
        agency_id, entity, currency, section_rank, day, event_at, creator_id, gift_count, coins, diamonds, diamond_value, agency_share,
        amount, reason, reference_id, original_id, prior_period
    from rounded
    union all
    select
        agency_id, entity, currency, 8, null, null, null, null, null, null, null, null, amount, 'millionths', null, null, false
    from fractions
    where amount <> 0
),

numbered as (
    select
        agency_id, entity, currency, section_rank, day, event_at, creator_id, gift_count, coins, diamonds, diamond_value, agency_share,
        amount, reason, reference_id, original_id, prior_period,
        row_number() over (
            partition by agency_id, entity, currency
            order by section_rank, day, event_at, creator_id, diamond_value, agency_share, reason, reference_id, amount
        ) as line_no
    from completed
)

select
    run.period,
    run.run_id,
    run.statement_version as version,
    numbered.agency_id,
    numbered.entity,
    numbered.currency,
    case numbered.section_rank
        when 1 then 'opening'
        when 2 then 'accrued'
        when 3 then 'reversed'
        when 4 then 'clawed_back'
        when 5 then 'adjusted'
        when 6 then 'redeemed'
        when 7 then 'returned'
        when 8 then 'rounding'
        when 9 then 'closing'
    end as section,
    numbered.line_no,
    numbered.day,
    numbered.event_at,
    numbered.creator_id,
    numbered.gift_count as count,
    numbered.coins,
    numbered.diamonds,
    numbered.diamond_value as rate,
    numbered.agency_share,
    numbered.amount,
    numbered.reason,
    numbered.reference_id,
    numbered.original_id as original_event_id,
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
    on payouts.payout_id = case when numbered.section_rank in (6, 7) then numbered.reference_id end
