-- One row is one balance of an agency that the system of record fed, beside carat's own just before that instant.
-- grain: agency_id, entity, currency, as_of
-- What agencies are owed is kept by days, so only rows at the start of a day are compared. Openings are where carat begins and are not.
-- A fed amount has six decimals, so it is compared with carat's to six.
with fed as (
    select
        stg_balances.subject_id as agency_id,
        stg_balances.entity,
        coalesce(stg_balances.currency, stg_agencies.currency, run.reporting_currency) as currency,
        stg_balances.as_of,
        run_days.day as last_day,
        stg_balances.amount,
        stg_balances.batch_id,
        stg_balances.source_line
    from stg_balances
    cross join run
    inner join run_days
        on run_days.day_end = stg_balances.as_of
    left join stg_agencies
        on stg_agencies.agency_id = stg_balances.subject_id
        and stg_balances.as_of >= stg_agencies.valid_from
        and stg_balances.as_of < stg_agencies.valid_until
    where stg_balances.subject_kind = 'agency' and stg_balances.amount is not null and stg_balances.as_of > run.first_start
),

parts as (
    select agency_id, entity, currency, day, amount
    from led_agency_movement
    union all
    select agency_id, entity, currency, day, -rounding as amount
    from led_agency_payout
    union all
    select agency_id, entity, currency, day, amount
    from led_agency_opening
),

own as (
    select
        fed.agency_id,
        fed.entity,
        fed.currency,
        fed.as_of,
        cast(sum(parts.amount) as decimal(38, 9)) as amount
    from fed
    inner join parts
        on parts.agency_id = fed.agency_id
        and parts.entity = fed.entity
        and parts.currency = fed.currency
        and parts.day <= fed.last_day
    group by fed.agency_id, fed.entity, fed.currency, fed.as_of
)

select
    fed.agency_id,
    fed.entity,
    fed.currency,
    fed.as_of,
    cast(fed.amount as decimal(38, 9)) as fed_amount,
    cast(cast(coalesce(own.amount, 0) as decimal(38, 6)) as decimal(38, 9)) as own_amount,
    row_number() over (
        partition by fed.agency_id, fed.entity, fed.currency
        order by case when fed.amount <> cast(coalesce(own.amount, 0) as decimal(38, 6)) then 0 else 1 end, fed.as_of desc, fed.batch_id, fed.source_line
    ) as latest,
    fed.batch_id,
    fed.source_line
from fed
left join own
    on own.agency_id = fed.agency_id
    and own.entity = fed.entity
    and own.currency = fed.currency
    and own.as_of = fed.as_of
