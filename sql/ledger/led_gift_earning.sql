-- One row is what the gifts of one type came to for one creator in one range of one rate, or what their reversals took.
-- grain: range_no, entity, gift_id, kind
-- materialized: view
-- Coins, diamonds and amounts of reversals are negative. list_value is what the coins are worth at list price; the part that
-- is not earned is the platform's. rounding_kept is the value of the fractions of diamonds that were not credited.
with signed as (
    select
        range_no,
        entity,
        gift_id,
        kind,
        case kind when 'gift' then gift_count else -gift_count end as gift_count,
        case kind when 'gift' then coins else -coins end as coins,
        case kind when 'gift' then diamonds else -diamonds end as diamonds
    from led_gift_type
)

select
    ranges.range_no,
    ranges.creator_id,
    signed.entity,
    signed.gift_id,
    signed.kind,
    ranges.rate_key,
    ranges.currency,
    ranges.diamonds_per_coin,
    ranges.diamond_value,
    ranges.rate_from,
    ranges.rate_until,
    ranges.is_prior_period,
    signed.gift_count,
    signed.coins,
    signed.diamonds,
    cast(signed.diamonds * ranges.diamond_value as decimal(38, 9)) as amount,
    cast(signed.coins * ranges.coin_value as decimal(38, 9)) as list_value,
    cast(
        cast(signed.coins * coalesce(ranges.diamonds_per_coin, 0) - signed.diamonds as decimal(29, 9)) * ranges.diamond_value
        as decimal(38, 18)
    ) as rounding_kept
from signed
inner join led_creator_rate as ranges
    on ranges.range_no = signed.range_no
