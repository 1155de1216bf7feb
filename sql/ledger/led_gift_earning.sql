-- One row is the gifts of one type that one creator received at one rate, or their reversals.
-- grain: creator_id, entity, gift_id, kind, rate_key, is_prior_period
-- Coins, diamonds and amounts of reversals are negative. list_value is what the coins are worth at list price; the part that
-- is not earned is the platform's, out of which the agency is paid. rounding_kept is the value of the fractions of diamonds
-- that were not credited.
select
    led_creator_span.creator_id,
    led_gift_credit.entity,
    led_gift_credit.gift_id,
    led_gift_credit.kind,
    led_rate_at.rate_key,
    led_rate_at.currency,
    led_rate_at.diamonds_per_coin,
    led_rate_at.diamond_value,
    led_rate_at.rate_from,
    led_rate_at.rate_until,
    led_creator_span.range_to <= run.period_start as is_prior_period,
    cast(sum(case led_gift_credit.kind when 'gift' then led_gift_credit.gift_count else -led_gift_credit.gift_count end) as bigint)
        as gift_count,
    cast(sum(case led_gift_credit.kind when 'gift' then led_gift_credit.coins else -led_gift_credit.coins end) as bigint) as coins,
    cast(sum(case led_gift_credit.kind when 'gift' then led_gift_credit.diamonds else -led_gift_credit.diamonds end) as bigint)
        as diamonds,
    cast(sum(
        case led_gift_credit.kind when 'gift' then led_gift_credit.diamonds else -led_gift_credit.diamonds end
        * led_rate_at.diamond_value
    ) as decimal(38, 9)) as amount,
    cast(sum(
        case led_gift_credit.kind when 'gift' then led_gift_credit.coins else -led_gift_credit.coins end * led_rate_at.coin_value
    ) as decimal(38, 9)) as list_value,
    cast(sum(
        cast(
            case led_gift_credit.kind when 'gift' then led_gift_credit.diamonds else -led_gift_credit.diamonds end
            * led_rate_at.diamond_value as decimal(38, 9)
        ) * led_rate_at.agency_share
    ) as decimal(38, 18)) as agency_amount,
    cast(sum(
        cast(
            case led_gift_credit.kind when 'gift' then 1 else -1 end
            * (led_gift_credit.coins * coalesce(led_rate_at.diamonds_per_coin, 0) - led_gift_credit.diamonds) as decimal(29, 9)
        ) * led_rate_at.diamond_value
    ) as decimal(38, 18)) as rounding_kept
from led_gift_credit
cross join run
inner join led_creator_span
    on led_creator_span.span_no = led_gift_credit.span_no
inner join led_rate_at
    on led_rate_at.creator_id = led_creator_span.creator_id
    and led_rate_at.instant = led_creator_span.range_from
group by
    led_creator_span.creator_id,
    led_gift_credit.entity,
    led_gift_credit.gift_id,
    led_gift_credit.kind,
    led_rate_at.rate_key,
    led_rate_at.currency,
    led_rate_at.diamonds_per_coin,
    led_rate_at.diamond_value,
    led_rate_at.rate_from,
    led_rate_at.rate_until,
    led_creator_span.range_to <= run.period_start
