-- One row is a gift of the month to a creator whose terms named the agency when it was sent, or the reversal of one.
-- grain: event_id
-- subject: agency
-- heading: The gifts that gave the agency something, and their reversals
-- order: sent_at, event_id
-- A reversal is valued at its gift's instant, and taken back from the agency of that instant.
with months as (
    select distinct led_agency_share.creator_id
    from led_agency_share
    cross join subject
    where led_agency_share.agency_id = subject.subject_id and led_agency_share.accounting_month = subject.period
)

select
    stg_gift_events.event_id,
    stg_gift_events.kind,
    stg_gift_events.original_event_id,
    stg_gift_events.sent_at,
    stg_gift_events.creator_id,
    stg_gift_events.gift_id,
    stg_gift_events.quantity,
    stg_gift_events.coins,
    stg_gift_events.diamonds,
    stg_creators.agency_share,
    stg_gift_events.entity,
    stg_gift_events.batch_id,
    stg_gift_events.source_line
from stg_gift_events
cross join subject
inner join months
    on months.creator_id = stg_gift_events.creator_id
left join led_gift_reversal
    on led_gift_reversal.event_id = stg_gift_events.event_id
inner join stg_creators
    on stg_creators.creator_id = stg_gift_events.creator_id
    and stg_creators.agency_id = subject.subject_id
    and coalesce(led_gift_reversal.valued_at, stg_gift_events.sent_at) >= stg_creators.valid_from
    and coalesce(led_gift_reversal.valued_at, stg_gift_events.sent_at) < stg_creators.valid_until
where stg_gift_events.accounting_month = subject.period
