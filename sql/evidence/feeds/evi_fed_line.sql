-- One row is a fed balance that says two things of one key.
-- grain: subject_kind, subject_id, entity, channel, currency, as_of
-- subject: balance
-- heading: The balance as it was first read
-- order: as_of
-- A key conflict names the line that was refused; the fed balance that stands is the one of the key.
select
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
inner join stg_rejects
    on stg_rejects.row_key = subject.subject_id
    and stg_rejects.code = 'key_conflict'
    and stg_rejects.other_batch = stg_balances.batch_id
    and stg_rejects.other_line = stg_balances.source_line
