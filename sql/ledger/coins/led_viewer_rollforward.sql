-- One row is the month of one viewer's coins: opening, movements, closing.
-- grain: viewer_id, entity
-- opening + bought + bonus + adjusted - gifted + reversed - refunded - expired = closing. The opening is the fed opening
-- balance and everything booked in earlier months; of a viewer who is carried forward, what the closed month closed with. A negative
-- closing is coin debt.
with gift_sums as (
    select
        viewer_no,
        cast(sum(case when day is null then coins else 0 end) as bigint) as gifted_before,
        cast(sum(case when day is null then 0 else coins end) as bigint) as gifted
    from led_viewer_day
    group by viewer_no
),

reversal_sums as (
    select
        viewer_no,
        cast(sum(coins) as bigint) as reversed
    from led_gift
    where not is_gift
    group by viewer_no
),

earlier_reversals as (
    select viewer_id, entity, coins
    from stg_gift_events
    cross join run
    where accounting_month < run.period and sent_at >= run.first_start and kind = 'reversal'
    union all
    select viewer_id, entity, coins
    from led_reached_gift
    where kind = 'reversal'
),

earlier_reversal_sums as (
    select
        led_viewer.viewer_no,
        cast(sum(earlier_reversals.coins) as bigint) as opening
    from earlier_reversals
    inner join led_viewer
        on led_viewer.viewer_id = earlier_reversals.viewer_id
        and led_viewer.entity = earlier_reversals.entity
    left join led_carried_viewer
        on led_carried_viewer.viewer_no = led_viewer.viewer_no
    where led_carried_viewer.viewer_no is null
    group by led_viewer.viewer_no
),

purchase_sums as (
    select
        led_viewer.viewer_no,
        cast(sum(case
            when accounting_month = run.period then 0
            when kind in ('purchase', 'chargeback_reversal') then coins + bonus_coins
            else -coins - bonus_coins
        end) as bigint) as opening,
        cast(sum(case when accounting_month = run.period and kind = 'purchase' then coins else 0 end) as bigint) as bought,
        cast(sum(case when accounting_month = run.period and kind = 'purchase' then bonus_coins else 0 end) as bigint) as bonus,
        cast(sum(case
            when accounting_month < run.period or kind = 'purchase' then 0
            when kind = 'chargeback_reversal' then -coins - bonus_coins
            else coins + bonus_coins
        end) as bigint) as refunded,
        cast(sum(case
            when accounting_month = run.period and kind in ('refund', 'chargeback') then coins + bonus_coins
            else 0
        end) as bigint) as charged
    from stg_coin_purchases as moved
    cross join run
    inner join led_viewer
        on led_viewer.viewer_id = moved.viewer_id
        and led_viewer.entity = moved.entity
    left join led_carried_viewer
        on led_carried_viewer.viewer_no = led_viewer.viewer_no
    where moved.accounting_month <= run.period
        and moved.purchased_at >= run.first_start
        and (led_carried_viewer.viewer_no is null or moved.accounting_month = run.period)
    group by led_viewer.viewer_no
),

adjustment_sums as (
    select
        led_viewer.viewer_no,
        cast(sum(case when accounting_month < run.period then coins else 0 end) as bigint) as opening,
        cast(sum(case when accounting_month = run.period and reason <> 'expiry' then coins else 0 end) as bigint) as adjusted,
        cast(sum(case when accounting_month = run.period and reason = 'expiry' then -coins else 0 end) as bigint) as expired,
        cast(sum(case when accounting_month = run.period and coins < 0 then -coins else 0 end) as bigint) as withdrawn
    from stg_coin_adjustments as moved
    cross join run
    inner join led_viewer
        on led_viewer.viewer_id = moved.viewer_id
        and led_viewer.entity = moved.entity
    left join led_carried_viewer
        on led_carried_viewer.viewer_no = led_viewer.viewer_no
    where moved.accounting_month <= run.period
        and moved.adjusted_at >= run.first_start
        and (led_carried_viewer.viewer_no is null or moved.accounting_month = run.period)
    group by led_viewer.viewer_no
),

opening_sums as (
    select
        led_viewer.viewer_no,
        cast(sum(coalesce(led_opening_balance.coins, 0)) as bigint) as opening
    from led_opening_balance
    inner join led_viewer
        on led_viewer.viewer_id = led_opening_balance.subject_id
        and led_viewer.entity = led_opening_balance.entity
    left join led_carried_viewer
        on led_carried_viewer.viewer_no = led_viewer.viewer_no
    where led_opening_balance.subject_kind = 'viewer'
        and led_carried_viewer.viewer_no is null
    group by led_viewer.viewer_no
),

parts as (
    select
        viewer_no, -gifted_before as opening, cast(0 as bigint) as bought, cast(0 as bigint) as bonus, cast(0 as bigint) as adjusted,
        gifted_before, gifted, cast(0 as bigint) as reversed, cast(0 as bigint) as refunded, cast(0 as bigint) as expired,
        cast(0 as bigint) as charged, cast(0 as bigint) as withdrawn
    from gift_sums
    union all
    select viewer_no, 0, 0, 0, 0, 0, 0, reversed, 0, 0, 0, 0
    from reversal_sums
    union all
    select viewer_no, opening, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
    from earlier_reversal_sums
    union all
    select viewer_no, opening, bought, bonus, 0, 0, 0, 0, refunded, 0, charged, 0
    from purchase_sums
    union all
    select viewer_no, opening, 0, 0, adjusted, 0, 0, 0, 0, expired, 0, withdrawn
    from adjustment_sums
    union all
    select viewer_no, opening, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
    from opening_sums
    union all
    select viewer_no, opening_coins, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
    from led_carried_viewer
),

summed as (
    select
        viewer_no,
        cast(sum(opening) as bigint) as opening,
        cast(sum(bought) as bigint) as bought,
        cast(sum(bonus) as bigint) as bonus,
        cast(sum(adjusted) as bigint) as adjusted,
        cast(sum(gifted_before) as bigint) as gifted_before,
        cast(sum(gifted) as bigint) as gifted,
        cast(sum(reversed) as bigint) as reversed,
        cast(sum(refunded) as bigint) as refunded,
        cast(sum(expired) as bigint) as expired,
        cast(sum(charged) as bigint) as charged,
        cast(sum(withdrawn) as bigint) as withdrawn
    from parts
    group by viewer_no
)

select
    summed.viewer_no,
    led_viewer.viewer_id,
    led_viewer.entity,
    summed.opening,
    summed.bought,
    summed.bonus,
    summed.adjusted,
    summed.gifted,
    summed.reversed,
    summed.refunded,
    summed.expired,
    opening + bought + bonus + adjusted - gifted + reversed - refunded - expired as closing,
    -- of the opening: what gifts of earlier months took
    summed.gifted_before,
    -- all that went out in the month: no order of events brings the balance lower than opening - debited
    gifted + charged + withdrawn as debited
from summed
inner join led_viewer
    on led_viewer.viewer_no = summed.viewer_no
