-- One row is one creator with the instant whose balance is free to redeem at the end of the period.
-- grain: creator_id
-- By the rule of the creator's payout method and country at the period's end; that of the country wins over that for
-- everywhere. A creator without terms, without a method or without a rule for it isn't here.
with terms as (
    select
        stg_creators.creator_id,
        stg_creators.country,
        stg_creators.payout_method
    from stg_creators
    cross join run
    where run.closing_instant >= stg_creators.valid_from and run.closing_instant < stg_creators.valid_until
),

rules as (
    select
        stg_payout_rules.method,
        coalesce(stg_payout_rules.country, '') as country,
        stg_payout_rules.hold_days
    from stg_payout_rules
    cross join run
    where run.closing_instant >= stg_payout_rules.valid_from and run.closing_instant < stg_payout_rules.valid_until
)

select
    terms.creator_id,
    coalesce(own.hold_days, everywhere.hold_days) as hold_days,
    days_before(run.period_end, coalesce(own.hold_days, everywhere.hold_days)) as hold_at
from terms
cross join run
left join rules as own
    on own.method = terms.payout_method
    and own.country = terms.country
left join rules as everywhere
    on everywhere.method = terms.payout_method
    and everywhere.country = ''
where own.method is not null or everywhere.method is not null
