-- One row is a rate whose platform share is not what its own conversion leaves to the platform.
-- grain: rate_key
-- control: platform_cut
-- severity: review
-- unit: currency
-- reasons: share
-- guards: a rate typed wrong, by which the platform keeps or gives away another share than contracted
-- question: Does each rate leave the platform the share that was contracted?
-- causes: a digit too many in a rate; a share changed without its conversion rate, or the other way round
-- action: correct the rate row; credits made at a wrong rate need an adjustment
-- checked: from (select distinct rate_key from led_rate_used) as used
-- not_compared_reason: no gift of the month used a rate
-- Of every coin's list value, 1 - platform_share should go to the creator; diamonds_per_coin x diamond_value does. Over the
-- gifts of the month that used the rate the two may differ by less than one minor unit.
with judged as (
    select
        rate_key,
        entity,
        currency,
        coins,
        coins * cast(coin_value * (cast(1 as decimal(18, 9)) - platform_share) as decimal(38, 18)) as contracted,
        coins * cast(cast(diamonds_per_coin as decimal(38, 9)) * diamond_value as decimal(38, 18)) as converted
    from led_rate_used
)

select
    judged.entity,
    'rate' as subject_kind,
    judged.rate_key as subject_id,
    cast(judged.converted as decimal(38, 9)) as expected,
    cast(judged.contracted as decimal(38, 9)) as actual,
    cast(judged.contracted - judged.converted as decimal(38, 9)) as difference,
    judged.currency as unit,
    'share' as reason,
    'On ' || counted(judged.coins, 'coin') || ' the contracted share leaves the creator ' || plain(judged.contracted) || ' '
        || judged.currency || ', the conversion gives ' || plain(judged.converted) || ' ' || judged.currency || '.' as detail,
    cast(null as varchar) as batch_id,
    cast(null as bigint) as source_line
from judged
left join run_currencies
    on run_currencies.currency = judged.currency
where abs(judged.contracted - judged.converted) >= minor_unit(coalesce(run_currencies.minor_digits, 2))
order by judged.rate_key, judged.entity
