-- One row is one row of the history in the coins of a viewer of led_viewer_replayed, not yet in order.
-- grain: viewer_no, kind, source_id, lot_no, effective_at
-- Kinds are those of led_lot_event, and two that become no event of their own: a run is a gift that nothing asks for by itself (all
-- but those that a reversal names, unless the viewer is_itemised), a mark the instant at which a balance was fed: it tells the gifts
-- before it from those after it. effective_at is the instant at which the row counts: a late one at the start of its month, one from
-- beyond its month at the end. named_id is what a refund or an undoing row names. A viewer who is carried forward begins with what is left of
-- each lot, and with the month's rows.
with careful as (
    select
        led_viewer.viewer_no,
        led_viewer.viewer_id,
        led_viewer.entity,
        led_viewer_replayed.is_itemised,
        case when led_carried_viewer.viewer_no is null then '' else run.period end as from_month
    from led_viewer_replayed
    cross join run
    inner join led_viewer
        on led_viewer.viewer_no = led_viewer_replayed.viewer_no
    left join led_carried_viewer
        on led_carried_viewer.viewer_no = led_viewer_replayed.viewer_no
),

known_gifts as (
    select event_id, kind, original_event_id, viewer_id, entity, coins, sent_at, accounting_month
    from stg_gift_events
    union all
    select event_id, kind, original_event_id, viewer_id, entity, coins, sent_at, accounting_month
    from led_reached_gift
),

gifts as (
    select
        careful.viewer_no,
        careful.is_itemised,
        gifts.kind = 'gift' as is_gift,
        gifts.event_id,
        gifts.original_event_id,
        gifts.coins,
        gifts.sent_at,
        gifts.accounting_month
    from known_gifts as gifts
    cross join run
    inner join careful
        on careful.viewer_id = gifts.viewer_id
        and careful.entity = gifts.entity
        and careful.from_month <= gifts.accounting_month
    where gifts.accounting_month <= run.period and gifts.sent_at >= run.first_start and gifts.coins > 0
),

reversed as (
    select distinct viewer_no, original_event_id as event_id
    from gifts
    where not is_gift and original_event_id is not null
),

marked_gifts as (
    select
        gifts.viewer_no,
        gifts.is_gift,
        gifts.event_id,
        gifts.original_event_id,
        gifts.coins,
        gifts.sent_at,
        gifts.accounting_month,
        gifts.is_itemised or not gifts.is_gift or reversed.event_id is not null as is_special
    from gifts
    left join reversed
        on reversed.viewer_no = gifts.viewer_no
        and reversed.event_id = gifts.event_id
),

sources as (
    select
        led_lot.viewer_no,
        'lot' as kind,
        led_lot.lot_id as source_id,
        cast(null as varchar) as named_id,
        false as is_chargeback,
        case led_lot.origin when 'purchase' then 2 when 'promotion' then 1 else 0 end as source_rank,
        led_lot.lot_no,
        coalesce(led_carried_lot.left_coins, led_lot.coins) as coins,
        led_lot.acquired_at as event_at,
        led_lot.accounting_month
    from led_lot
    inner join careful
        on careful.viewer_no = led_lot.viewer_no
    left join led_carried_lot
        on led_carried_lot.viewer_no = led_lot.viewer_no
        and led_carried_lot.lot_no = led_lot.lot_no
    where coalesce(led_carried_lot.left_coins > 0, true) or led_lot.coins = 0
    union all
    select
        careful.viewer_no,
        'debt' as kind,
        '' as source_id,
        cast(null as varchar) as named_id,
        false as is_chargeback,
        0 as source_rank,
        cast(null as bigint) as lot_no,
        -cast(sum(led_opening_balance.coins) as bigint) as coins,
        run.first_start as event_at,
        run.first_period as accounting_month
    from led_opening_balance
    cross join run
    inner join careful
        on careful.viewer_id = led_opening_balance.subject_id
        and careful.entity = led_opening_balance.entity
        and careful.from_month = ''
    where led_opening_balance.subject_kind = 'viewer' and led_opening_balance.coins < 0
    group by careful.viewer_no, run.first_start, run.first_period
    union all
    select
        viewer_no,
        case when not is_special then 'run' when is_gift then 'gift' else 'restore' end as kind,
        event_id as source_id,
        original_event_id as named_id,
        false as is_chargeback,
        3 as source_rank,
        cast(null as bigint) as lot_no,
        coins,
        sent_at as event_at,
        accounting_month
    from marked_gifts
    union all
    select
        careful.viewer_no,
        case purchases.kind when 'chargeback_reversal' then 'unrefund' else 'refund' end as kind,
        purchases.purchase_id as source_id,
        purchases.original_purchase_id as named_id,
        purchases.kind = 'chargeback' as is_chargeback,
        2 as source_rank,
        cast(null as bigint) as lot_no,
        purchases.coins + purchases.bonus_coins as coins,
        purchases.purchased_at as event_at,
        purchases.accounting_month
    from stg_coin_purchases as purchases
    cross join run
    inner join careful
        on careful.viewer_id = purchases.viewer_id
        and careful.entity = purchases.entity
        and careful.from_month <= purchases.accounting_month
    where purchases.kind <> 'purchase' and purchases.accounting_month <= run.period and purchases.purchased_at >= run.first_start
    union all
    select
        careful.viewer_no,
        'breakage' as kind,
        adjustments.adjustment_id as source_id,
        cast(null as varchar) as named_id,
        false as is_chargeback,
        1 as source_rank,
        cast(null as bigint) as lot_no,
        -adjustments.coins as coins,
        adjustments.adjusted_at as event_at,
        adjustments.accounting_month
    from stg_coin_adjustments as adjustments
    cross join run
    inner join careful
        on careful.viewer_id = adjustments.viewer_id
        and careful.entity = adjustments.entity
        and careful.from_month <= adjustments.accounting_month
    where adjustments.coins < 0 and adjustments.accounting_month <= run.period and adjustments.adjusted_at >= run.first_start
    union all
    -- no event: where a balance was fed, the gifts before and after it are told apart
    select distinct
        careful.viewer_no,
        'mark' as kind,
        '' as source_id,
        cast(null as varchar) as named_id,
        false as is_chargeback,
        4 as source_rank,
        cast(null as bigint) as lot_no,
        cast(0 as bigint) as coins,
        stg_balances.as_of as event_at,
        run.period as accounting_month
    from stg_balances
    cross join run
    inner join careful
        on careful.viewer_id = stg_balances.subject_id
        and careful.entity = stg_balances.entity
    where stg_balances.subject_kind = 'viewer' and stg_balances.as_of > run.period_start and stg_balances.as_of < run.period_end
),

effective as (
    select
        sources.viewer_no,
        sources.kind,
        sources.source_id,
        sources.named_id,
        sources.is_chargeback,
        sources.source_rank,
        sources.lot_no,
        sources.coins,
        greatest(least(sources.event_at, run_months.closing_instant), run_months.month_start) as effective_at,
        sources.accounting_month
    from sources
    inner join run_months
        on run_months.accounting_month = sources.accounting_month
)

select
    viewer_no,
    kind,
    source_id,
    named_id,
    is_chargeback,
    source_rank,
    lot_no,
    coins,
    effective_at,
    accounting_month
from effective
