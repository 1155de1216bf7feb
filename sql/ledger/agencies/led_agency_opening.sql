-- One row is what one agency was owed when carat began, in one currency, as the system of record says.
-- grain: agency_id, entity, currency
-- A row of balances that names no currency is in that in which the agency is paid, else in the reporting currency.
select
    led_opening_balance.subject_id as agency_id,
    led_opening_balance.entity,
    coalesce(led_opening_balance.currency, stg_agencies.currency, run.reporting_currency) as currency,
    cast(sum(led_opening_balance.amount) as decimal(38, 9)) as amount
from led_opening_balance
cross join run
left join stg_agencies
    on stg_agencies.agency_id = led_opening_balance.subject_id
    and run.first_start >= stg_agencies.valid_from
    and run.first_start < stg_agencies.valid_until
where led_opening_balance.subject_kind = 'agency' and led_opening_balance.amount is not null
group by led_opening_balance.subject_id, led_opening_balance.entity, coalesce(led_opening_balance.currency, stg_agencies.currency, run.reporting_currency)
