-- One row is one span of time of one creator in which neither its rate, its terms nor its balance's meaning changes.
-- grain: creator_id, range_from
-- Spans begin where a rate row, the creator's terms or those of its agency begin or end, just after a redemption or an instant from which a hold
-- counts, at a fed balance and at the period's start; they cover the time from before the period to its end without a gap.
-- Sums by span then answer what was credited at which rate, and what the balance was at every instant that matters, without
-- ordering every gift.
with earliest as (
    select min(instant) as instant
    from (
        select run.opening_instant as instant
        from run
        union all
        select min(first_at) as instant
        from led_gift_quarter
        cross join run
        where accounting_month = run.period and quarter >= run.first_start and quarter < run.period_start
        union all
        select min(value_at) as instant
        from led_diamond_movement
        cross join run
        where accounting_month = run.period and value_at >= run.first_start
        union all
        select min(valued_at) as instant
        from led_gift_reversal
        cross join run
        where accounting_month = run.period and sent_at >= run.first_start
    ) as needed
),

creator_ids as (
    select distinct creator_id
    from led_creator_subject
),

rate_edges as (
    select scope, scope_id, valid_from as instant
    from stg_conversion_rates
    union
    select scope, scope_id, valid_until as instant
    from stg_conversion_rates
),

term_edges as (
    select creator_id, valid_from as instant
    from stg_creators
    union
    select creator_id, valid_until as instant
    from stg_creators
),

agency_edges as (
    select agency_id, valid_from as instant
    from stg_agencies
    union
    select agency_id, valid_until as instant
    from stg_agencies
),

edges as (
    select creator_ids.creator_id, earliest.instant
    from creator_ids
    cross join earliest
    union
    select creator_ids.creator_id, run.period_start as instant
    from creator_ids
    cross join run
    union
    select creator_ids.creator_id, rate_edges.instant
    from creator_ids
    cross join rate_edges
    where rate_edges.scope = 'default'
    union
    select stg_creators.creator_id, rate_edges.instant
    from stg_creators
    inner join rate_edges
        on rate_edges.scope_id = stg_creators.region
    where rate_edges.scope = 'region'
    union
    select stg_creators.creator_id, rate_edges.instant
    from stg_creators
    inner join rate_edges
        on rate_edges.scope_id = stg_creators.tier
    where rate_edges.scope = 'tier'
    union
    select rate_edges.scope_id as creator_id, rate_edges.instant
    from rate_edges
    where rate_edges.scope = 'creator'
    union
    select term_edges.creator_id, term_edges.instant
    from term_edges
    union
    select stg_creators.creator_id, agency_edges.instant
    from stg_creators
    inner join agency_edges
        on agency_edges.agency_id = stg_creators.agency_id
    union
    select
        creator_id,
        just_after(greatest(least(event_at, run.closing_instant), run.period_start)) as instant
    from led_diamond_movement
    cross join run
    where accounting_month = run.period and kind = 'redeemed'
    union
    select creator_id, just_after(hold_at) as instant
    from led_payout_rule
    cross join run
    where hold_days > 0 and hold_at >= run.period_start
    union
    select creator_id, just_after(hold_at) as instant
    from led_creator_hold
    cross join run
    where hold_days > 0 and hold_at >= run.period_start
    union
    select subject_id as creator_id, as_of as instant
    from stg_balances
    where subject_kind = 'creator'
),

starts as (
    select
        edges.creator_id,
        edges.instant as range_from
    from edges
    inner join creator_ids
        on creator_ids.creator_id = edges.creator_id
    cross join earliest
    cross join run
    where edges.instant >= earliest.instant and edges.instant < run.period_end
)

select
    row_number() over (order by creator_id, range_from) as span_no,
    creator_id,
    range_from,
    coalesce(
        lead(range_from) over (partition by creator_id order by range_from),
        run.period_end
    ) as range_to
from starts
cross join run
