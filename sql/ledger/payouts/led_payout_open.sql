-- One row is one payout that was requested and is neither paid nor undone when the period ends.
-- grain: payout_id
-- Creators' and agencies': of creator_id and agency_id one is null. The net amounts of an entity and currency sum to payouts in transit. Ages are days of the configured zone; a payout is due
-- payout_due_days of 24 hours after its request, and overdue once that lies in the period or before it.
select
    states.payout_id,
    states.entity,
    states.creator_id,
    states.agency_id,
    states.currency,
    states.gross_amount,
    states.net_amount,
    states.payout_currency,
    states.payout_amount,
    states.method,
    states.provider_reference,
    states.requested_at,
    days_after(states.requested_at, run.payout_due_days) as due_at,
    days_between(local_day(states.requested_at, run.time_zone), local_day(run.closing_instant, run.time_zone)) as age_days,
    days_after(states.requested_at, run.payout_due_days) <= run.period_end as is_overdue,
    versions.batch_id,
    versions.source_line
from led_payout_state as states
cross join run
inner join led_payout_version as versions
    on versions.payout_id = states.payout_id
    and versions.version_no = 1
where states.status = 'requested'
