-- One row is the payouts of one creator or agency in the period, in one currency.
-- grain: creator_id, agency_id, entity, currency
-- Fees and withholding are of the payouts requested in the period; paid are those that came to it in the period and stayed;
-- failed those that failed or came back in it; in transit is what is on its way at the period's end. settled is what goes by
-- the day of payment, as tax does: the payouts paid, less those that came back after they were paid, each in the year in
-- which it happened. What was paid in an earlier year and only became known now belongs to that year and not to this one.
with settled as (
    select
        led_payout_event.payout_id,
        led_payout_event.creator_id,
        led_payout_event.agency_id,
        led_payout_event.entity,
        led_payout_event.currency,
        led_payout_event.gross_amount,
        led_payout_event.withholding_amount,
        led_payout_event.fee_amount,
        led_payout_event.net_amount,
        cast(sum(case led_payout_event.status when 'paid' then 1 else -1 end) as bigint) as times,
        cast(sum(
            case
                when substr(local_month(led_payout_event.event_at, run.time_zone), 1, 4) <> substr(run.period, 1, 4) then 0
                when led_payout_event.status = 'paid' then 1
                else -1
            end
        ) as bigint) as year_times
    from led_payout_event
    cross join run
    where led_payout_event.step > 0
        and led_payout_event.accounting_month = run.period
        and not led_payout_event.is_before
        and (led_payout_event.status = 'paid' or led_payout_event.previous_status = 'paid')
    group by
        led_payout_event.payout_id, led_payout_event.creator_id, led_payout_event.agency_id, led_payout_event.entity, led_payout_event.currency,
        led_payout_event.gross_amount, led_payout_event.withholding_amount, led_payout_event.fee_amount, led_payout_event.net_amount
),

settled_sums as (
    select
        creator_id,
        agency_id,
        entity,
        currency,
        cast(sum(case when times > 0 then net_amount else 0 end) as decimal(38, 6)) as paid_amount,
        cast(sum(year_times * gross_amount) as decimal(38, 6)) as settled_gross_amount,
        cast(sum(year_times * coalesce(withholding_amount, 0)) as decimal(38, 6)) as settled_withheld_amount,
        cast(sum(year_times * coalesce(fee_amount, 0)) as decimal(38, 6)) as settled_fee_amount,
        cast(sum(year_times * net_amount) as decimal(38, 6)) as settled_net_amount
    from settled
    group by creator_id, agency_id, entity, currency
),

requested as (
    select
        led_payout_event.creator_id,
        led_payout_event.agency_id,
        led_payout_event.entity,
        led_payout_event.currency,
        led_payout_event.withholding_amount as withheld,
        led_payout_event.fee_amount as fee,
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
        led_payout_event.agency_id,
        led_payout_event.entity,
        led_payout_event.currency,
        -- an undone payout gives its fee and withholding back
        case when led_payout_event.status = 'paid' then cast(0 as decimal(18, 6)) else -led_payout_event.withholding_amount end,
        case when led_payout_event.status = 'paid' then cast(0 as decimal(18, 6)) else -led_payout_event.fee_amount end,
        case when led_payout_event.status = 'paid' then cast(0 as decimal(18, 6)) else led_payout_event.net_amount end,
        cast(0 as decimal(18, 6))
    from led_payout_event
    cross join run
    where led_payout_event.step > 0 and led_payout_event.accounting_month = run.period and not led_payout_event.is_before
    union all
    select
        creator_id,
        agency_id,
        entity,
        currency,
        cast(0 as decimal(18, 6)),
        cast(0 as decimal(18, 6)),
        cast(0 as decimal(18, 6)),
        net_amount
    from led_payout_state
    where status = 'requested'
),

requested_sums as (
    select
        creator_id,
        agency_id,
        entity,
        currency,
        cast(sum(withheld) as decimal(38, 6)) as withheld_amount,
        cast(sum(fee) as decimal(38, 6)) as fee_amount,
        cast(sum(failed) as decimal(38, 6)) as failed_amount,
        cast(sum(in_transit) as decimal(38, 6)) as in_transit_amount
    from requested
    group by creator_id, agency_id, entity, currency
)

select
    requested_sums.creator_id,
    requested_sums.agency_id,
    requested_sums.entity,
    requested_sums.currency,
    requested_sums.withheld_amount,
    requested_sums.fee_amount,
    coalesce(settled_sums.paid_amount, 0) as paid_amount,
    requested_sums.failed_amount,
    requested_sums.in_transit_amount,
    coalesce(settled_sums.settled_gross_amount, 0) as settled_gross_amount,
    coalesce(settled_sums.settled_withheld_amount, 0) as settled_withheld_amount,
    coalesce(settled_sums.settled_fee_amount, 0) as settled_fee_amount,
    coalesce(settled_sums.settled_net_amount, 0) as settled_net_amount
from requested_sums
left join settled_sums
    on settled_sums.creator_id is not distinct from requested_sums.creator_id
    and settled_sums.agency_id is not distinct from requested_sums.agency_id
    and settled_sums.entity = requested_sums.entity
    and settled_sums.currency = requested_sums.currency
