-- One row is one movement of one viewer's coins in the period, signed.
-- grain: kind, reference_id
-- materialized: view
-- A late row counts from the start of its accounting month; at one instant credits come before debits. Rows from before
-- the first period are inside the opening balance. An instant outside the month (cutoff reports it) is moved to its edge,
-- so that nothing is lost.
select
    viewer_id,
    entity,
    'gifted' as kind,
    -coins as coins,
    greatest(least(sent_at, run.closing_instant), run.period_start) as effective_at,
    event_id as reference_id
from stg_gift_events
cross join run
where accounting_month = run.period and kind = 'gift' and sent_at >= run.first_start
union all
select
    viewer_id,
    entity,
    'reversed' as kind,
    coins,
    greatest(least(sent_at, run.closing_instant), run.period_start) as effective_at,
    event_id as reference_id
from stg_gift_events
cross join run
where accounting_month = run.period and kind = 'reversal' and sent_at >= run.first_start
union all
select
    viewer_id,
    entity,
    case when kind = 'purchase' then 'bought' else 'refunded' end as kind,
    case when kind in ('purchase', 'chargeback_reversal') then coins + bonus_coins else -coins - bonus_coins end as coins,
    greatest(least(purchased_at, run.closing_instant), run.period_start) as effective_at,
    purchase_id as reference_id
from stg_coin_purchases
cross join run
where accounting_month = run.period and purchased_at >= run.first_start
union all
select
    viewer_id,
    entity,
    case when reason = 'expiry' then 'expired' else 'adjusted' end as kind,
    coins,
    greatest(least(adjusted_at, run.closing_instant), run.period_start) as effective_at,
    adjustment_id as reference_id
from stg_coin_adjustments
cross join run
where accounting_month = run.period and adjusted_at >= run.first_start
