-- One row is one viewer whose lots are replayed event by event, because they aren't simply spent in order.
-- grain: viewer_no
-- for: speed
-- Refunds take their own purchase's lot, reversals restore lots, corrections and expiry go elsewhere than gifts, inactivity takes
-- values: viewers with any of these, ever, are replayed event by event in led_lot_replay. For all others, nearly all, position
-- arithmetic does (led_lot_given). Both give the same; a test replays everyone and compares. is_itemised asks for every gift by
-- itself, which clawbacks need; else the gifts of a day between two such events are one. Of a viewer who is carried forward the month's own
-- rows alone count.
with apart as (
    select viewer_id, entity, accounting_month, run.clawback = 'full' as is_itemised
    from stg_coin_purchases
    cross join run
    where kind <> 'purchase' and accounting_month <= run.period and purchased_at >= run.first_start
    union
    select viewer_id, entity, accounting_month, false as is_itemised
    from stg_gift_events
    cross join run
    where kind = 'reversal' and accounting_month <= run.period and sent_at >= run.first_start
    union
    select viewer_id, entity, accounting_month, false as is_itemised
    from led_reached_gift
    where kind = 'reversal'
    union
    select viewer_id, entity, accounting_month, false as is_itemised
    from stg_coin_adjustments
    cross join run
    where coins < 0 and accounting_month <= run.period and adjusted_at >= run.first_start
    union
    select subject_id as viewer_id, entity, run.first_period as accounting_month, false as is_itemised
    from led_opening_balance
    cross join run
    where subject_kind = 'viewer' and coins < 0
    union
    -- a balance fed within the month asks for the lots at an instant, not at a day's end
    select subject_id as viewer_id, entity, run.period as accounting_month, false as is_itemised
    from stg_balances
    cross join run
    where subject_kind = 'viewer'
        and as_of > run.period_start
        and as_of > run.first_start
        and as_of < run.period_end
        and (amount is not null or deferred_fee is not null or channel is not null or currency is not null)
),

numbered as (
    select led_viewer.viewer_no, apart.is_itemised
    from apart
    cross join run
    inner join led_viewer
        on led_viewer.viewer_id = apart.viewer_id
        and led_viewer.entity = apart.entity
    left join led_carried_viewer
        on led_carried_viewer.viewer_no = led_viewer.viewer_no
    where led_carried_viewer.viewer_no is null or apart.accounting_month = run.period
    union all
    select viewer_no, false as is_itemised
    from led_lot_break
)

select
    viewer_no,
    max(case when is_itemised then 1 else 0 end) = 1 as is_itemised
from numbered
group by viewer_no
