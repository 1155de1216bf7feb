-- One row is one movement of what one agency is owed: what a day's gifts of a creator gave or reversals took, a clawback, an
-- adjustment, a payout or its return.
-- grain: agency_id, entity, currency, kind, reference_id, step (of gifts: a row of led_agency_share)
-- Kinds: accrued, reversed, clawed_back, adjusted, redeemed, returned. Signed as they change what is owed; never revalued. All
-- months up to the run's, of a run that is carried forward its own. A day's gifts count at its end (day_part 1), all else at its own instant, clamped to the month
-- that it is booked in. rate_day is the event's own day, whose exchange rate serves.
with single as (
    select
        agency_id,
        entity,
        currency,
        'clawed_back' as kind,
        -amount as amount,
        'clawback' as reason,
        adjustment_id as reference_id,
        reference_id as original_id,
        creator_id,
        cast(-clawed as bigint) as diamonds,
        cast(0 as bigint) as step,
        adjusted_at as event_at,
        accounting_month,
        batch_id,
        source_line
    from led_agency_clawback
    where agency_id is not null
    union all
    select
        stg_agency_adjustments.agency_id, stg_agency_adjustments.entity,
        coalesce(stg_agency_adjustments.currency, stg_agencies.currency, run.reporting_currency), 'adjusted',
        cast(stg_agency_adjustments.amount as decimal(38, 9)), stg_agency_adjustments.reason, stg_agency_adjustments.adjustment_id,
        stg_agency_adjustments.reference_id, cast(null as varchar), cast(null as bigint), cast(0 as bigint), stg_agency_adjustments.adjusted_at,
        stg_agency_adjustments.accounting_month, stg_agency_adjustments.batch_id, stg_agency_adjustments.source_line
    from stg_agency_adjustments
    cross join run
    left join stg_agencies
        on stg_agencies.agency_id = stg_agency_adjustments.agency_id
        and stg_agency_adjustments.adjusted_at >= stg_agencies.valid_from
        and stg_agency_adjustments.adjusted_at < stg_agencies.valid_until
    where stg_agency_adjustments.accounting_month <= run.period and stg_agency_adjustments.adjusted_at >= run.first_start
    union all
    select
        agency_id, entity, currency, 'redeemed', cast(-gross_amount as decimal(38, 9)), 'payout', payout_id, cast(null as varchar),
        cast(null as varchar), cast(null as bigint), step, event_at, accounting_month, batch_id, source_line
    from led_payout_event
    where agency_id is not null and status = 'requested' and step = 0 and not is_before
    union all
    select
        agency_id, entity, currency, 'returned', cast(gross_amount as decimal(38, 9)), 'payout_' || status, payout_id, cast(null as varchar),
        cast(null as varchar), cast(null as bigint), step, event_at, accounting_month, batch_id, source_line
    from led_payout_event
    where agency_id is not null and status in ('failed', 'returned') and previous_status not in ('failed', 'returned') and not is_before
)

select
    agency_id,
    entity,
    currency,
    case when is_gift then 'accrued' else 'reversed' end as kind,
    amount,
    case when is_gift then 'gift' else 'reversal' end as reason,
    cast(null as varchar) as reference_id,
    cast(null as varchar) as original_id,
    creator_id,
    gift_count,
    coins,
    diamonds,
    diamond_value,
    agency_share,
    cast(0 as bigint) as step,
    cast(null as timestamp with time zone) as event_at,
    event_day as rate_day,
    day,
    1 as day_part,
    cast(null as timestamp with time zone) as effective_at,
    accounting_month,
    cast(null as varchar) as batch_id,
    cast(null as bigint) as source_line
from led_agency_share
union all
select
    single.agency_id,
    single.entity,
    single.currency,
    single.kind,
    single.amount,
    single.reason,
    single.reference_id,
    single.original_id,
    single.creator_id,
    cast(null as bigint) as gift_count,
    cast(null as bigint) as coins,
    single.diamonds,
    cast(null as decimal(18, 9)) as diamond_value,
    cast(null as decimal(18, 9)) as agency_share,
    single.step,
    single.event_at,
    local_day(greatest(least(single.event_at, run_months.closing_instant), run_months.month_start), run.time_zone) as rate_day,
    local_day(greatest(least(single.event_at, run_months.closing_instant), run_months.month_start), run.time_zone) as day,
    0 as day_part,
    greatest(least(single.event_at, run_months.closing_instant), run_months.month_start) as effective_at,
    single.accounting_month,
    single.batch_id,
    single.source_line
from single
cross join run
inner join run_months
    on run_months.accounting_month = single.accounting_month
where not run.carries or single.accounting_month = run.period
