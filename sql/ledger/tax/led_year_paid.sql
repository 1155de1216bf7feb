-- One row is what one creator or agency was paid by one entity in one quarter, as a tax return of the year tells it.
-- grain: payee_kind, entity, payee_id, currency, year, quarter
-- A payout counts on the day it was paid in the configured zone, before tax and fee; one that came back takes its amounts off in
-- the quarter in which it came back, whatever the year. What was paid before carat began is the fed balances of the accounts
-- paid_in_year/ID, withheld_in_year/ID, fees_in_year/ID and payouts_in_year/ID (their number; of an agency where the id is one's and no creator's): sums of the year
-- until as_of, each less the one before it in its year, in the quarter that ends at or holds it.
-- credited_amount is what the run's own month gave (gifts less reversals, adjustments and clawbacks among it), where DAC7 goes by
-- what is credited (dac7_basis); in the first month also what was credited in the year before (credited_in_year/ID).
with moves as (
    select
        led_payout_event.entity,
        case when led_payout_event.agency_id is null then 'creator' else 'agency' end as payee_kind,
        coalesce(led_payout_event.creator_id, led_payout_event.agency_id) as payee_id,
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
        substr(stg_balances.subject_id, strpos(stg_balances.subject_id, '/') + 1) as payee_id,
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
        in ('paid_in_year/', 'withheld_in_year/', 'fees_in_year/', 'payouts_in_year/', 'credited_in_year/')
),

openings as (
    select
        entity,
        kind,
        payee_id,
        currency,
        month,
        amount - coalesce(lag(amount) over (
            partition by entity, kind, payee_id, currency, substr(month, 1, 4)
            order by as_of
        ), 0) as amount
    from fed
),

parts as (
    select
        entity, payee_kind, payee_id, currency, month, direction as payouts, direction * gross_amount as gross, direction * withholding_amount as withheld,
        direction * fee_amount as fee, 0 as credited
    from moves
    union all
    select
        openings.entity,
        case when agencies.agency_id is not null and creators.creator_id is null then 'agency' else 'creator' end as payee_kind,
        openings.payee_id,
        openings.currency,
        openings.month,
        case when openings.kind = 'payouts_in_year' then openings.amount else 0 end,
        case when openings.kind = 'paid_in_year' then openings.amount else 0 end,
        case when openings.kind = 'withheld_in_year' then openings.amount else 0 end,
        case when openings.kind = 'fees_in_year' then openings.amount else 0 end,
        case when openings.kind = 'credited_in_year' and run.period = run.first_period then openings.amount else 0 end
    from openings
    cross join run
    left join (
        select distinct agency_id
        from stg_agencies
    ) as agencies
        on agencies.agency_id = openings.payee_id
    left join (
        select distinct creator_id
        from stg_creators
    ) as creators
        on creators.creator_id = openings.payee_id
    where openings.kind <> 'credited_in_year' or run.dac7_basis = 'credited'
    union all
    select
        led_creator_rollforward.entity, 'creator', led_creator_rollforward.creator_id, led_creator_rollforward.currency, run.period, 0, 0, 0, 0,
        led_creator_rollforward.accrued_amount + led_creator_rollforward.reversed_amount + led_creator_rollforward.adjusted_amount
    from led_creator_rollforward
    cross join run
    where run.dac7_basis = 'credited'
    union all
    select
        led_agency_rollforward.entity, 'agency', led_agency_rollforward.agency_id, led_agency_rollforward.currency, run.period, 0, 0, 0, 0,
        led_agency_rollforward.accrued_amount + led_agency_rollforward.reversed_amount + led_agency_rollforward.clawed_back_amount
        + led_agency_rollforward.adjusted_amount
    from led_agency_rollforward
    cross join run
    where run.dac7_basis = 'credited'
)

select
    payee_kind,
    entity,
    payee_id,
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
    cast(sum(fee) as decimal(38, 6)) as fee_amount,
    cast(sum(credited) as decimal(38, 6)) as credited_amount
from parts
where payouts <> 0 or gross <> 0 or withheld <> 0 or fee <> 0 or credited <> 0
group by payee_kind, entity, payee_id, currency, substr(month, 1, 4), case
    when substr(month, 6, 2) <= '03' then 1
    when substr(month, 6, 2) <= '06' then 2
    when substr(month, 6, 2) <= '09' then 3
    else 4
end
