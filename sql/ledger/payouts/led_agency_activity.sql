-- One row is one agency and currency with the days on which what it is owed first and last moved, and on which it last asked to be paid.
-- grain: agency_id, entity, currency
-- Gifts of its creators, reversals, clawbacks, changes by hand and requests are movements; a returned payout is none, since nobody of the
-- agency did it. What carat began with counts from its start; days are those on which the movements count.
with moves as (
    select agency_id, entity, currency, first_day, last_day, request_day
    from led_agency_opening
    where first_day is not null
    union all
    select agency_id, entity, currency, day as first_day, day as last_day, case when kind = 'redeemed' then day end as request_day
    from led_agency_movement
    where kind <> 'returned'
)

select
    agency_id,
    entity,
    currency,
    min(first_day) as first_day,
    max(last_day) as last_day,
    max(request_day) as request_day
from moves
group by agency_id, entity, currency
