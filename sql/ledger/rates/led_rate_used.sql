-- One row is one rate row that served gifts of the month in one entity, with the coins it converted.
-- grain: rate_key, entity
select
    led_rate_at.rate_key,
    led_gift_credit.entity,
    led_rate_at.currency,
    led_rate_at.diamonds_per_coin,
    led_rate_at.diamond_value,
    led_rate_at.coin_value,
    led_rate_at.platform_share,
    cast(sum(led_gift_credit.coins) as bigint) as coins,
    cast(sum(led_gift_credit.diamonds) as bigint) as diamonds
from led_gift_credit
inner join led_creator_span
    on led_creator_span.span_no = led_gift_credit.span_no
inner join led_rate_at
    on led_rate_at.creator_id = led_creator_span.creator_id
    and led_rate_at.instant = led_creator_span.range_from
where led_gift_credit.kind = 'gift' and led_rate_at.rate_key is not null
group by
    led_rate_at.rate_key,
    led_gift_credit.entity,
    led_rate_at.currency,
    led_rate_at.diamonds_per_coin,
    led_rate_at.diamond_value,
    led_rate_at.coin_value,
    led_rate_at.platform_share
