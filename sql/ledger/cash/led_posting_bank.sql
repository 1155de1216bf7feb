-- One row is one side of booking what the bank and payment providers confirmed: a debit, or negative a credit.
-- grain: entity, day, event_class, currency, role (several rows)
-- What was paid to creators waits in clearing, in the currency in which they are paid, as a settlement's payout does from the day on which it
-- was settled (led_settled_part); only a line of the bank moves it to or from cash, on its own day (led_bank_booking says what is on
-- the line's other side). What an account held when carat first saw it, after the first month, waits on other bank movements until somebody says
-- where it came from. What a group is off within the tolerance goes to tolerated. Where the bank's currency, or that of the payment,
-- is another, each currency's entry is closed by exchange differences, whose two sides leave the gain or loss.
with payouts as (
    select
        led_paid_payout.entity,
        local_day(led_paid_payout.taken_at, run.time_zone) as day,
        case when led_paid_payout.net_amount < 0 then 'payout_paid' else 'payout_failed' end as event_class,
        led_paid_payout.currency,
        led_paid_payout.paid_currency,
        led_paid_payout.net_amount,
        led_paid_payout.amount
    from led_paid_payout
    cross join run
    where led_paid_payout.is_now
),

lines as (
    select
        led_bank_booking.entity,
        local_day(led_bank_booking.taken_at, run.time_zone) as day,
        led_bank_booking.currency,
        led_bank_booking.first_role,
        led_bank_booking.amount
    from led_bank_booking
    cross join run
    where led_bank_booking.is_now
),

-- lines of earlier months of which only this month knows what they met
found as (
    select
        led_bank_booking.entity,
        local_day(led_bank_booking.found_at, run.time_zone) as day,
        led_bank_booking.currency,
        led_bank_booking.first_role,
        led_bank_booking.amount
    from led_bank_booking
    cross join run
    where led_bank_booking.stage = 'clearing'
        and led_bank_booking.first_role <> 'clearing'
        and not led_bank_booking.is_now
        and led_bank_booking.found_at >= run.period_start
),

fees as (
    select
        led_payment_fee.entity,
        local_day(led_payment_fee.taken_at, run.time_zone) as day,
        led_payment_fee.currency,
        led_payment_fee.fee_amount
    from led_payment_fee
    cross join run
    where led_payment_fee.is_now
),

-- an account that carat first sees in a later month: what it held then
taken_over as (
    select
        led_cash_opening.entity,
        local_day(run.period_start, run.time_zone) as day,
        led_cash_opening.currency,
        led_cash_opening.amount
    from led_cash_opening
    cross join run
    where led_cash_opening.since = run.period and run.period > run.first_period
),

differences as (
    select
        led_clearing_item.entity,
        local_day(led_clearing_item.taken_at, run.time_zone) as day,
        led_clearing_item.currency,
        case led_clearing_item.kind when 'tolerated' then 'tolerated' else 'fx_difference' end as role,
        led_clearing_item.amount
    from led_clearing_item
    cross join run
    where led_clearing_item.kind in ('tolerated', 'conversion') and led_clearing_item.taken_at >= run.period_start
)

select entity, day, day as rate_day, event_class, paid_currency as currency, 'clearing' as role, cast(amount as decimal(38, 9)) as amount
from payouts
union all
select entity, day, day, event_class, paid_currency, 'fx_difference', cast(-amount as decimal(38, 9))
from payouts
where paid_currency <> currency
union all
select entity, day, day, event_class, currency, 'fx_difference', cast(net_amount as decimal(38, 9))
from payouts
where paid_currency <> currency
union all
select entity, day, day, 'bank', currency, 'cash', cast(amount as decimal(38, 9))
from lines
union all
select entity, day, day, 'bank', currency, first_role, cast(-amount as decimal(38, 9))
from lines
union all
select entity, day, day, 'bank', currency, 'cash', cast(amount as decimal(38, 9))
from taken_over
union all
select entity, day, day, 'bank', currency, 'other_bank', cast(-amount as decimal(38, 9))
from taken_over
union all
select entity, day, day, 'bank', currency, first_role, cast(amount as decimal(38, 9))
from found
union all
select entity, day, day, 'bank', currency, 'clearing', cast(-amount as decimal(38, 9))
from found
union all
select entity, day, day, 'payment_fee', currency, 'payment_fees', cast(fee_amount as decimal(38, 9))
from fees
union all
select entity, day, day, 'payment_fee', currency, 'clearing', cast(-fee_amount as decimal(38, 9))
from fees
union all
select entity, day, day, 'settlement', currency, 'clearing', cast(amount as decimal(38, 9))
from differences
union all
select entity, day, day, 'settlement', currency, role, cast(-amount as decimal(38, 9))
from differences
