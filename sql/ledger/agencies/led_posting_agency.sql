-- One row is one side of a booking between the platform and its agencies: a debit, or negative a credit.
-- grain: entity, day, event_class, currency, role (several rows)
-- What gifts give and reversals take back is agency share; a clawback takes it back too. An adjustment is agency share as well. A payout's
-- request moves its gross out of the payable, and its other sides (transit, tax, fee) are booked with those of creators' payouts, which
-- follow the same rules; the fraction that it gave up is rounding. Who is below zero at the month's end is a receivable.
with receivables as (
    select
        entity,
        currency,
        cast(sum(greatest(-closing_amount, 0) - greatest(-opening_amount, 0)) as decimal(38, 9)) as amount
    from led_agency_rollforward
    group by entity, currency
),

movements as (
    select
        led_agency_movement.entity,
        led_agency_movement.day,
        led_agency_movement.rate_day,
        led_agency_movement.kind,
        led_agency_movement.currency,
        led_agency_movement.amount
    from led_agency_movement
    inner join run
        on run.period = led_agency_movement.accounting_month
),

given_up as (
    select
        led_agency_payout.entity,
        led_agency_payout.day,
        led_agency_payout.currency,
        led_agency_payout.rounding
    from led_agency_payout
    inner join led_payout_event
        on led_payout_event.payout_id = led_agency_payout.payout_id
        and led_payout_event.step = 0
    inner join run
        on run.period = led_payout_event.accounting_month
)

select entity, day, rate_day, 'agency' as event_class, currency, 'agency_share' as role, amount
from movements
where kind in ('accrued', 'reversed')
union all
select entity, day, rate_day, 'agency', currency, 'agency_payable', -amount
from movements
where kind in ('accrued', 'reversed')
union all
select entity, day, rate_day, case kind when 'clawed_back' then 'agency_clawback' else 'agency_adjustment' end, currency, 'agency_share', amount
from movements
where kind in ('clawed_back', 'adjusted')
union all
select entity, day, rate_day, case kind when 'clawed_back' then 'agency_clawback' else 'agency_adjustment' end, currency, 'agency_payable', -amount
from movements
where kind in ('clawed_back', 'adjusted')
union all
select entity, day, rate_day, case kind when 'redeemed' then 'payout_requested' else 'payout_failed' end, currency, 'agency_payable', -amount
from movements
where kind in ('redeemed', 'returned')
union all
select entity, day, day, 'payout_requested', currency, 'agency_payable', rounding
from given_up
union all
select entity, day, day, 'payout_requested', currency, 'rounding', -rounding
from given_up
union all
select
    receivables.entity, local_day(run.closing_instant, run.time_zone), local_day(run.closing_instant, run.time_zone), 'agency_negative_balance',
    receivables.currency, 'agency_receivable', receivables.amount
from receivables
cross join run
union all
select
    receivables.entity, local_day(run.closing_instant, run.time_zone), local_day(run.closing_instant, run.time_zone), 'agency_negative_balance',
    receivables.currency, 'agency_payable', -receivables.amount
from receivables
cross join run
