-- One row is what the gifts of one creator came to in one range of one rate, or what their reversals took.
-- grain: range_no, entity, kind
-- Coins, diamonds and amounts of reversals are negative. list_value is what the coins are worth at list price; the part that
-- is not earned is the platform's. rounding_kept is the value of the fractions of diamonds that were not credited.
with sums as (
    select
        range_no,
        entity_no,
        is_gift,
        cast(sum(case when is_gift then gift_count else -gift_count end) as bigint) as gift_count,
        cast(sum(case when is_gift then coins else -coins end) as bigint) as coins,
        cast(sum(case when is_gift then diamonds else -diamonds end) as bigint) as diamonds
    from led_gift_type
    group by range_no, entity_no, is_gift
)

select
    ranges.range_no,
    ranges.creator_id,
    led_entity.entity,
    case when sums.is_gift then 'gift' else 'reversal' end as kind,
    ranges.rate_key,
    ranges.currency,
    ranges.diamonds_per_coin,
    ranges.diamond_value,
    ranges.rate_from,
    ranges.rate_until,
    ranges.is_prior_period,
    sums.gift_count,
    sums.coins,
    sums.diamonds,
    cast(sums.diamonds * ranges.diamond_value as decimal(38, 9)) as amount,
    cast(sums.coins * ranges.coin_value as decimal(38, 9)) as list_value,
    cast(
        cast(sums.coins * coalesce(ranges.diamonds_per_coin, 0) - sums.diamonds as decimal(29, 9)) * ranges.diamond_value
        as decimal(38, 18)
    ) as rounding_kept
from sums
inner join led_creator_rate as ranges
    on ranges.range_no = sums.range_no
inner join led_entity
    on led_entity.entity_no = sums.entity_no
