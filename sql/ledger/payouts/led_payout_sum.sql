-- One row is the payouts of one creator in the period, in one currency.
-- grain: creator_id, entity, currency
-- Fees and withholding are of the payouts requested in the period; paid and failed of those that came to it in the period;
-- in transit is what is on its way at the period's end.
with requested as (
    select
        led_payout_event.creator_id,
        led_payout_event.entity,
        led_payout_event.currency,
        led_payout_event.withholding_amount as withheld,
        led_payout_event.fee_amount as fee,
        cast(0 as decimal(18, 6)) as paid,
        cast(0 as decimal(18, 6)) as failed,
        cast(0 as decimal(18, 6)) as in_transit
    from led_payout_event
    cross join run
    where led_payout_event.step = 0
        and led_payout_event.accounting_month = run.period
        and not led_payout_event.requested_in_opening
    union all
    select
        led_payout_event.creator_id,
        led_payout_event.entity,
        led_payout_event.currency,
        -- an undone payout gives its fee and withholding back
        case when led_payout_event.status = 'paid' then cast(0 as decimal(18, 6)) else -led_payout_event.withholding_amount end,
        case when led_payout_event.status = 'paid' then cast(0 as decimal(18, 6)) else -led_payout_event.fee_amount end,
        case when led_payout_event.status = 'paid' then led_payout_event.net_amount else cast(0 as decimal(18, 6)) end,
        case when led_payout_event.status = 'paid' then cast(0 as decimal(18, 6)) else led_payout_event.net_amount end,
        cast(0 as decimal(18, 6))
    from led_payout_event
    cross join run
    where led_payout_event.step > 0 and led_payout_event.accounting_month = run.period
    union all
    select
        creator_id,
        entity,
        currency,
        cast(0 as decimal(18, 6)),
        cast(0 as decimal(18, 6)),
        cast(0 as decimal(18, 6)),
        cast(0 as decimal(18, 6)),
        net_amount
    from led_payout_state
    where status = 'requested'
)

select
    creator_id,
    entity,
    currency,
    cast(sum(withheld) as decimal(38, 6)) as withheld_amount,
    cast(sum(fee) as decimal(38, 6)) as fee_amount,
    cast(sum(paid) as decimal(38, 6)) as paid_amount,
    cast(sum(failed) as decimal(38, 6)) as failed_amount,
    cast(sum(in_transit) as decimal(38, 6)) as in_transit_amount
from requested
group by creator_id, entity, currency
