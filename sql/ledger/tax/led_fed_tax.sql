-- One row is one fed balance of an account of taxes beside carat's own.
-- grain: subject_id, entity, currency, as_of
-- Fed as subject_kind account, subject_id tax_payable, withholding_payable (pending and due together) or withholding_receivable, with
-- amount: what is owed, or to be claimed, is positive. One without a currency is in the entity's own. The balance is just before as_of; carat
-- keeps its books by days, so only rows at the start of a day are compared. That with which carat begins is its opening.
with fed as (
    select
        stg_balances.subject_id,
        stg_balances.entity,
        coalesce(stg_balances.currency, run_entities.functional_currency, run.reporting_currency) as currency,
        stg_balances.as_of,
        stg_balances.amount,
        stg_balances.batch_id,
        stg_balances.source_line,
        run_days.day as last_day
    from stg_balances
    cross join run
    inner join run_days
        on run_days.day_end = stg_balances.as_of
    left join run_entities
        on run_entities.entity = stg_balances.entity
    where stg_balances.subject_kind = 'account'
        and stg_balances.subject_id in ('tax_payable', 'withholding_payable', 'withholding_receivable')
        and stg_balances.amount is not null
        and stg_balances.as_of > run.first_start
),

parts as (
    select fed.subject_id, fed.entity, fed.currency, fed.as_of, cast(rolled.opening as decimal(38, 9)) as amount
    from fed
    inner join led_tax_rollforward as rolled
        on rolled.entity = fed.entity
        and rolled.currency = fed.currency
        and fed.subject_id = case
            when rolled.identity = 'tax' then 'tax_payable'
            when rolled.stage = 'receivable' then 'withholding_receivable'
            else 'withholding_payable'
        end
    union all
    select
        fed.subject_id, fed.entity, fed.currency, fed.as_of,
        case fed.subject_id when 'withholding_receivable' then postings.amount else -postings.amount end as amount
    from fed
    inner join led_posting as postings
        on postings.entity = fed.entity
        and postings.currency = fed.currency
        and postings.role = fed.subject_id
        and postings.day <= fed.last_day
),

own as (
    select subject_id, entity, currency, as_of, sum(amount) as amount
    from parts
    group by subject_id, entity, currency, as_of
)

select
    fed.subject_id,
    fed.entity,
    fed.currency,
    fed.as_of,
    cast(fed.amount as decimal(38, 9)) as fed_amount,
    cast(coalesce(own.amount, 0) as decimal(38, 9)) as own_amount,
    fed.batch_id,
    fed.source_line
from fed
left join own
    on own.subject_id = fed.subject_id
    and own.entity = fed.entity
    and own.currency = fed.currency
    and own.as_of = fed.as_of
