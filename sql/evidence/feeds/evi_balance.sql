-- One row is a balance of the subject that the system of record fed.
-- grain: subject_kind, subject_id, entity, channel, currency, as_of
-- subject: viewer, creator, account
-- heading: The balances that were fed
-- order: as_of, entity, channel, currency
-- An account's subject is its id, channel and currency; a viewer's or creator's the id alone. A balance of the month's beginning or
-- before is part of what the month opens with.
select
    case when stg_balances.as_of <= run.period_start then 'opening' else 'later' end as part,
    stg_balances.subject_kind,
    stg_balances.subject_id,
    stg_balances.entity,
    stg_balances.channel,
    stg_balances.currency,
    stg_balances.as_of,
    stg_balances.coins,
    stg_balances.diamonds,
    stg_balances.amount,
    stg_balances.deferred_fee,
    stg_balances.batch_id,
    stg_balances.source_line
from stg_balances
cross join subject
cross join run
where stg_balances.subject_kind = subject.subject_kind
    and (
        stg_balances.subject_id = subject.subject_id
        or stg_balances.subject_id || '/' || coalesce(stg_balances.channel, '') || '/' || coalesce(stg_balances.currency, '') = subject.subject_id
    )
