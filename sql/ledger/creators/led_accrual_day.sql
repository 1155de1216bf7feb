-- One row is what the gifts of one day came to for creators and agencies, by entity and the creators' currency.
-- grain: entity, currency, event_day, is_gift
-- Reversals are negative, at the rate and the agency's share of the gift that they undo. agency_amount is what all agencies together
-- got for them (led_agency_share), paid from the platform's part.
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
        ) as amount
    from led_gift_day
    inner join led_entity
        on led_entity.entity_no = led_gift_day.entity_no
    inner join led_creator_span
        on led_creator_span.span_no = led_gift_day.value_span_no
    inner join led_rate_at
        on led_rate_at.creator_id = led_creator_span.creator_id
        and led_rate_at.instant = led_creator_span.range_from
),

days as (
    select
        entity,
        currency,
        event_day,
        day,
        is_gift,
        cast(sum(amount) as decimal(38, 9)) as amount
    from valued
    group by entity, currency, event_day, day, is_gift
),

agencies as (
    select
        led_agency_share.entity,
        led_agency_share.currency,
        led_agency_share.event_day,
        led_agency_share.day,
        led_agency_share.is_gift,
        cast(sum(led_agency_share.amount) as decimal(38, 9)) as amount
    from led_agency_share
    inner join run
        on run.period = led_agency_share.accounting_month
    group by
        led_agency_share.entity, led_agency_share.currency, led_agency_share.event_day, led_agency_share.day, led_agency_share.is_gift
)

select
    days.entity,
    days.currency,
    days.event_day,
    days.day,
    days.is_gift,
    days.amount,
    coalesce(agencies.amount, 0) as agency_amount
from days
left join agencies
    on agencies.entity = days.entity
    and agencies.currency = days.currency
    and agencies.event_day = days.event_day
    and agencies.day = days.day
    and agencies.is_gift = days.is_gift
