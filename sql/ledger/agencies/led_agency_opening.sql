-- One row is what one agency was owed when carat began, in one currency, as the system of record says; of a run that is carried forward, when
-- the period began, as the closed month closed.
-- grain: agency_id, entity, currency
-- A row of balances that names no currency is in that in which the agency is paid, else in the reporting currency. Fractions that payouts gave up are
-- off what was closed; unrequested is what moved since the last request without them, of which the next one gives up the fraction. first_day, last_day and
-- request_day are those of the movements that the opening holds.
select
    led_opening_balance.subject_id as agency_id,
    led_opening_balance.entity,
    coalesce(led_opening_balance.currency, stg_agencies.currency, run.reporting_currency) as currency,
    cast(sum(led_opening_balance.amount) as decimal(38, 9)) as amount,
    cast(sum(led_opening_balance.amount) as decimal(38, 9)) as unrequested,
    local_day(min(run.first_start), min(run.time_zone)) as day,
    local_day(min(run.first_start), min(run.time_zone)) as first_day,
    local_day(min(run.first_start), min(run.time_zone)) as last_day,
    cast(null as date) as request_day
from led_opening_balance
cross join run
left join stg_agencies
    on stg_agencies.agency_id = led_opening_balance.subject_id
    and run.first_start >= stg_agencies.valid_from
    and run.first_start < stg_agencies.valid_until
where led_opening_balance.subject_kind = 'agency' and led_opening_balance.amount is not null and not run.carries
group by led_opening_balance.subject_id, led_opening_balance.entity, coalesce(led_opening_balance.currency, stg_agencies.currency, run.reporting_currency)
union all
select
    closed_payee_balances.payee_id as agency_id,
    closed_payee_balances.entity,
    closed_payee_balances.currency,
    closed_payee_balances.amount,
    closed_payee_balances.unrequested,
    local_day(run.opening_instant, run.time_zone) as day,
    closed_payee_balances.first_day,
    closed_payee_balances.last_day,
    closed_payee_balances.request_day
from closed_payee_balances
cross join run
where run.carries and closed_payee_balances.payee_kind = 'agency'
