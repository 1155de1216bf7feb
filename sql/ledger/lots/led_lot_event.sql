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
with named as (
    -- what an undoing event undoes: the row it names, else the last chargeback of the purchase that it names
    select
        undoing.viewer_no,
        undoing.kind,
        undoing.source_id,
        undone.source_id as target_id,
        undone.effective_at as target_at
    from led_lot_source as undoing
    inner join led_lot_source as undone
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
    from led_lot_source as undoing
    inner join led_lot_source as undone
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
        led_lot_source.viewer_no,
        led_lot_source.kind,
        led_lot_source.source_id,
        led_lot_source.source_rank,
        led_lot_source.lot_no,
        led_lot_source.coins,
        led_lot_source.effective_at,
        led_lot_source.accounting_month,
        case
            when led_lot_source.source_rank = 0 then coalesce(led_lot_source.lot_no, 9223372036854775807)
        end as opening_place,
        case
            when led_lot_source.kind = 'mark' then -1
            when led_lot_source.kind = 'lot' then 0
            when led_lot_source.kind not in ('restore', 'unrefund') then 1
            when undoings.target_at = led_lot_source.effective_at then 2
            else 0
        end as phase,
        led_lot_source.kind not in ('lot', 'run') as is_cut,
        undoings.target_id,
        case led_lot_source.kind when 'restore' then 'gift' when 'unrefund' then 'refund' end as target_kind,
        case when led_lot_source.kind = 'refund' then led_lot_source.named_id end as own_id
    from led_lot_source
    left join undoings
        on undoings.viewer_no = led_lot_source.viewer_no
        and undoings.kind = led_lot_source.kind
        and undoings.source_id = led_lot_source.source_id
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
