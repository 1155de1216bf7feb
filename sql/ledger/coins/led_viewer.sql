-- One row is one viewer of one entity, with a number that stands for both.
-- grain: viewer_no
-- for: speed
-- A month has ten times as many gifts as viewers, so gifts are carried by number and names are looked up at the end. Numbers
-- hold within one run and are never published.
with subjects as (
    select viewer_id, entity
    from stg_gift_events
    cross join run
    where sent_at >= run.first_start
    union
    -- where earlier gifts aren't read, whoever gave them
    select viewer_id, entity
    from closed_viewer_balances
    cross join run
    where run.carries
    union
    select viewer_id, entity
    from stg_coin_purchases
    union
    select viewer_id, entity
    from stg_coin_adjustments
    union
    select subject_id as viewer_id, entity
    from stg_balances
    where subject_kind = 'viewer'
),

entities as (
    select
        entity,
        row_number() over (order by entity) as entity_no
    from (select distinct entity from subjects) as names
)

select
    cast(row_number() over (order by subjects.viewer_id, subjects.entity) as integer) as viewer_no,
    cast(entities.entity_no as integer) as entity_no,
    subjects.viewer_id,
    subjects.entity
from subjects
inner join entities
    on entities.entity = subjects.entity
