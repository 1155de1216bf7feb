-- One row is one side of booking what was paid to tax authorities, or is to be claimed back from them: a debit, or negative a credit.
-- grain: entity, day, event_class, currency, role (several rows)
-- A payment leaves through clearing on the day it was paid, where the bank's line meets it. Tax that was remitted for a payout that
-- then came back isn't owed to anybody: led_posting_creator has taken it off the payable, from which it had gone already, so it is put back there and
-- stands as a receivable.
with returned as (
    select
        led_withholding_event.entity,
        greatest(
            least(local_day(led_withholding_event.event_at, run.time_zone), local_day(run.closing_instant, run.time_zone)),
            local_day(run.period_start, run.time_zone)
        ) as day,
        led_withholding_event.currency,
        led_withholding_event.receivable_amount as amount
    from led_withholding_event
    cross join run
    where led_withholding_event.receivable_amount <> 0 and not led_withholding_event.is_opening
)

select entity, day, day as rate_day, 'tax_paid' as event_class, currency, role, cast(amount as decimal(38, 9)) as amount
from led_tax_paid
where not is_opening
union all
select entity, day, day, 'tax_paid', currency, 'clearing', cast(-amount as decimal(38, 9))
from led_tax_paid
where not is_opening
union all
select entity, day, day, 'withholding_returned', currency, 'withholding_receivable', cast(amount as decimal(38, 9))
from returned
union all
select entity, day, day, 'withholding_returned', currency, 'withholding_payable', cast(-amount as decimal(38, 9))
from returned
