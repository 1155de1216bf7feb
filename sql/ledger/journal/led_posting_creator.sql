-- One row is one side of a booking between the platform and its creators: a debit, or negative a credit.
-- grain: entity, day, event_class, currency, role (several rows)
-- Every movement of the payable roll-forward is booked against what caused it. A payout's request moves its gross out of the
-- payable into transit, tax withheld and fee; what fails or comes back is undone as it was booked; those
-- sides are of agencies' payouts too, whose payable is led_posting_agency's. Fractions of a minor unit
-- that payouts gave up are rounding. Paid moves transit to clearing, whose side is led_posting_bank's. rate_day is the day whose exchange rate serves.
with payouts as (
    select
        led_payout_event.entity,
        greatest(
            least(local_day(led_payout_event.event_at, run.time_zone), local_day(run.closing_instant, run.time_zone)),
            local_day(run.period_start, run.time_zone)
        ) as day,
        led_payout_event.currency,
        led_payout_event.status,
        led_payout_event.previous_status,
        led_payout_event.payout_id,
        led_payout_event.step,
        led_payout_event.net_amount,
        coalesce(led_payout_event.withholding_amount, 0) as withholding_amount,
        coalesce(led_payout_event.fee_amount, 0) as fee_amount
    from led_payout_event
    cross join run
    where led_payout_event.accounting_month = run.period
        and not led_payout_event.is_before
),

moves as (
    select
        entity,
        day,
        currency,
        case
            when status = 'requested' then 'payout_requested'
            when status = 'paid' then 'payout_paid'
            else 'payout_failed'
        end as event_class,
        -- what leaves transit; led_posting_bank has the other side, in the currency of the payment
        case
            when status = 'requested' then -net_amount
            when previous_status = 'requested' then net_amount
            else 0
        end as transit_amount,
        case
            when status = 'requested' then -withholding_amount
            when status in ('failed', 'returned') and previous_status not in ('failed', 'returned') then withholding_amount
            else 0
        end as withholding_amount,
        case
            when status = 'requested' then -fee_amount
            when status in ('failed', 'returned') and previous_status not in ('failed', 'returned') then fee_amount
            else 0
        end as fee_amount
    from payouts
),

dated as (
    select
        entity,
        kind,
        reason,
        value_currency as currency,
        local_day(effective_at, run.time_zone) as day,
        amount,
        gross_amount
    from led_diamond_valued
    cross join run
),

revaluations as (
    select
        entity,
        currency,
        local_day(effective_at, run.time_zone) as day,
        amount
    from led_payable_movement
    cross join run
    where kind = 'revaluation'
),

receivables as (
    select
        entity,
        currency,
        cast(sum(greatest(-closing_amount, 0) - greatest(-opening_amount, 0)) as decimal(38, 9)) as amount
    from led_creator_rollforward
    group by entity, currency
)

select
    entity,
    day,
    event_day as rate_day,
    case when is_gift then 'accrual' else 'gift_reversed' end as event_class,
    currency,
    'creator_share' as role,
    amount
from led_accrual_day
union all
select entity, day, event_day, case when is_gift then 'accrual' else 'gift_reversed' end, currency, 'creator_payable', -amount
from led_accrual_day
union all
select
    entity,
    day,
    day,
    case when reason = 'clawback' then 'clawback' else 'adjustment' end,
    currency,
    case when reason = 'clawback' then 'creator_share' else 'creator_adjustments' end,
    amount
from dated
where kind = 'adjusted'
union all
select entity, day, day, case when reason = 'clawback' then 'clawback' else 'adjustment' end, currency, 'creator_payable', -amount
from dated
where kind = 'adjusted'
union all
select entity, day, day, case kind when 'redeemed' then 'payout_requested' else 'payout_failed' end, currency, 'creator_payable', -amount
from dated
where kind in ('redeemed', 'returned')
union all
select
    entity, day, day, case kind when 'redeemed' then 'payout_requested' else 'payout_failed' end, currency, 'rounding',
    amount + gross_amount
from dated
where kind in ('redeemed', 'returned')
union all
select entity, day, day, event_class, currency, 'payouts_in_transit', cast(transit_amount as decimal(38, 9))
from moves
union all
select entity, day, day, event_class, currency, 'withholding_payable', cast(withholding_amount as decimal(38, 9))
from moves
union all
select entity, day, day, event_class, currency, 'payout_fees', cast(fee_amount as decimal(38, 9))
from moves
union all
select entity, day, day, 'rate_change', currency, 'creator_payable', -amount
from revaluations
union all
select entity, day, day, 'rate_change', currency, 'creator_share', amount
from revaluations
union all
select receivables.entity, local_day(run.closing_instant, run.time_zone),
    local_day(run.closing_instant, run.time_zone), 'negative_balance', receivables.currency, 'creator_receivable', receivables.amount
from receivables
cross join run
union all
select receivables.entity, local_day(run.closing_instant, run.time_zone),
    local_day(run.closing_instant, run.time_zone), 'negative_balance', receivables.currency, 'creator_payable', -receivables.amount
from receivables
cross join run
