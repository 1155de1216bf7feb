-- One row is what the gifts of one day came to for creators and agencies, by entity and the creators' currency.
-- grain: entity, currency, event_day, is_gift
-- Reversals are negative, at the rate and the agency's share of the gift that they undo. agency_amount is the agencies' share of the creators' share, paid from the platform's part.
with valued as (
    select
        led_entity.entity,
        led_rate_at.currency,
        led_gift_day.event_day,
        led_gift_day.day,
        led_gift_day.is_gift,
        cast(
            case when led_gift_day.is_gift then led_gift_day.diamonds else -led_gift_day.diamonds end * led_rate_at.diamond_value
            as decimal(38, 9)
        ) as amount,
        led_rate_at.agency_share
    from led_gift_day
    inner join led_entity
        on led_entity.entity_no = led_gift_day.entity_no
    inner join led_creator_span
        on led_creator_span.span_no = led_gift_day.value_span_no
    inner join led_rate_at
        on led_rate_at.creator_id = led_creator_span.creator_id
        and led_rate_at.instant = led_creator_span.range_from
)

select
    entity,
    currency,
    event_day,
    day,
    is_gift,
    cast(sum(amount) as decimal(38, 9)) as amount,
    cast(sum(amount * agency_share) as decimal(38, 18)) as agency_amount
from valued
group by entity, currency, event_day, day, is_gift
