-- One row is one creator or agency who is owed money when the period ends, with why it isn't paid and since when.
-- grain: creator_id, agency_id, entity, currency
-- below_since is the day from which on less than the minimum was there to be paid: the last request, else the first movement; null
-- where what is owed reaches the minimum of the creator's method, or no minimum in its currency is known. An agency has no method of its
-- own: the minimum is that of the rule for the method and currency of its last payout, in its country; without a payout none is known.
-- dormant_months are the whole months without a movement, dormant_after how many the country grants (escheat in carat.yaml); null where
-- it says nothing. Gifts of its creators, reversals, clawbacks, changes by hand and requests move an agency's balance; a returned
-- payout is no movement, since nobody of the agency did it.
with methods as (
    select
        agency_id,
        entity,
        currency,
        method,
        row_number() over (partition by agency_id, entity, currency order by requested_at desc, payout_id desc) as place
    from led_payout_version
    where version_no = 1 and agency_id is not null
),

terms as (
    select
        balances.agency_id,
        balances.entity,
        balances.currency,
        balances.closing_amount,
        stg_agencies.country,
        methods.method
    from led_agency_rollforward as balances
    cross join run
    left join stg_agencies
        on stg_agencies.agency_id = balances.agency_id
        and run.closing_instant >= stg_agencies.valid_from
        and run.closing_instant < stg_agencies.valid_until
    left join methods
        on methods.agency_id = balances.agency_id
        and methods.entity = balances.entity
        and methods.currency = balances.currency
        and methods.place = 1
    where balances.closing_amount > 0
),

-- everywhere is '', which comes before every country
rules as (
    select
        terms.agency_id,
        terms.entity,
        terms.currency,
        stg_payout_rules.min_amount,
        row_number() over (
            partition by terms.agency_id, terms.entity, terms.currency order by coalesce(stg_payout_rules.country, '') desc
        ) as place
    from terms
    cross join run
    inner join stg_payout_rules
        on stg_payout_rules.method = terms.method
        and stg_payout_rules.currency = terms.currency
        and coalesce(stg_payout_rules.country, terms.country, '') = coalesce(terms.country, '')
        and run.closing_instant >= stg_payout_rules.valid_from
        and run.closing_instant < stg_payout_rules.valid_until
),

owed as (
    select
        balances.creator_id,
        cast(null as varchar) as agency_id,
        balances.entity,
        balances.currency,
        stg_creators.country,
        balances.closing_amount,
        led_creator_rule.min_amount,
        led_creator_activity.first_day,
        led_creator_activity.last_day,
        led_creator_activity.request_day
    from led_creator_rollforward as balances
    cross join run
    inner join led_creator_activity
        on led_creator_activity.creator_id = balances.creator_id
        and led_creator_activity.entity = balances.entity
    left join stg_creators
        on stg_creators.creator_id = balances.creator_id
        and run.closing_instant >= stg_creators.valid_from
        and run.closing_instant < stg_creators.valid_until
    left join led_creator_rule
        on led_creator_rule.creator_id = balances.creator_id
        and led_creator_rule.rule_currency = balances.currency
    where balances.closing_amount > 0
    union all
    select
        cast(null as varchar),
        terms.agency_id,
        terms.entity,
        terms.currency,
        terms.country,
        terms.closing_amount,
        rules.min_amount,
        activity.first_day,
        activity.last_day,
        activity.request_day
    from terms
    inner join led_agency_activity as activity
        on activity.agency_id = terms.agency_id
        and activity.entity = terms.entity
        and activity.currency = terms.currency
    left join rules
        on rules.agency_id = terms.agency_id
        and rules.entity = terms.entity
        and rules.currency = terms.currency
        and rules.place = 1
)

select
    owed.creator_id,
    owed.agency_id,
    owed.entity,
    owed.currency,
    owed.country,
    owed.closing_amount,
    owed.min_amount,
    case when owed.closing_amount < owed.min_amount then coalesce(owed.request_day, owed.first_day) end as below_since,
    owed.last_day,
    month_number(iso_day(local_day(run.closing_instant, run.time_zone))) - month_number(iso_day(owed.last_day)) as dormant_months,
    run_escheat.after_months as dormant_after,
    local_day(run.closing_instant, run.time_zone) as closing_day
from owed
cross join run
left join run_escheat
    on run_escheat.country = owed.country
