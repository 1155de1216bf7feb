-- One row is what one creator was paid by one entity in one quarter, as a tax return of the year tells it.
-- grain: entity, creator_id, currency, year, quarter
-- A payout counts on the day it was paid in the configured zone, before tax and fee; one that came back takes its amounts off in
-- the quarter in which it came back, whatever the year. What was paid before carat began is the fed balances of the accounts
-- paid_in_year/CREATOR, withheld_in_year/CREATOR, fees_in_year/CREATOR and payouts_in_year/CREATOR (their number): sums of the year
-- until as_of, each less the one before it in its year, in the quarter that ends at or holds it.
with moves as (
    select
        led_payout_event.entity,
        led_payout_event.creator_id,
        led_payout_event.currency,
        local_month(
            case when led_payout_event.status = 'paid' then coalesce(led_payout_event.paid_at, led_payout_event.event_at) else led_payout_event.event_at end,
            run.time_zone
        ) as month,
        case when led_payout_event.status = 'paid' then 1 else -1 end as direction,
        led_payout_event.gross_amount,
        led_payout_event.withholding_amount,
        led_payout_event.fee_amount
    from led_payout_event
    cross join run
    where led_payout_event.event_at >= run.first_start
        and (
            (led_payout_event.status = 'paid' and led_payout_event.previous_status = 'requested')
            or (led_payout_event.status in ('failed', 'returned') and led_payout_event.previous_status = 'paid')
        )
),

fed as (
    select
        stg_balances.entity,
        substr(stg_balances.subject_id, 1, strpos(stg_balances.subject_id, '/') - 1) as kind,
        substr(stg_balances.subject_id, strpos(stg_balances.subject_id, '/') + 1) as creator_id,
        coalesce(stg_balances.currency, run_entities.functional_currency, run.reporting_currency) as currency,
        local_month(just_before(stg_balances.as_of), run.time_zone) as month,
        stg_balances.amount,
        stg_balances.as_of
    from stg_balances
    cross join run
    left join run_batches
        on run_batches.batch_id = stg_balances.batch_id
    left join run_entities
        on run_entities.entity = stg_balances.entity
    where stg_balances.subject_kind = 'account'
        and stg_balances.as_of <= run.first_start
        and stg_balances.amount is not null
        and coalesce(run_batches.earliest_open, run.first_period) <= run.first_period
        and substr(stg_balances.subject_id, 1, strpos(stg_balances.subject_id, '/'))
        in ('paid_in_year/', 'withheld_in_year/', 'fees_in_year/', 'payouts_in_year/')
),

openings as (
    select
        entity,
        kind,
        creator_id,
        currency,
        month,
        amount - coalesce(lag(amount) over (
            partition by entity, kind, creator_id, currency, substr(month, 1, 4)
            order by as_of
        ), 0) as amount
    from fed
),

parts as (
    select
        entity, creator_id, currency, month, direction as payouts, direction * gross_amount as gross, direction * withholding_amount as withheld,
        direction * fee_amount as fee
    from moves
    union all
    select
        entity,
        creator_id,
        currency,
        month,
        case when kind = 'payouts_in_year' then amount else 0 end,
        case when kind = 'paid_in_year' then amount else 0 end,
        case when kind = 'withheld_in_year' then amount else 0 end,
        case when kind = 'fees_in_year' then amount else 0 end
    from openings
)

select
    entity,
    creator_id,
    currency,
    substr(month, 1, 4) as year,
    cast(case
        when substr(month, 6, 2) <= '03' then 1
        when substr(month, 6, 2) <= '06' then 2
        when substr(month, 6, 2) <= '09' then 3
        else 4
    end as bigint) as quarter,
    cast(sum(payouts) as bigint) as payouts,
    cast(sum(gross) as decimal(38, 6)) as gross_amount,
    cast(sum(withheld) as decimal(38, 6)) as withholding_amount,
    cast(sum(fee) as decimal(38, 6)) as fee_amount
from parts
group by entity, creator_id, currency, substr(month, 1, 4), case
    when substr(month, 6, 2) <= '03' then 1
    when substr(month, 6, 2) <= '06' then 2
    when substr(month, 6, 2) <= '09' then 3
    else 4
end
