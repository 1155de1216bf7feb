-- One row is one gift that was paid with coins of a lot whose purchase was refunded, with the diamonds to be taken back for it.
-- grain: event_id
-- None under the policy clawback: none. A refund takes what is left of its lot; the coins beyond that were spent, and the gifts that
-- took them, last taken first, owe floor(diamonds x those coins / coins). A full refund so reaches every gift that the lot
-- paid, a refund of unspent coins none. What a reversed gift gave back, or a chargeback reversal undid, is not owed. is_new says
-- that a refund or a clawback of this period touches the gift.
with refunds as (
    select
        led_lot_event.viewer_no,
        led_lot_event.event_no,
        led_lot_event.own_event_no as lot_event_no,
        led_lot_event.coins,
        led_lot_event.accounting_month
    from led_lot_event
    inner join run
        on run.clawback = 'full'
    where led_lot_event.kind = 'refund' and led_lot_event.own_event_no is not null
),

changes as (
    select viewer_no, event_no, lot_event_no, event_no as change_no, coins, accounting_month
    from refunds
    union all
    select
        refunds.viewer_no,
        refunds.event_no,
        refunds.lot_event_no,
        undoing.event_no as change_no,
        -undoing.coins as coins,
        undoing.accounting_month
    from refunds
    inner join led_lot_event as undoing
        on undoing.viewer_no = refunds.viewer_no
        and undoing.target_event_no = refunds.event_no
        and undoing.kind = 'unrefund'
),

own_moves as (
    select
        changes.viewer_no,
        changes.event_no,
        cast(sum(led_lot_replay.before - led_lot_replay.after) as bigint) as coins
    from changes
    inner join led_lot_replay
        on led_lot_replay.step = 'moved'
        and led_lot_replay.viewer_no = changes.viewer_no
        and led_lot_replay.debit_no = changes.change_no
        and led_lot_replay.lot_no = changes.lot_event_no
    group by changes.viewer_no, changes.event_no
),

undone as (
    select
        viewer_no,
        event_no,
        lot_event_no,
        greatest(0, cast(sum(coins) as bigint)) as coins,
        max(accounting_month) as last_month
    from changes
    group by viewer_no, event_no, lot_event_no
),

spent as (
    select
        undone.viewer_no,
        undone.lot_event_no,
        cast(sum(greatest(0, undone.coins - coalesce(own_moves.coins, 0))) as bigint) as coins,
        max(undone.last_month) as last_month
    from undone
    left join own_moves
        on own_moves.viewer_no = undone.viewer_no
        and own_moves.event_no = undone.event_no
    group by undone.viewer_no, undone.lot_event_no
),

gift_moves as (
    select
        spent.viewer_no,
        spent.lot_event_no,
        case causes.kind when 'gift' then causes.event_no else causes.target_event_no end as gift_event_no,
        led_lot_replay.before - led_lot_replay.after as coins,
        case causes.kind when 'gift' then led_lot_replay.at_no end as at_no
    from spent
    inner join led_lot_replay
        on led_lot_replay.step = 'moved'
        and led_lot_replay.viewer_no = spent.viewer_no
        and led_lot_replay.lot_no = spent.lot_event_no
    inner join led_lot_event as causes
        on causes.viewer_no = led_lot_replay.viewer_no
        and causes.event_no = led_lot_replay.debit_no
    where causes.kind in ('gift', 'restore')
),

gift_sums as (
    select
        viewer_no,
        lot_event_no,
        gift_event_no,
        cast(sum(coins) as bigint) as coins,
        max(at_no) as last_at_no
    from gift_moves
    group by viewer_no, lot_event_no, gift_event_no
),

ordered as (
    select
        viewer_no,
        lot_event_no,
        gift_event_no,
        coins,
        cast(sum(coins) over (
            partition by viewer_no, lot_event_no
            order by last_at_no desc, gift_event_no desc
            rows between unbounded preceding and current row
        ) as bigint) as upto
    from gift_sums
),

owed as (
    select
        gifts.event_id,
        gifts.entity,
        gifts.creator_id,
        gifts.batch_id,
        gifts.source_line,
        cast(share_of(gifts.diamonds, greatest(0, least(ordered.coins, spent.coins - (ordered.upto - ordered.coins))), gifts.coins) as bigint)
            as diamonds,
        spent.last_month
    from ordered
    inner join spent
        on spent.viewer_no = ordered.viewer_no
        and spent.lot_event_no = ordered.lot_event_no
    inner join led_lot_event
        on led_lot_event.viewer_no = ordered.viewer_no
        and led_lot_event.event_no = ordered.gift_event_no
    inner join stg_gift_events as gifts
        on gifts.event_id = led_lot_event.source_id
        and gifts.kind = 'gift'
    where ordered.coins > 0
),

taken_back as (
    select
        stg_diamond_adjustments.reference_id,
        -cast(sum(stg_diamond_adjustments.diamonds) as bigint) as diamonds,
        max(stg_diamond_adjustments.accounting_month) as last_month
    from stg_diamond_adjustments
    cross join run
    where stg_diamond_adjustments.reason = 'clawback'
        and stg_diamond_adjustments.accounting_month <= run.period
        and stg_diamond_adjustments.adjusted_at >= run.first_start
    group by stg_diamond_adjustments.reference_id
)

select
    owed.event_id,
    owed.entity,
    owed.creator_id,
    owed.batch_id,
    owed.source_line,
    cast(sum(owed.diamonds) as bigint) as expected_diamonds,
    coalesce(taken_back.diamonds, 0) as actual_diamonds,
    max(owed.last_month) = run.period or coalesce(taken_back.last_month = run.period, false) as is_new
from owed
cross join run
left join taken_back
    on taken_back.reference_id = owed.event_id
group by
    owed.event_id, owed.entity, owed.creator_id, owed.batch_id, owed.source_line, taken_back.diamonds, taken_back.last_month, run.period
