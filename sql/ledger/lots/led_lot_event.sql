-- One row is one event in the coins of a viewer of led_viewer_replayed, in order.
-- grain: viewer_no, event_no
-- Kinds: lot (coins come), gift, breakage (expiry, negative correction) and debt (a fed opening below zero) are taken first in,
-- first out; refund (of its own purchase's lot first), unrefund (a chargeback reversal) and restore (a gift reversal) are not, and
-- each begins a new segment of its viewer's events. Order: effective time; at one instant credits, then debits, then what undoes
-- a debit of that same instant (late rows meet at the start of their month, and a reversal can't come before its gift); then
-- the key. own_event_no is the event of the refunded purchase's lot; target_event_no that of the gift or chargeback that is
-- undone: the named one, or of a named purchase the last chargeback before. An undone gift or chargeback is_target.
-- Heavy viewers have thousands of gifts and few other events. The gifts of one day (of one month, before the period) with no
-- other debit between them are one event without source_id, unless the viewer is_itemised: what counts is the day, and no
-- reversal asks for one of them. event_no has gaps there.
with careful as (
    select
        led_viewer.viewer_no,
        led_viewer.viewer_id,
        led_viewer.entity,
        led_viewer_replayed.is_itemised
    from led_viewer_replayed
    inner join led_viewer
        on led_viewer.viewer_no = led_viewer_replayed.viewer_no
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
    from stg_gift_events as gifts
    cross join run
    inner join careful
        on careful.viewer_id = gifts.viewer_id
        and careful.entity = gifts.entity
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
        led_lot.coins,
        led_lot.acquired_at as event_at,
        led_lot.accounting_month
    from led_lot
    inner join careful
        on careful.viewer_no = led_lot.viewer_no
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
    where led_opening_balance.subject_kind = 'viewer' and led_opening_balance.coins < 0
    group by careful.viewer_no, run.first_start, run.first_period
    union all
    select
        viewer_no,
        case when is_gift then 'gift' else 'restore' end as kind,
        event_id as source_id,
        original_event_id as named_id,
        false as is_chargeback,
        3 as source_rank,
        cast(null as bigint) as lot_no,
        coins,
        sent_at as event_at,
        accounting_month
    from marked_gifts
    where is_special
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
),

-- what an undoing event undoes: the row it names, else the last chargeback of the purchase that it names
named as (
    select
        undoing.viewer_no,
        undoing.kind,
        undoing.source_id,
        undone.source_id as target_id,
        undone.effective_at as target_at
    from effective as undoing
    inner join effective as undone
        on undone.viewer_no = undoing.viewer_no
        and undone.source_id = undoing.named_id
        and undone.kind = case undoing.kind when 'restore' then 'gift' when 'unrefund' then 'refund' end
        and undone.effective_at <= undoing.effective_at
    where undoing.kind in ('restore', 'unrefund')
),

charged as (
    select
        undoing.viewer_no,
        undoing.kind,
        undoing.source_id,
        undone.source_id as target_id,
        undone.effective_at as target_at,
        row_number() over (
            partition by undoing.viewer_no, undoing.source_id
            order by undone.effective_at desc, undone.source_id desc
        ) as latest
    from effective as undoing
    inner join effective as undone
        on undone.viewer_no = undoing.viewer_no
        and undone.named_id = undoing.named_id
        and undone.effective_at <= undoing.effective_at
    where undoing.kind = 'unrefund' and undone.kind = 'refund' and undone.is_chargeback
),

undoings as (
    select viewer_no, kind, source_id, target_id, target_at
    from named
    union all
    select charged.viewer_no, charged.kind, charged.source_id, charged.target_id, charged.target_at
    from charged
    left join named
        on named.viewer_no = charged.viewer_no
        and named.kind = charged.kind
        and named.source_id = charged.source_id
    where charged.latest = 1 and named.source_id is null
),

placed as (
    select
        effective.viewer_no,
        effective.kind,
        effective.source_id,
        effective.source_rank,
        effective.lot_no,
        effective.coins,
        effective.effective_at,
        effective.accounting_month,
        case
            when effective.source_rank = 0 then coalesce(effective.lot_no, 9223372036854775807)
        end as opening_place,
        case
            when effective.kind = 'mark' then -1
            when effective.kind = 'lot' then 0
            when effective.kind not in ('restore', 'unrefund') then 1
            when undoings.target_at = effective.effective_at then 2
            else 0
        end as phase,
        effective.kind <> 'lot' as is_cut,
        undoings.target_id,
        case effective.kind when 'restore' then 'gift' when 'unrefund' then 'refund' end as target_kind,
        case when effective.kind = 'refund' then effective.named_id end as own_id
    from effective
    left join undoings
        on undoings.viewer_no = effective.viewer_no
        and undoings.kind = effective.kind
        and undoings.source_id = effective.source_id
    union all
    select
        marked_gifts.viewer_no,
        'run' as kind,
        marked_gifts.event_id as source_id,
        3 as source_rank,
        cast(null as bigint) as lot_no,
        marked_gifts.coins,
        greatest(least(marked_gifts.sent_at, run_months.closing_instant), run_months.month_start) as effective_at,
        marked_gifts.accounting_month,
        cast(null as bigint) as opening_place,
        1 as phase,
        false as is_cut,
        cast(null as varchar) as target_id,
        cast(null as varchar) as target_kind,
        cast(null as varchar) as own_id
    from marked_gifts
    inner join run_months
        on run_months.accounting_month = marked_gifts.accounting_month
    where not marked_gifts.is_special
),

ordered as (
    select
        viewer_no,
        kind,
        source_id,
        source_rank,
        lot_no,
        coins,
        effective_at,
        accounting_month,
        target_id,
        target_kind,
        own_id,
        cast(row_number() over (
            partition by viewer_no
            order by case when source_rank = 0 then 0 else 1 end, opening_place, effective_at, phase, source_id, source_rank
        ) as bigint) as event_no,
        cast(sum(case when is_cut then 1 else 0 end) over (
            partition by viewer_no
            order by case when source_rank = 0 then 0 else 1 end, opening_place, effective_at, phase, source_id, source_rank
            rows between unbounded preceding and current row
        ) as bigint) as cut_no,
        cast(sum(case when kind in ('refund', 'unrefund', 'restore') then 1 else 0 end) over (
            partition by viewer_no
            order by case when source_rank = 0 then 0 else 1 end, opening_place, effective_at, phase, source_id, source_rank
            rows between unbounded preceding and current row
        ) as bigint) as segment_no
    from placed
),

specials as (
    select viewer_no, event_no, segment_no, kind, source_id, source_rank, lot_no, coins, effective_at, accounting_month, target_id,
        target_kind, own_id
    from ordered
    where kind not in ('run', 'mark')
),

runs as (
    select
        ordered.viewer_no,
        min(ordered.event_no) as event_no,
        min(ordered.segment_no) as segment_no,
        cast(sum(ordered.coins) as bigint) as coins,
        min(ordered.effective_at) as effective_at,
        ordered.accounting_month
    from ordered
    left join led_quarter_day
        on led_quarter_day.quarter = quarter_hour(ordered.effective_at)
    cross join run
    where ordered.kind = 'run'
    group by
        ordered.viewer_no,
        ordered.accounting_month,
        case when ordered.accounting_month = run.period then led_quarter_day.day end,
        ordered.cut_no
),

targets as (
    select distinct
        viewer_no,
        target_kind as kind,
        target_id
    from specials
    where target_id is not null
),

bought as (
    select viewer_no, source_id, event_no
    from specials
    where kind = 'lot' and source_rank = 2
),

events as (
    select
        specials.viewer_no,
        specials.event_no,
        specials.kind,
        specials.source_id,
        specials.lot_no,
        specials.coins,
        specials.effective_at,
        specials.accounting_month,
        specials.segment_no,
        bought.event_no as own_event_no,
        undone.event_no as target_event_no,
        targets.target_id is not null as is_target
    from specials
    left join bought
        on bought.viewer_no = specials.viewer_no
        and bought.source_id = specials.own_id
        and bought.event_no < specials.event_no
    left join specials as undone
        on undone.viewer_no = specials.viewer_no
        and undone.kind = specials.target_kind
        and undone.source_id = specials.target_id
    left join targets
        on targets.viewer_no = specials.viewer_no
        and targets.kind = specials.kind
        and targets.target_id = specials.source_id
    union all
    select
        viewer_no,
        event_no,
        'gift' as kind,
        cast(null as varchar) as source_id,
        cast(null as bigint) as lot_no,
        coins,
        effective_at,
        accounting_month,
        segment_no,
        cast(null as bigint) as own_event_no,
        cast(null as bigint) as target_event_no,
        false as is_target
    from runs
)

select
    viewer_no,
    event_no,
    kind,
    source_id,
    lot_no,
    coins,
    effective_at,
    accounting_month,
    segment_no,
    own_event_no,
    target_event_no,
    is_target
from events
-- each round of led_lot_replay reads one segment of all viewers
order by segment_no, viewer_no, event_no
