-- One row is the opening balance of one subject: what the system of record says it held when carat began.
-- grain: subject_kind, subject_id, entity, channel, currency
-- A subject without a row opens at zero. Of several rows up to the start of the first period the latest counts. One that
-- came when the first period was closed already opens nothing: its months are signed. functional_amount is null of money in the
-- entity's own currency, which is carried at its amount and nothing else: control ledger_balance names a row that says otherwise.
with ranked as (
    select
        stg_balances.subject_kind,
        stg_balances.subject_id,
        stg_balances.entity,
        stg_balances.channel,
        stg_balances.currency,
        stg_balances.coins,
        stg_balances.diamonds,
        stg_balances.amount,
        stg_balances.deferred_fee,
        case
            when coalesce(stg_balances.currency, run_entities.functional_currency, run.reporting_currency) <> coalesce(run_entities.functional_currency, run.reporting_currency)
                then stg_balances.functional_amount
        end as functional_amount,
        stg_balances.batch_id,
        stg_balances.source_line,
        row_number() over (
            partition by
                stg_balances.subject_kind, stg_balances.subject_id, stg_balances.entity, stg_balances.channel,
                stg_balances.currency
            order by stg_balances.as_of desc, stg_balances.batch_id, stg_balances.source_line
        ) as latest_rank
    from stg_balances
    cross join run
    left join run_batches
        on run_batches.batch_id = stg_balances.batch_id
    left join run_entities
        on run_entities.entity = stg_balances.entity
    where stg_balances.as_of <= run.first_start
        and coalesce(run_batches.earliest_open, run.first_period) <= run.first_period
)

select
    subject_kind,
    subject_id,
    entity,
    channel,
    currency,
    coins,
    diamonds,
    amount,
    deferred_fee,
    functional_amount,
    batch_id,
    source_line
from ranked
where latest_rank = 1
