-- One row is one gift to which a creator's clawback goes back.
-- grain: creator_id, event_id
-- A clawback names its gift by reference_id; one that names none, or something else, has no row here.
with clawbacks as (
    select distinct creator_id, reference_id
    from stg_diamond_adjustments
    cross join run
    where reason = 'clawback' and reference_id is not null and accounting_month <= run.period and adjusted_at >= run.first_start
)

select
    gifts.creator_id,
    gifts.event_id,
    gifts.sent_at,
    gifts.capture,
    gifts.coins,
    gifts.diamonds
from led_named_gift as gifts
inner join clawbacks
    on clawbacks.reference_id = gifts.event_id
    and clawbacks.creator_id = gifts.creator_id
cross join run
where gifts.accounting_month <= run.period
