-- One row is a price of the gift in the catalogue, in force when it was sent.
-- grain: gift_id, valid_from
-- subject: gift
-- heading: The price in the catalogue, and its dates
-- order: valid_from
-- A reversal has the price of its own time here; its original is judged at the original's.
select
    stg_gift_catalog.gift_id,
    stg_gift_catalog.valid_from,
    case
        when stg_gift_catalog.valid_until < timestamp with time zone '9999-12-31 00:00:00+00:00' then iso_instant(stg_gift_catalog.valid_until)
        else 'open'
    end as in_force_until,
    stg_gift_catalog.name,
    stg_gift_catalog.coins,
    stg_gift_catalog.batch_id,
    stg_gift_catalog.source_line
from stg_gift_catalog
cross join subject
inner join stg_gift_events as own
    on own.gift_id = stg_gift_catalog.gift_id
    and own.sent_at >= stg_gift_catalog.valid_from
    and own.sent_at < stg_gift_catalog.valid_until
where own.event_id = subject.subject_id
