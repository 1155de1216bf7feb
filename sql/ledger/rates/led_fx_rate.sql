-- One row is the exchange rate of one pair of currencies that serves on one day: the last published one up to that day.
-- grain: base, quote, day
-- Direct, else inverse, else cross by a common base; a rate older than fx_max_age_days serves only where no fresher way is
-- found, and is reported. Inverse and cross are rounded half to even at 9 decimals. rate_day is the older leg's. Where none of
-- these is fresh, a rate that a person decided for this pair and day serves ('decided'), in both directions. A day without a row
-- has no rate: control fx_rate names those that were needed.
with asked_days as (
    select distinct day
    from led_fx_day
),

asked_currencies as (
    select base as currency
    from led_fx_day
    union
    select quote as currency
    from led_fx_day
),

published as (
    select
        stg_fx_rates.base,
        stg_fx_rates.quote,
        stg_fx_rates.rate_date
    from stg_fx_rates
    inner join asked_currencies
        on asked_currencies.currency = stg_fx_rates.quote
),

-- published days and asked days in one row of time, so that each asked day sees the last published one before it
points as (
    select
        base,
        quote,
        rate_date as day,
        rate_date,
        false as is_asked
    from published
    union all
    select
        pairs.base,
        pairs.quote,
        asked_days.day,
        cast(null as date) as rate_date,
        true as is_asked
    from (select distinct base, quote from published) as pairs
    cross join asked_days
),

last_published as (
    select
        base,
        quote,
        day,
        max(rate_date) over (
            partition by base, quote
            order by day
            range between unbounded preceding and current row
        ) as rate_date,
        is_asked
    from points
),

legs as (
    select base, quote, day, rate_date
    from last_published
    where is_asked and rate_date is not null
),

candidates as (
    select
        led_fx_day.base,
        led_fx_day.quote,
        led_fx_day.day,
        'direct' as method,
        1 as method_rank,
        '' as common_base,
        legs.rate_date as first_day,
        legs.rate_date as second_day
    from led_fx_day
    inner join legs
        on legs.base = led_fx_day.base
        and legs.quote = led_fx_day.quote
        and legs.day = led_fx_day.day
    union all
    select
        led_fx_day.base,
        led_fx_day.quote,
        led_fx_day.day,
        'inverse' as method,
        2 as method_rank,
        '' as common_base,
        legs.rate_date as first_day,
        legs.rate_date as second_day
    from led_fx_day
    inner join legs
        on legs.base = led_fx_day.quote
        and legs.quote = led_fx_day.base
        and legs.day = led_fx_day.day
    union all
    select
        led_fx_day.base,
        led_fx_day.quote,
        led_fx_day.day,
        'cross' as method,
        3 as method_rank,
        base_legs.base as common_base,
        quote_legs.rate_date as first_day,
        base_legs.rate_date as second_day
    from led_fx_day
    inner join legs as base_legs
        on base_legs.quote = led_fx_day.base
        and base_legs.day = led_fx_day.day
    inner join legs as quote_legs
        on quote_legs.base = base_legs.base
        and quote_legs.quote = led_fx_day.quote
        and quote_legs.day = led_fx_day.day
    union all
    select
        led_fx_day.base,
        led_fx_day.quote,
        led_fx_day.day,
        'decided' as method,
        4 as method_rank,
        '' as common_base,
        led_fx_day.day as first_day,
        led_fx_day.day as second_day
    from led_fx_day
    inner join run_decided_rates
        on run_decided_rates.base = led_fx_day.base
        and run_decided_rates.quote = led_fx_day.quote
        and run_decided_rates.day = led_fx_day.day
    union all
    select
        led_fx_day.base,
        led_fx_day.quote,
        led_fx_day.day,
        'decided inverse' as method,
        5 as method_rank,
        '' as common_base,
        led_fx_day.day as first_day,
        led_fx_day.day as second_day
    from led_fx_day
    inner join run_decided_rates
        on run_decided_rates.base = led_fx_day.quote
        and run_decided_rates.quote = led_fx_day.base
        and run_decided_rates.day = led_fx_day.day
),

ranked as (
    select
        candidates.base,
        candidates.quote,
        candidates.day,
        candidates.method,
        candidates.common_base,
        candidates.first_day,
        candidates.second_day,
        days_between(least(candidates.first_day, candidates.second_day), candidates.day) as age_days,
        row_number() over (
            partition by candidates.base, candidates.quote, candidates.day
            order by
                case when days_between(least(candidates.first_day, candidates.second_day), candidates.day) <= run.fx_max_age_days then 0 else 1 end,
                case
                    when days_between(least(candidates.first_day, candidates.second_day), candidates.day) <= run.fx_max_age_days then 0
                    else days_between(least(candidates.first_day, candidates.second_day), candidates.day)
                end,
                candidates.method_rank,
                candidates.common_base
        ) as choice
    from candidates
    cross join run
)

select
    ranked.base,
    ranked.quote,
    ranked.day,
    ranked.method,
    ranked.common_base,
    least(ranked.first_day, ranked.second_day) as rate_day,
    ranked.age_days,
    case ranked.method
        when 'direct' then direct_rate.rate
        when 'inverse' then from_billionths(divide_half_even(1000000000000000000, billionths(inverse_rate.rate)))
        when 'decided' then decided_rate.rate
        when 'decided inverse' then from_billionths(divide_half_even(1000000000000000000, billionths(decided_inverse.rate)))
        else from_billionths(divide_half_even(billionths(quote_leg.rate) * 1000000000, billionths(base_leg.rate)))
    end as rate
from ranked
left join stg_fx_rates as direct_rate
    on direct_rate.base = case when ranked.method = 'direct' then ranked.base end
    and direct_rate.quote = ranked.quote
    and direct_rate.rate_date = ranked.first_day
left join stg_fx_rates as inverse_rate
    on inverse_rate.base = case when ranked.method = 'inverse' then ranked.quote end
    and inverse_rate.quote = ranked.base
    and inverse_rate.rate_date = ranked.first_day
left join stg_fx_rates as quote_leg
    on quote_leg.base = case when ranked.method = 'cross' then ranked.common_base end
    and quote_leg.quote = ranked.quote
    and quote_leg.rate_date = ranked.first_day
left join stg_fx_rates as base_leg
    on base_leg.base = case when ranked.method = 'cross' then ranked.common_base end
    and base_leg.quote = ranked.base
    and base_leg.rate_date = ranked.second_day
left join run_decided_rates as decided_rate
    on decided_rate.base = case when ranked.method = 'decided' then ranked.base end
    and decided_rate.quote = ranked.quote
    and decided_rate.day = ranked.day
left join run_decided_rates as decided_inverse
    on decided_inverse.base = case when ranked.method = 'decided inverse' then ranked.quote end
    and decided_inverse.quote = ranked.base
    and decided_inverse.day = ranked.day
where ranked.choice = 1
