-- One row is one creator with the payout rule in force for it at the end of the period.
-- grain: creator_id
-- The rule of the creator's payout method and country then; that of the country wins over that for everywhere and is used
-- whole. A creator without terms, without a method or without a rule for it isn't here.
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
        stg_payout_rules.currency,
        stg_payout_rules.min_amount,
        stg_payout_rules.max_amount_per_day,
        stg_payout_rules.fee_fixed,
        stg_payout_rules.fee_rate,
        stg_payout_rules.hold_days
    from stg_payout_rules
    cross join run
    where run.closing_instant >= stg_payout_rules.valid_from and run.closing_instant < stg_payout_rules.valid_until
),

-- everywhere is '', which comes before every country
winners as (
    select
        terms.creator_id,
        rules.method,
        max(rules.country) as country
    from terms
    inner join rules
        on rules.method = terms.payout_method
        and (rules.country = '' or rules.country = terms.country)
    group by terms.creator_id, rules.method
)

select
    winners.creator_id,
    rules.method,
    rules.currency as rule_currency,
    rules.min_amount,
    rules.max_amount_per_day,
    rules.fee_fixed,
    rules.fee_rate,
    rules.hold_days
from winners
inner join rules
    on rules.method = winners.method
    and rules.country = winners.country
