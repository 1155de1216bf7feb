-- One row is one movement of one creator's diamonds other than a gift, signed: an adjustment, a redemption, a return.
-- grain: kind, reference_id, step
-- All months up to the run's. A return is valued at its request's rate, because it undoes the request; revaluation then
-- brings it to the rate in force. What was before carat began is inside the opening balance: a
-- request, and what failed or came back by then.
select
    creator_id,
    entity,
    'adjusted' as kind,
    reason,
    diamonds,
    cast(0 as decimal(18, 6)) as gross_amount,
    adjusted_at as event_at,
    adjusted_at as value_at,
    accounting_month,
    adjustment_id as reference_id,
    reference_id as original_id,
    0 as step,
    batch_id,
    source_line
from stg_diamond_adjustments
cross join run
where accounting_month <= run.period and adjusted_at >= run.first_start
union all
select
    creator_id,
    entity,
    'redeemed' as kind,
    'payout' as reason,
    -diamonds as diamonds,
    gross_amount,
    event_at,
    requested_at as value_at,
    accounting_month,
    payout_id as reference_id,
    cast(null as varchar) as original_id,
    step,
    batch_id,
    source_line
from led_payout_event
where creator_id is not null and status = 'requested' and step = 0 and not is_before
union all
select
    creator_id,
    entity,
    'returned' as kind,
    'payout_' || status as reason,
    diamonds,
    gross_amount,
    event_at,
    requested_at as value_at,
    accounting_month,
    payout_id as reference_id,
    cast(null as varchar) as original_id,
    step,
    batch_id,
    source_line
from led_payout_event
where creator_id is not null and status in ('failed', 'returned') and previous_status not in ('failed', 'returned') and not is_before
