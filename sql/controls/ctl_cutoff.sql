-- One row is a row of the history that sits in a period it doesn't belong to.
-- grain: subject_kind, subject_id, reason
-- control: cutoff
-- severity: block
-- unit: months
-- reasons: wrong_month, undone_before_done
-- guards: revenue or cost pulled into, or pushed out of, the month
-- question: Is every row booked in the month it belongs to?
-- causes: a refund dated before its purchase; clocks or time zones that differ; a first period or time zone changed after rows were ingested
-- action: ask the source for the right time; if the configuration was changed, put it back
-- checked: from (
--         select accounting_month
--         from stg_coin_purchases
--         union all
--         select accounting_month
--         from stg_gift_events
--         union all
--         select accounting_month
--         from stg_coin_adjustments
--         union all
--         select accounting_month
--         from stg_diamond_adjustments
--         union all
--         select accounting_month
--         from stg_payouts
--         union all
--         select accounting_month
--         from stg_agency_payouts
--         union all
--         select accounting_month
--         from stg_agency_adjustments
--         union all
--         select named.period
--         from (
--             select run.period
--             from ctl_cutoff
--             cross join run
--             group by run.period, subject_kind, subject_id
--             having count(*) > 1
--         ) as named
--     ) as placed
--     cross join run
--     where placed.accounting_month = run.period
-- not_compared_reason: no row lies in the month
-- A row's accounting month is the month of its event time in the configured zone if that was open when the row came, else
-- the earliest one that was; and nothing is undone in a month before it happened.
with outside as (
    select 'purchase' as subject_kind, entity, purchase_id as subject_id, purchased_at as event_at, batch_id, source_line
    from stg_coin_purchases
    cross join run
    where accounting_month = run.period and (purchased_at < run.period_start or purchased_at >= run.period_end)
    union all
    select
        'gift' as subject_kind, gifts.entity, gifts.event_id as subject_id, gifts.sent_at as event_at, gifts.batch_id, gifts.source_line
    from stg_gift_events as gifts
    inner join led_gift_outside
        on led_gift_outside.batch_id = gifts.batch_id
        and led_gift_outside.source_line = gifts.source_line
    cross join run
    where gifts.accounting_month = run.period and (gifts.sent_at < run.period_start or gifts.sent_at >= run.period_end)
    union all
    select 'adjustment' as subject_kind, entity, adjustment_id as subject_id, adjusted_at as event_at, batch_id, source_line
    from stg_coin_adjustments
    cross join run
    where accounting_month = run.period and (adjusted_at < run.period_start or adjusted_at >= run.period_end)
    union all
    select 'adjustment' as subject_kind, entity, adjustment_id as subject_id, adjusted_at as event_at, batch_id, source_line
    from stg_diamond_adjustments
    cross join run
    where accounting_month = run.period and (adjusted_at < run.period_start or adjusted_at >= run.period_end)
    union all
    select 'payout' as subject_kind, entity, payout_id as subject_id, event_at, batch_id, source_line
    from stg_payouts
    cross join run
    where accounting_month = run.period and (event_at < run.period_start or event_at >= run.period_end)
    union all
    select 'payout' as subject_kind, entity, payout_id as subject_id, event_at, batch_id, source_line
    from stg_agency_payouts
    cross join run
    where accounting_month = run.period and (event_at < run.period_start or event_at >= run.period_end)
    union all
    select 'adjustment' as subject_kind, entity, adjustment_id as subject_id, adjusted_at as event_at, batch_id, source_line
    from stg_agency_adjustments
    cross join run
    where accounting_month = run.period and (adjusted_at < run.period_start or adjusted_at >= run.period_end)
),

misplaced as (
    select
        outside.entity,
        outside.subject_kind,
        outside.subject_id,
        greatest(
            local_month(outside.event_at, run.time_zone), coalesce(stg_batches.earliest_open, run.first_period)
        ) as right_month,
        'wrong_month' as reason,
        outside.event_at,
        outside.batch_id,
        outside.source_line
    from outside
    left join stg_batches
        on stg_batches.batch_id = outside.batch_id
    cross join run
),

undone_early as (
    select
        led_refund.entity,
        'purchase' as subject_kind,
        led_refund.purchase_id as subject_id,
        led_refund.original_month as right_month,
        'undone_before_done' as reason,
        'Booked in ' || run.period || ', it undoes ' || led_refund.original_purchase_id || ', which is booked later, in '
            || led_refund.original_month || '.' as detail,
        led_refund.batch_id,
        led_refund.source_line
    from led_refund
    cross join run
    where led_refund.accounting_month = run.period
    union all
    select
        led_gift_reversal.entity,
        'gift' as subject_kind,
        led_gift_reversal.event_id as subject_id,
        led_gift_reversal.gift_month as right_month,
        'undone_before_done' as reason,
        'Booked in ' || run.period || ', it undoes ' || led_gift_reversal.original_event_id || ', which is booked later, in '
            || led_gift_reversal.gift_month || '.' as detail,
        led_gift_reversal.batch_id,
        led_gift_reversal.source_line
    from led_gift_reversal
    cross join run
    where led_gift_reversal.accounting_month = run.period
),

findings as (
    select
        misplaced.entity, misplaced.subject_kind, misplaced.subject_id, misplaced.right_month, misplaced.reason,
        'Dated ' || iso_instant(misplaced.event_at) || ', it belongs to ' || misplaced.right_month || ' and is booked in ' || run.period
            || '. Was the time zone or the first period changed after it was ingested?' as detail,
        misplaced.batch_id, misplaced.source_line
    from misplaced
    cross join run
    where misplaced.right_month <> run.period
    union all
    select
        undone_early.entity, undone_early.subject_kind, undone_early.subject_id, undone_early.right_month,
        undone_early.reason, undone_early.detail, undone_early.batch_id, undone_early.source_line
    from undone_early
    cross join run
    where undone_early.right_month > run.period
)

select
    findings.entity,
    findings.subject_kind,
    findings.subject_id,
    cast(month_number(findings.right_month) as decimal(38, 9)) as expected,
    cast(month_number(run.period) as decimal(38, 9)) as actual,
    cast(month_number(run.period) - month_number(findings.right_month) as decimal(38, 9)) as difference,
    'months' as unit,
    findings.reason,
    findings.detail,
    findings.batch_id,
    findings.source_line
from findings
cross join run
order by findings.subject_kind, findings.subject_id, findings.reason
