-- One row is one range of time before the period of a creator who has, or had, an agency, in which neither rate nor terms change.
-- grain: creator_id, range_from
-- What the gifts of earlier months gave agencies is told again from them, by the rates and terms of their time, as creators' openings are;
-- control prior_period holds it against what a closed month ended with. In the first period there is nothing before, and a run that is carried forward
-- tells nothing again. The ranges cover
-- the time from the first period's start to the period's without a gap.
with creators as (
    select distinct stg_creators.creator_id
    from stg_creators
    cross join run
    where stg_creators.agency_id is not null and run.period_start > run.first_start and not run.carries
),

rate_edges as (
    select scope, scope_id, valid_from as instant
    from stg_conversion_rates
    union
    select scope, scope_id, valid_until as instant
    from stg_conversion_rates
),

edges as (
    select creators.creator_id, run.first_start as instant
    from creators
    cross join run
    union
    select creators.creator_id, rate_edges.instant
    from creators
    cross join rate_edges
    where rate_edges.scope = 'default'
    union
    select creators.creator_id, rate_edges.instant
    from creators
    inner join stg_creators
        on stg_creators.creator_id = creators.creator_id
    inner join rate_edges
        on (rate_edges.scope = 'region' and rate_edges.scope_id = stg_creators.region)
        or (rate_edges.scope = 'tier' and rate_edges.scope_id = stg_creators.tier)
        or (rate_edges.scope = 'creator' and rate_edges.scope_id = stg_creators.creator_id)
    union
    select creators.creator_id, stg_creators.valid_from as instant
    from creators
    inner join stg_creators
        on stg_creators.creator_id = creators.creator_id
    union
    select creators.creator_id, stg_creators.valid_until as instant
    from creators
    inner join stg_creators
        on stg_creators.creator_id = creators.creator_id
)

select
    edges.creator_id,
    edges.instant as range_from,
    coalesce(lead(edges.instant) over (partition by edges.creator_id order by edges.instant), run.period_start) as range_to
from edges
cross join run
where edges.instant >= run.first_start and edges.instant < run.period_start
