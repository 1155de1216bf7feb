-- One row is one creator who is owed money when the period ends, with why it isn't paid and since when.
-- grain: creator_id, entity, currency
-- below_since is the day from which on less than the minimum was there to be paid: the last request, else the first movement; null
-- where what is owed reaches the minimum of the creator's method, or no minimum in its currency is known. dormant_months are the whole months
-- without a movement, dormant_after how many the creator's country grants (escheat in carat.yaml); null where it says nothing.
with balances as (
    select
        led_creator_rollforward.creator_id,
        led_creator_rollforward.entity,
        led_creator_rollforward.currency,
        led_creator_rollforward.closing_diamonds,
        led_creator_rollforward.closing_amount,
        stg_creators.country,
        led_creator_activity.first_day,
        led_creator_activity.last_day,
        led_creator_activity.request_day
    from led_creator_rollforward
    cross join run
    inner join led_creator_activity
        on led_creator_activity.creator_id = led_creator_rollforward.creator_id
        and led_creator_activity.entity = led_creator_rollforward.entity
    left join stg_creators
        on stg_creators.creator_id = led_creator_rollforward.creator_id
        and run.closing_instant >= stg_creators.valid_from
        and run.closing_instant < stg_creators.valid_until
    where led_creator_rollforward.closing_amount > 0
)

select
    balances.creator_id,
    balances.entity,
    balances.currency,
    balances.country,
    balances.closing_diamonds,
    balances.closing_amount,
    led_creator_rule.min_amount,
    case when balances.closing_amount < led_creator_rule.min_amount then coalesce(balances.request_day, balances.first_day) end as below_since,
    balances.last_day,
    month_number(iso_day(local_day(run.closing_instant, run.time_zone))) - month_number(iso_day(balances.last_day)) as dormant_months,
    run_escheat.after_months as dormant_after,
    local_day(run.closing_instant, run.time_zone) as closing_day
from balances
cross join run
left join led_creator_rule
    on led_creator_rule.creator_id = balances.creator_id
    and led_creator_rule.rule_currency = balances.currency
left join run_escheat
    on run_escheat.country = balances.country
