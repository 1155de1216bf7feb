-- One row is the gifts that one creator received in one span, or their reversals.
-- grain: span_no, entity, kind, is_live
-- Every gift of the period falls in exactly one span of its creator, so the sums hold every gift once. A reversal's coins
-- and diamonds are positive here; kind gives the direction. Gifts that were read from a live recorder carry no diamonds:
-- they are credited what the rate in force gives.
with sums as (
    select
        span_no,
        entity_no,
        is_gift,
        cast(sum(coins) as bigint) as coins,
        cast(sum(diamonds) as bigint) as diamonds
    from led_gift
    where not is_live
    group by span_no, entity_no, is_gift
)

select
    cast(sums.span_no as bigint) as span_no,
    led_entity.entity,
    case when sums.is_gift then 'gift' else 'reversal' end as kind,
    false as is_live,
    sums.coins,
    sums.diamonds
from sums
inner join led_entity
    on led_entity.entity_no = sums.entity_no
union all
select
    led_creator_span.span_no,
    led_live_gift.entity,
    'gift' as kind,
    true as is_live,
    cast(sum(led_live_gift.coins) as bigint) as coins,
    cast(sum(led_live_gift.diamonds) as bigint) as diamonds
from led_live_gift
cross join run
inner join led_creator_span
    on led_creator_span.creator_id = led_live_gift.creator_id
    and least(led_live_gift.sent_at, run.closing_instant) >= led_creator_span.range_from
    and least(led_live_gift.sent_at, run.closing_instant) < led_creator_span.range_to
where led_live_gift.accounting_month = run.period
group by led_creator_span.span_no, led_live_gift.entity
