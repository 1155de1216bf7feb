-- One row is the gifts of one type that one creator received in one range of one rate, or their reversals.
-- grain: range_no, entity_no, gift_no, is_gift
-- The same gifts as in led_gift_credit, summed by type instead of by span. Reversals are positive here, in the
-- range of the gift that they undo.
with credits as (
    select
        range_no,
        entity_no,
        gift_no,
        is_gift,
        quantity,
        coins,
        diamonds
    from led_gift
    where not is_live
    union all
    select
        led_rated_span.range_no,
        led_entity.entity_no,
        led_gift_kind.gift_no,
        true as is_gift,
        led_live_gift.quantity,
        led_live_gift.coins,
        led_live_gift.diamonds
    from led_live_gift
    cross join run
    inner join led_rated_span
        on led_rated_span.creator_id = led_live_gift.creator_id
        and least(led_live_gift.sent_at, run.closing_instant) >= led_rated_span.range_from
        and least(led_live_gift.sent_at, run.closing_instant) < led_rated_span.range_to
    inner join led_entity
        on led_entity.entity = led_live_gift.entity
    inner join led_gift_kind
        on led_gift_kind.gift_id = led_live_gift.gift_id
    where led_live_gift.accounting_month = run.period
)

select
    range_no,
    entity_no,
    gift_no,
    is_gift,
    cast(sum(quantity) as bigint) as gift_count,
    cast(sum(coins) as bigint) as coins,
    cast(sum(diamonds) as bigint) as diamonds
from credits
group by range_no, entity_no, gift_no, is_gift
