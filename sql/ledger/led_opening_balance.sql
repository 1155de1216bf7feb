-- One row is the opening balance of one subject: what the system of record says it held when carat began.
-- grain: subject_kind, subject_id, entity, channel, currency
-- A subject without a row opens at zero. Of several rows up to the start of the first period the latest counts.
with ranked as (
    select
        subject_kind,
        subject_id,
        entity,
        channel,
        currency,
        coins,
        diamonds,
        amount,
        batch_id,
        source_line,
        row_number() over (
            partition by subject_kind, subject_id, entity, channel, currency
            order by as_of desc, batch_id, source_line
        ) as latest_rank
    from stg_balances
    cross join run
    where as_of <= run.first_start
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
    batch_id,
    source_line
from ranked
where latest_rank = 1
