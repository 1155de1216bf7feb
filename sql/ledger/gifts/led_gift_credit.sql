-- One row is the gifts that one creator received in one span, or their reversals.
-- grain: span_no, value_span_no, entity, kind, is_live
-- Every gift of the period falls in exactly one span of its creator, so the sums hold every gift once. A reversal's coins
-- and diamonds are positive here; kind gives the direction. Gifts that were read from a live recorder carry no diamonds:
-- they are credited what the rate in force gives. value_span_no is the span by whose rate they are valued.
select
    cast(led_gift_day.span_no as bigint) as span_no,
    cast(led_gift_day.value_span_no as bigint) as value_span_no,
    led_entity.entity,
    case when led_gift_day.is_gift then 'gift' else 'reversal' end as kind,
    led_gift_day.is_live,
    cast(sum(led_gift_day.coins) as bigint) as coins,
    cast(sum(led_gift_day.diamonds) as bigint) as diamonds
from led_gift_day
inner join led_entity
    on led_entity.entity_no = led_gift_day.entity_no
group by led_gift_day.span_no, led_gift_day.value_span_no, led_entity.entity, led_gift_day.is_gift, led_gift_day.is_live
