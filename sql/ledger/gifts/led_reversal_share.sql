-- One row is the part of one reversal's diamonds, in money, that goes by one kind of coins.
-- grain: event_id, class_no
-- The reversal takes back what its gift gave: the creator's share at the gift's rate, the share of the agency that got one. It is split by the coins that came back to the
-- viewer's lots, by cumulative floor in billionths; what cancelled the gift's debt is of the kind debt, and so are coins beyond
-- all that the gift took, as of a gift from before carat: nothing says that they were promotional. Amounts are positive.
with reversals as (
    select
        led_gift_reversal.event_id,
        led_viewer.viewer_no,
        led_viewer.entity,
        led_gift_reversal.coins,
        led_gift_reversal.diamonds,
        led_gift_term.term_no,
        led_gift_term.diamond_value,
        led_quarter_day.day as sent_day,
        case when led_lot_balance.lot_id is null then led_viewer_class.class_no end as class_no
    from led_gift_reversal
    inner join run
        on run.period = led_gift_reversal.accounting_month
    inner join led_viewer
        on led_viewer.viewer_id = led_gift_reversal.viewer_id
        and led_viewer.entity = led_gift_reversal.entity
    inner join led_rated_span
        on led_rated_span.creator_id = led_gift_reversal.creator_id
        and least(led_gift_reversal.valued_at, run.closing_instant) >= led_rated_span.range_from
        and least(led_gift_reversal.valued_at, run.closing_instant) < led_rated_span.range_to
    inner join led_gift_term
        on led_gift_term.span_no = led_rated_span.span_no
    inner join led_quarter_day
        on led_quarter_day.quarter = quarter_hour(led_gift_reversal.sent_at)
    inner join led_viewer_class
        on led_viewer_class.viewer_no = led_viewer.viewer_no
    left join led_lot_balance
        on led_lot_balance.viewer_no = led_viewer.viewer_no
        and led_lot_balance.lot_id = led_gift_reversal.event_id
        and led_lot_balance.origin = 'reversal'
    where led_gift_reversal.sent_at >= run.first_start
),

restored as (
    select
        reversals.event_id,
        led_lot_class.class_no,
        led_lot_class.channel,
        cast(sum(led_lot_take.after - led_lot_take.before) as bigint) as coins
    from reversals
    inner join led_lot_take
        on led_lot_take.viewer_no = reversals.viewer_no
        and led_lot_take.source_id = reversals.event_id
        and led_lot_take.kind = 'restore'
    inner join led_lot_balance
        on led_lot_balance.viewer_no = led_lot_take.viewer_no
        and led_lot_balance.lot_no = led_lot_take.lot_no
    inner join led_lot_class
        on led_lot_class.entity = led_lot_balance.entity
        and led_lot_class.channel = led_lot_balance.channel
        and led_lot_class.currency = led_lot_balance.currency
    where reversals.class_no is null
    group by reversals.event_id, led_lot_class.class_no, led_lot_class.channel
),

accounted as (
    select event_id, cast(sum(coins) as bigint) as coins
    from restored
    group by event_id
),

parts as (
    select event_id, class_no, cast(sum(coins) as bigint) as coins
    from restored
    group by event_id, class_no
    union all
    select reversals.event_id, led_lot_class.class_no, reversals.coins - coalesce(accounted.coins, 0) as coins
    from reversals
    inner join led_lot_class
        on led_lot_class.entity = reversals.entity
        and led_lot_class.channel = 'debt'
    left join accounted
        on accounted.event_id = reversals.event_id
    where reversals.class_no is null and (reversals.coins > coalesce(accounted.coins, 0) or reversals.coins = 0)
),

placed as (
    select
        event_id,
        class_no,
        coins,
        cast(sum(coins) over (
            partition by event_id
            order by class_no
            rows between unbounded preceding and current row
        ) as bigint) as upto
    from parts
)

select
    event_id,
    class_no,
    sent_day,
    term_no,
    cast(billionths(diamond_value) * diamonds as decimal(38, 0)) as amount
from reversals
where class_no is not null
union all
select
    reversals.event_id,
    placed.class_no,
    reversals.sent_day,
    reversals.term_no,
    case when reversals.coins = 0 then cast(billionths(reversals.diamond_value) * reversals.diamonds as decimal(38, 0))
        else share_of(billionths(reversals.diamond_value) * reversals.diamonds, placed.upto, reversals.coins)
            - share_of(billionths(reversals.diamond_value) * reversals.diamonds, placed.upto - placed.coins, reversals.coins)
    end as amount
from reversals
inner join placed
    on placed.event_id = reversals.event_id
