-- One row is the gifts of one type that one creator received in one range of one rate, or their reversals.
-- grain: range_no, entity, gift_id, kind
-- The same gifts as in led_gift_credit, summed by type instead of by span.
with credits as (
    select
        ranges.range_no,
        gifts.entity,
        gifts.gift_id,
        gifts.kind,
        gifts.quantity,
        gifts.coins,
        gifts.diamonds
    from stg_gift_events as gifts
    cross join run
    inner join led_creator_rate as ranges
        on ranges.creator_id = gifts.creator_id
        and least(gifts.sent_at, run.closing_instant) >= ranges.range_from
        and least(gifts.sent_at, run.closing_instant) < ranges.range_to
    where gifts.accounting_month = run.period
        and gifts.sent_at >= run.first_start
        and (gifts.capture is null or gifts.kind <> 'gift')
    union all
    select
        ranges.range_no,
        led_live_gift.entity,
        led_live_gift.gift_id,
        'gift' as kind,
        led_live_gift.quantity,
        led_live_gift.coins,
        led_live_gift.diamonds
    from led_live_gift
    cross join run
    inner join led_creator_rate as ranges
        on ranges.creator_id = led_live_gift.creator_id
        and least(led_live_gift.sent_at, run.closing_instant) >= ranges.range_from
        and least(led_live_gift.sent_at, run.closing_instant) < ranges.range_to
    where led_live_gift.accounting_month = run.period
)

select
    range_no,
    entity,
    gift_id,
    kind,
    cast(sum(quantity) as bigint) as gift_count,
    cast(sum(coins) as bigint) as coins,
    cast(sum(diamonds) as bigint) as diamonds
from credits
group by range_no, entity, gift_id, kind
