-- One row is the exchange rate that serves one need: the last published one up to that day.
-- grain: base, quote, day
-- Direct, else inverse, else cross by a common base; a rate older than fx_max_age_days serves only where no fresher way is
-- found, and is reported. Inverse and cross are rounded half to even at 9 decimals. rate_day is the older leg's.
with published as (
    select
        led_fx_need.base,
        led_fx_need.quote,
        led_fx_need.day,
        'direct' as method,
        1 as method_rank,
        '' as common_base,
        max(stg_fx_rates.rate_date) as first_day,
        max(stg_fx_rates.rate_date) as second_day
    from led_fx_need
    inner join stg_fx_rates
        on stg_fx_rates.base = led_fx_need.base
        and stg_fx_rates.quote = led_fx_need.quote
        and stg_fx_rates.rate_date <= led_fx_need.day
    group by led_fx_need.base, led_fx_need.quote, led_fx_need.day
    union all
    select
        led_fx_need.base,
        led_fx_need.quote,
        led_fx_need.day,
        'inverse' as method,
        2 as method_rank,
        '' as common_base,
        max(stg_fx_rates.rate_date) as first_day,
        max(stg_fx_rates.rate_date) as second_day
    from led_fx_need
    inner join stg_fx_rates
        on stg_fx_rates.base = led_fx_need.quote
        and stg_fx_rates.quote = led_fx_need.base
        and stg_fx_rates.rate_date <= led_fx_need.day
    group by led_fx_need.base, led_fx_need.quote, led_fx_need.day
),

base_legs as (
    select
        led_fx_need.base,
        led_fx_need.quote,
        led_fx_need.day,
        stg_fx_rates.base as common_base,
        max(stg_fx_rates.rate_date) as leg_day
    from led_fx_need
    inner join stg_fx_rates
        on stg_fx_rates.quote = led_fx_need.base
        and stg_fx_rates.rate_date <= led_fx_need.day
    group by led_fx_need.base, led_fx_need.quote, led_fx_need.day, stg_fx_rates.base
),

quote_legs as (
    select
        led_fx_need.base,
        led_fx_need.quote,
        led_fx_need.day,
        stg_fx_rates.base as common_base,
        max(stg_fx_rates.rate_date) as leg_day
    from led_fx_need
    inner join stg_fx_rates
        on stg_fx_rates.quote = led_fx_need.quote
        and stg_fx_rates.rate_date <= led_fx_need.day
    group by led_fx_need.base, led_fx_need.quote, led_fx_need.day, stg_fx_rates.base
),

ways as (
    select base, quote, day, method, method_rank, common_base, first_day, second_day
    from published
    union all
    select
        base_legs.base,
        base_legs.quote,
        base_legs.day,
        'cross' as method,
        3 as method_rank,
        base_legs.common_base,
        quote_legs.leg_day as first_day,
        base_legs.leg_day as second_day
    from base_legs
    inner join quote_legs
        on quote_legs.base = base_legs.base
        and quote_legs.quote = base_legs.quote
        and quote_legs.day = base_legs.day
        and quote_legs.common_base = base_legs.common_base
),

ranked as (
    select
        ways.base,
        ways.quote,
        ways.day,
        ways.method,
        ways.common_base,
        ways.first_day,
        ways.second_day,
        days_between(least(ways.first_day, ways.second_day), ways.day) as age_days,
        row_number() over (
            partition by ways.base, ways.quote, ways.day
            order by
                case when days_between(least(ways.first_day, ways.second_day), ways.day) <= run.fx_max_age_days then 0 else 1 end,
                case
                    when days_between(least(ways.first_day, ways.second_day), ways.day) <= run.fx_max_age_days then 0
                    else days_between(least(ways.first_day, ways.second_day), ways.day)
                end,
                ways.method_rank,
                ways.common_base
        ) as choice
    from ways
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
        else from_billionths(divide_half_even(billionths(quote_leg.rate) * 1000000000, billionths(base_leg.rate)))
    end as rate
from ranked
left join stg_fx_rates as direct_rate
    on ranked.method = 'direct'
    and direct_rate.base = ranked.base
    and direct_rate.quote = ranked.quote
    and direct_rate.rate_date = ranked.first_day
left join stg_fx_rates as inverse_rate
    on ranked.method = 'inverse'
    and inverse_rate.base = ranked.quote
    and inverse_rate.quote = ranked.base
    and inverse_rate.rate_date = ranked.first_day
left join stg_fx_rates as quote_leg
    on ranked.method = 'cross'
    and quote_leg.base = ranked.common_base
    and quote_leg.quote = ranked.quote
    and quote_leg.rate_date = ranked.first_day
left join stg_fx_rates as base_leg
    on ranked.method = 'cross'
    and base_leg.base = ranked.common_base
    and base_leg.quote = ranked.base
    and base_leg.rate_date = ranked.second_day
where ranked.choice = 1
