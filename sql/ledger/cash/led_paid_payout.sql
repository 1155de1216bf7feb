-- One row is one payment to a creator, or its coming back, as clearing waits for it.
-- grain: payout_id, step
-- In the currency in which the creator is paid, signed as clearing: what is paid is a credit, negative, until the bank or the provider
-- has taken it; what comes back undoes what was paid. Which changes of status move money is led_transit_rollforward's rule. What was paid
-- before carat began waits in no clearing; its coming back later does.
with paid as (
    select
        led_payout_event.payout_id,
        led_payout_event.step,
        case when led_payout_event.payout_amount is null then led_payout_event.currency
            else coalesce(led_payout_event.payout_currency, led_payout_event.currency) end as paid_currency,
        coalesce(led_payout_event.payout_amount, led_payout_event.net_amount) as paid_amount,
        row_number() over (partition by led_payout_event.payout_id order by led_payout_event.step) as place
    from led_payout_event
    where led_payout_event.status = 'paid' and led_payout_event.previous_status = 'requested'
)

select
    events.payout_id,
    events.step,
    events.entity,
    events.method,
    events.currency,
    paid.paid_currency,
    cast(case when events.status = 'paid' then -events.net_amount else events.net_amount end as decimal(38, 6)) as net_amount,
    cast(case when events.status = 'paid' then -paid.paid_amount else paid.paid_amount end as decimal(38, 6)) as amount,
    events.event_at,
    case
        when events.accounting_month = run.period then greatest(least(events.event_at, run.closing_instant), run.period_start)
        else least(events.event_at, run.opening_instant)
    end as taken_at,
    events.accounting_month = run.period as is_now
from led_payout_event as events
cross join run
inner join paid
    on paid.payout_id = events.payout_id
    and paid.place = 1
where not events.is_before
    and (
        (events.status = 'paid' and events.previous_status = 'requested')
        or (events.status in ('failed', 'returned') and events.previous_status = 'paid')
    )
