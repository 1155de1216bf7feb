-- One row is one event in the coins of a viewer of led_lot_careful, in order.
-- grain: viewer_no, event_no
-- Kinds: lot (coins come), gift, breakage (expiry, negative correction) and debt (a fed opening below zero) are taken first in,
-- first out; refund (of its own purchase's lot first), unrefund (a chargeback reversal) and restore (a gift reversal) are not, and
-- each begins a new segment of its viewer's events. Order: effective time; at one instant credits, then debits, then what undoes
-- a debit of that same instant (late rows meet at the start of their month, and a reversal can't come before its gift); then
-- the key. own_event_no is the event of the refunded purchase's lot; target_event_no that of the gift or chargeback that is
-- undone: the named one, or of a named purchase the last chargeback before. An undone gift or chargeback is_target.
with careful as (
    select
        led_viewer.viewer_no,
        led_viewer.viewer_id,
        led_viewer.entity
    from led_lot_careful
    inner join led_viewer
        on led_viewer.viewer_no = led_lot_careful.viewer_no
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
        careful.viewer_no,
        case gifts.kind when 'gift' then 'gift' else 'restore' end as kind,
        gifts.event_id as source_id,
        gifts.original_event_id as named_id,
        false as is_chargeback,
        3 as source_rank,
        cast(null as bigint) as lot_no,
        gifts.coins,
        gifts.sent_at as event_at,
        gifts.accounting_month
    from stg_gift_events as gifts
    cross join run
    inner join careful
        on careful.viewer_id = gifts.viewer_id
        and careful.entity = gifts.entity
    where gifts.accounting_month <= run.period and gifts.sent_at >= run.first_start and gifts.coins > 0
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

ordered as (
    select
        effective.viewer_no,
        cast(row_number() over (
            partition by effective.viewer_no
            order by
                case when effective.source_rank = 0 then 0 else 1 end,
                effective.effective_at,
                case
                    when effective.kind = 'lot' then 0
                    when effective.kind not in ('restore', 'unrefund') then 1
                    when undoings.target_at = effective.effective_at then 2
                    else 0
                end,
                case when effective.source_rank = 0 then effective.lot_no end,
                effective.source_id,
                effective.source_rank
        ) as bigint) as event_no,
        effective.kind,
        effective.source_id,
        effective.source_rank,
        effective.lot_no,
        effective.coins,
        effective.effective_at,
        effective.accounting_month,
        undoings.target_id,
        case effective.kind when 'restore' then 'gift' when 'unrefund' then 'refund' end as target_kind,
        case when effective.kind = 'refund' then effective.named_id end as own_id
    from effective
    left join undoings
        on undoings.viewer_no = effective.viewer_no
        and undoings.kind = effective.kind
        and undoings.source_id = effective.source_id
),

targets as (
    select distinct
        viewer_no,
        target_kind as kind,
        target_id
    from ordered
    where target_id is not null
),

bought as (
    select viewer_no, source_id, event_no
    from ordered
    where kind = 'lot' and source_rank = 2
)

select
    ordered.viewer_no,
    ordered.event_no,
    ordered.kind,
    ordered.source_id,
    ordered.lot_no,
    ordered.coins,
    ordered.effective_at,
    ordered.accounting_month,
    cast(sum(case when ordered.kind in ('refund', 'unrefund', 'restore') then 1 else 0 end) over (
        partition by ordered.viewer_no
        order by ordered.event_no
        rows between unbounded preceding and current row
    ) as bigint) as segment_no,
    bought.event_no as own_event_no,
    undone.event_no as target_event_no,
    targets.target_id is not null as is_target
from ordered
left join bought
    on bought.viewer_no = ordered.viewer_no
    and bought.source_id = ordered.own_id
    and bought.event_no < ordered.event_no
left join ordered as undone
    on undone.viewer_no = ordered.viewer_no
    and undone.kind = ordered.target_kind
    and undone.source_id = ordered.target_id
left join targets
    on targets.viewer_no = ordered.viewer_no
    and targets.kind = ordered.kind
    and targets.target_id = ordered.source_id
