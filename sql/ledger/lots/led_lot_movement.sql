-- One row is one change of the coins left of one lot within the period, and the money that went with it.
-- grain: viewer_no, lot_no, day, kind, before, after (for a replayed viewer also segment_no)
-- materialized: view
-- Kinds: gift, refund, breakage, debt (an opening below zero, paid) and inactivity take; restore and unrefund give back and have
-- negative money. Going from `before` to `after` coins takes what the lot carries at the one less what it carries at the other
-- (led_lot_balance), so that the parts of a lot sum to the lot and what is undone at once leaves no trace. paid_later tells
-- a debt that a later lot paid; it counts when that lot came. Most are gifts' of viewers who need no replay (led_lot_given).
-- class_no is the lot's kind of coins (led_lot_class). Amounts are whole millionths.
with replayed as (
    select
        led_lot_take.viewer_no,
        led_lot_take.lot_no,
        led_lot_take.segment_no,
        led_quarter_day.day,
        led_lot_take.kind,
        led_lot_take.source_id,
        -- gifts are told apart by days only
        case when led_lot_take.kind = 'gift'
            then led_lot_take.debit_month < run.period or debited.day < led_quarter_day.day
            else led_lot_take.paid_later
        end as paid_later,
        led_lot_take.before,
        led_lot_take.after
    from led_lot_take
    inner join run
        on run.period = led_lot_take.accounting_month
    inner join led_quarter_day
        on led_quarter_day.quarter = quarter_hour(led_lot_take.counts_at)
    left join led_quarter_day as debited
        on debited.quarter = quarter_hour(led_lot_take.debited_at)
),

broken as (
    select
        led_lot_balance.viewer_no,
        led_lot_balance.lot_no,
        cast(0 as bigint) as segment_no,
        led_quarter_day.day,
        'inactivity' as kind,
        cast(null as varchar) as source_id,
        false as paid_later,
        led_lot_balance.closing_coins as before,
        led_lot_balance.closing_coins as after
    from led_lot_balance
    inner join run
        on run.period = led_lot_balance.broken_month
    inner join led_quarter_day
        on led_quarter_day.quarter = quarter_hour(run.closing_instant)
    where led_lot_balance.closing_coins > 0
),

moved as (
    select
        viewer_no, lot_no, segment_no, day, kind, source_id, paid_later, before, after, before as carried_before,
        after as carried_after
    from replayed
    union all
    select
        viewer_no, lot_no, segment_no, day, kind, source_id, paid_later, before, after, before as carried_before,
        cast(0 as bigint) as carried_after
    from broken
),

priced as (
    select
        moved.viewer_no,
        moved.lot_no,
        moved.segment_no,
        moved.day,
        moved.kind,
        moved.source_id,
        moved.paid_later,
        moved.before,
        moved.after,
        -- a lot that broke in an earlier month carries nothing any more
        case when led_lot_balance.broken_month < run.period then 0 else moved.carried_before end as carried_before,
        case when led_lot_balance.broken_month < run.period then 0 else moved.carried_after end as carried_after,
        led_lot_balance.class_no,
        led_lot_balance.currency = led_lot_balance.functional_currency as is_functional,
        led_lot_balance.coins,
        led_lot_balance.value,
        led_lot_balance.fee,
        led_lot_balance.functional_value,
        led_lot_balance.functional_fee
    from moved
    cross join run
    inner join led_lot_balance
        on led_lot_balance.viewer_no = moved.viewer_no
        and led_lot_balance.lot_no = moved.lot_no
),

valued as (
    select
        viewer_no,
        lot_no,
        segment_no,
        class_no,
        day,
        kind,
        source_id,
        paid_later,
        before,
        after,
        carried_before,
        carried_after,
        is_functional,
        coins,
        functional_value,
        functional_fee,
        carried_small(value, carried_before, coins) - carried_small(value, carried_after, coins) as value,
        carried_small(fee, carried_before, coins) - carried_small(fee, carried_after, coins) as fee
    from priced
)

select
    viewer_no,
    lot_no,
    cast(0 as bigint) as segment_no,
    class_no,
    counts_on as day,
    'gift' as kind,
    cast(null as varchar) as source_id,
    paid_later,
    before,
    after,
    value,
    fee,
    functional_value,
    functional_fee
from led_lot_given
union all
select
    viewer_no,
    lot_no,
    segment_no,
    class_no,
    day,
    kind,
    source_id,
    paid_later,
    before,
    after,
    value,
    fee,
    case when is_functional then cast(value as decimal(38, 0))
        else carried(functional_value, carried_before, coins) - carried(functional_value, carried_after, coins)
    end as functional_value,
    case when is_functional then cast(fee as decimal(38, 0))
        else carried(functional_fee, carried_before, coins) - carried(functional_fee, carried_after, coins)
    end as functional_fee
from valued
