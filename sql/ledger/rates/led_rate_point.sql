-- One row is one creator and one instant at which the rate in force must be known.
-- grain: creator_id, instant
-- Starts of spans, times by which movements are valued, gifts read from a recorder, and gifts that a clawback goes back to.
select distinct
    creator_id,
    instant
from (
    select creator_id, range_from as instant
    from led_creator_span
    union all
    select creator_id, value_at as instant
    from led_diamond_movement
    union all
    select creator_id, requested_at as instant
    from stg_payouts
    union all
    select creator_id, rate_instant as instant
    from led_live_row
    union all
    select creator_id, range_from as instant
    from led_agency_span
    union all
    select creator_id, sent_at as instant
    from led_clawed_gift
) as points
