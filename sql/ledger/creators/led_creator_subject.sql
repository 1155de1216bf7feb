-- One row is one creator and entity that has a balance or a movement.
-- grain: creator_id, entity
-- Whoever has terms alone has neither, and no statement.
with gift_creators as (
    select distinct
        creator_id,
        entity
    from stg_gift_events
    cross join run
    where accounting_month <= run.period
),

sources as (
    select creator_id, entity
    from gift_creators
    union all
    select creator_id, entity
    from stg_diamond_adjustments
    cross join run
    where accounting_month <= run.period
    union all
    select creator_id, entity
    from led_payout_version
    where creator_id is not null
    union all
    select subject_id as creator_id, entity
    from stg_balances
    where subject_kind = 'creator'
    union all
    -- where earlier gifts aren't read, whoever got them
    select payee_id as creator_id, entity
    from closed_payee_balances
    cross join run
    where run.carries and payee_kind = 'creator'
)

select distinct
    creator_id,
    entity
from sources
