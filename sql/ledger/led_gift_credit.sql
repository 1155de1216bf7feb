-- One row is the gifts of one type that one creator received in one span, or their reversals.
-- grain: span_no, entity, gift_id, kind, is_live
-- Every gift of the period falls in exactly one span of its creator, so the sums hold every gift once. A reversal's coins
-- and diamonds are positive here; kind gives the direction. Gifts that were read from a live recorder carry no diamonds:
-- they are credited what the rate in force gives.
with live_credits as (
    select
        led_creator_span.span_no,
        gifts.entity,
        gifts.gift_id,
        gifts.kind,
        gifts.quantity,
        gifts.coins,
        coalesce(round_whole(gifts.coins * led_rate_at.diamonds_per_coin, led_rate_at.rounding), 0) as diamonds
    from stg_gift_events as gifts
    cross join run
    inner join led_creator_span
        on led_creator_span.creator_id = gifts.creator_id
        and least(gifts.sent_at, run.closing_instant) >= led_creator_span.range_from
        and least(gifts.sent_at, run.closing_instant) < led_creator_span.range_to
    inner join led_rate_at
        on led_rate_at.creator_id = led_creator_span.creator_id
        and led_rate_at.instant = led_creator_span.range_from
    where gifts.accounting_month = run.period
        and gifts.sent_at >= run.first_start
        and gifts.kind = 'gift'
        and gifts.capture is not null
)

select
    led_creator_span.span_no,
    gifts.entity,
    gifts.gift_id,
    gifts.kind,
    false as is_live,
    cast(sum(gifts.quantity) as bigint) as gift_count,
    cast(sum(gifts.coins) as bigint) as coins,
    cast(sum(gifts.diamonds) as bigint) as diamonds
from stg_gift_events as gifts
cross join run
inner join led_creator_span
    on led_creator_span.creator_id = gifts.creator_id
    and least(gifts.sent_at, run.closing_instant) >= led_creator_span.range_from
    and least(gifts.sent_at, run.closing_instant) < led_creator_span.range_to
where gifts.accounting_month = run.period
    and gifts.sent_at >= run.first_start
    and (gifts.capture is null or gifts.kind <> 'gift')
group by led_creator_span.span_no, gifts.entity, gifts.gift_id, gifts.kind
union all
select
    span_no,
    entity,
    gift_id,
    kind,
    true as is_live,
    cast(sum(quantity) as bigint) as gift_count,
    cast(sum(coins) as bigint) as coins,
    cast(sum(diamonds) as bigint) as diamonds
from live_credits
group by span_no, entity, gift_id, kind
