-- One row is the month of one viewer's coins: opening, movements, closing.
-- grain: viewer_id, entity
-- opening + bought + bonus + adjusted - gifted + reversed - refunded - expired = closing. The opening is the fed opening
-- balance and everything booked in earlier months. A negative closing is coin debt.
with gift_sums as (
    select
        viewer_id,
        entity,
        cast(sum(coins) as bigint) as gifted
    from stg_gift_events
    cross join run
    where accounting_month = run.period and kind = 'gift' and sent_at >= run.first_start
    group by viewer_id, entity
),

reversal_sums as (
    select
        viewer_id,
        entity,
        cast(sum(coins) as bigint) as reversed
    from stg_gift_events
    cross join run
    where accounting_month = run.period and kind = 'reversal' and sent_at >= run.first_start
    group by viewer_id, entity
),

earlier_gift_sums as (
    select
        viewer_id,
        entity,
        cast(sum(case kind when 'gift' then -coins else coins end) as bigint) as opening
    from stg_gift_events
    cross join run
    where accounting_month < run.period and sent_at >= run.first_start
    group by viewer_id, entity
),

purchase_sums as (
    select
        viewer_id,
        entity,
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
    from stg_coin_purchases
    cross join run
    where accounting_month <= run.period and purchased_at >= run.first_start
    group by viewer_id, entity
),

adjustment_sums as (
    select
        viewer_id,
        entity,
        cast(sum(case when accounting_month < run.period then coins else 0 end) as bigint) as opening,
        cast(sum(case when accounting_month = run.period and reason <> 'expiry' then coins else 0 end) as bigint) as adjusted,
        cast(sum(case when accounting_month = run.period and reason = 'expiry' then -coins else 0 end) as bigint) as expired,
        cast(sum(case when accounting_month = run.period and coins < 0 then -coins else 0 end) as bigint) as withdrawn
    from stg_coin_adjustments
    cross join run
    where accounting_month <= run.period and adjusted_at >= run.first_start
    group by viewer_id, entity
),

parts as (
    select
        viewer_id, entity, cast(0 as bigint) as opening, 0 as bought, 0 as bonus, 0 as adjusted, gifted, 0 as reversed,
        0 as refunded, 0 as expired, 0 as charged, 0 as withdrawn
    from gift_sums
    union all
    select viewer_id, entity, 0, 0, 0, 0, 0, reversed, 0, 0, 0, 0
    from reversal_sums
    union all
    select viewer_id, entity, opening, 0, 0, 0, 0, 0, 0, 0, 0, 0
    from earlier_gift_sums
    union all
    select viewer_id, entity, opening, bought, bonus, 0, 0, 0, refunded, 0, charged, 0
    from purchase_sums
    union all
    select viewer_id, entity, opening, 0, 0, adjusted, 0, 0, 0, expired, 0, withdrawn
    from adjustment_sums
    union all
    select subject_id, entity, coalesce(coins, 0), 0, 0, 0, 0, 0, 0, 0, 0, 0
    from led_opening_balance
    where subject_kind = 'viewer'
),

summed as (
    select
        viewer_id,
        entity,
        cast(sum(opening) as bigint) as opening,
        cast(sum(bought) as bigint) as bought,
        cast(sum(bonus) as bigint) as bonus,
        cast(sum(adjusted) as bigint) as adjusted,
        cast(sum(gifted) as bigint) as gifted,
        cast(sum(reversed) as bigint) as reversed,
        cast(sum(refunded) as bigint) as refunded,
        cast(sum(expired) as bigint) as expired,
        cast(sum(charged) as bigint) as charged,
        cast(sum(withdrawn) as bigint) as withdrawn
    from parts
    group by viewer_id, entity
)

select
    viewer_id,
    entity,
    opening,
    bought,
    bonus,
    adjusted,
    gifted,
    reversed,
    refunded,
    expired,
    opening + bought + bonus + adjusted - gifted + reversed - refunded - expired as closing,
    -- all that went out in the month: no order of events brings the balance lower than opening - debited
    gifted + charged + withdrawn as debited
from summed
