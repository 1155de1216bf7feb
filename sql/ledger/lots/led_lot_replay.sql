-- One row is one step in the coins of one lot, or of one debt, of a viewer who is replayed.
-- grain: viewer_no, segment_no, step, debit_no, lot_no, at_no
-- First in, first out is arithmetic on intervals. Lay a viewer's lots end to end in the order in which they are spent, and the
-- debits end to end in the order in which they come: a debit takes of a lot as many coins as their intervals overlap, at the
-- later of both events. A debit that lies ahead of all lots is debt, and a later lot pays it at once, oldest first, without
-- another rule. Only refunds (own lot first), gift reversals and chargeback reversals break the order. So each round of the
-- recursion handles one segment of all viewers at once: what is open at its start (lots in order, debts oldest first), the lots
-- and debits up to the next such event, and then that event by itself:
--   refund    takes what is left of its own purchase's lot; the rest is the newest debit of the next segment.
--   restore   (and unrefund, for a chargeback) cancels what its target still owes, then gives back what the target took of
--             lots, last taken first; what is more than the target ever took becomes a lot at zero.
-- There are as many rounds as the most such events of one viewer, and one more. Steps that are kept: moved (a
-- lot's coins went from before to after because of debit_no, at event at_no), made (a lot at zero came), open and owed (lots and
-- debts at the end). Lots and debits are named by their event_no.
with recursive last_segment as (
    select viewer_no, max(segment_no) + 1 as segment_no
    from led_lot_event
    group by viewer_no
),

replay as (
    select
        viewer_no,
        cast(0 as bigint) as segment_no,
        'start' as step,
        cast(0 as bigint) as debit_no,
        cast(0 as bigint) as lot_no,
        cast(0 as bigint) as before,
        cast(0 as bigint) as after,
        cast(0 as bigint) as at_no,
        cast(0 as bigint) as turn
    from led_viewer_replayed
    union all
    (
        with live as (
            select viewer_no, segment_no, at_no as start_no
            from replay
            where step = 'start'
        ),

        supply as (
            select
                lots.viewer_no,
                lots.lot_no,
                lots.coins,
                cast(sum(lots.coins) over (
                    partition by lots.viewer_no
                    order by lots.lot_no
                    rows between unbounded preceding and current row
                ) as bigint) as upto
            from (
                select live.viewer_no, replay.lot_no, replay.after as coins
                from replay
                inner join live
                    on live.viewer_no = replay.viewer_no
                where replay.step = 'open'
                union all
                select live.viewer_no, led_lot_event.event_no as lot_no, led_lot_event.coins
                from led_lot_event
                inner join live
                    on live.viewer_no = led_lot_event.viewer_no
                    and live.segment_no = led_lot_event.segment_no
                where led_lot_event.kind = 'lot'
            ) as lots
        ),

        demand as (
            select
                debits.viewer_no,
                debits.debit_no,
                debits.coins,
                cast(sum(debits.coins) over (
                    partition by debits.viewer_no
                    order by debits.debit_no
                    rows between unbounded preceding and current row
                ) as bigint) as upto
            from (
                select live.viewer_no, replay.debit_no, replay.after as coins
                from replay
                inner join live
                    on live.viewer_no = replay.viewer_no
                where replay.step = 'owed'
                union all
                select live.viewer_no, led_lot_event.event_no as debit_no, led_lot_event.coins
                from led_lot_event
                inner join live
                    on live.viewer_no = led_lot_event.viewer_no
                    and live.segment_no = led_lot_event.segment_no
                where led_lot_event.kind in ('gift', 'breakage', 'debt')
            ) as debits
        ),

        takes as (
            select
                supply.viewer_no,
                demand.debit_no,
                supply.lot_no,
                supply.upto - greatest(supply.upto - supply.coins, demand.upto - demand.coins) as before,
                supply.upto - least(supply.upto, demand.upto) as after,
                greatest(supply.lot_no, demand.debit_no, live.start_no) as at_no
            from supply
            inner join live
                on live.viewer_no = supply.viewer_no
            inner join demand
                on demand.viewer_no = supply.viewer_no
                and demand.upto - demand.coins < supply.upto
                and demand.upto > supply.upto - supply.coins
        ),

        supplied as (
            select viewer_no, max(upto) as coins
            from supply
            group by viewer_no
        ),

        demanded as (
            select viewer_no, max(upto) as coins
            from demand
            group by viewer_no
        ),

        lots_left as (
            select
                supply.viewer_no,
                supply.lot_no,
                least(supply.coins, supply.upto - coalesce(demanded.coins, 0)) as coins
            from supply
            left join demanded
                on demanded.viewer_no = supply.viewer_no
            where supply.upto > coalesce(demanded.coins, 0)
        ),

        debts_left as (
            select
                demand.viewer_no,
                demand.debit_no,
                least(demand.coins, demand.upto - coalesce(supplied.coins, 0)) as coins
            from demand
            left join supplied
                on supplied.viewer_no = demand.viewer_no
            where demand.upto > coalesce(supplied.coins, 0)
        ),

        -- the event that ends the segment
        next_event as (
            select
                live.viewer_no,
                led_lot_event.event_no,
                led_lot_event.kind,
                led_lot_event.coins,
                led_lot_event.own_event_no,
                led_lot_event.target_event_no,
                led_lot_event.is_target
            from live
            inner join led_lot_event
                on led_lot_event.viewer_no = live.viewer_no
                and led_lot_event.segment_no = live.segment_no + 1
            where led_lot_event.kind in ('refund', 'restore', 'unrefund')
        ),

        own_lot as (
            select
                next_event.viewer_no,
                next_event.event_no,
                next_event.is_target,
                lots_left.lot_no,
                lots_left.coins as before,
                lots_left.coins - least(lots_left.coins, next_event.coins) as after
            from next_event
            inner join lots_left
                on lots_left.viewer_no = next_event.viewer_no
                and lots_left.lot_no = next_event.own_event_no
        ),

        -- what targets took, in earlier segments and in this one
        taken as (
            select replay.viewer_no, replay.debit_no, replay.lot_no, replay.before, replay.after, replay.at_no, replay.turn
            from replay
            inner join live
                on live.viewer_no = replay.viewer_no
            where replay.step = 'took'
            union all
            select takes.viewer_no, takes.debit_no, takes.lot_no, takes.before, takes.after, takes.at_no, cast(1 as bigint) as turn
            from takes
            inner join led_lot_event
                on led_lot_event.viewer_no = takes.viewer_no
                and led_lot_event.event_no = takes.debit_no
            where led_lot_event.is_target
            union all
            select viewer_no, event_no as debit_no, lot_no, before, after, event_no as at_no, cast(0 as bigint) as turn
            from own_lot
            where is_target
        ),

        cancelled as (
            select
                next_event.viewer_no,
                next_event.event_no,
                next_event.target_event_no,
                next_event.coins,
                least(next_event.coins, coalesce(debts_left.coins, 0)) as cancelled_coins
            from next_event
            left join debts_left
                on debts_left.viewer_no = next_event.viewer_no
                and debts_left.debit_no = next_event.target_event_no
            where next_event.kind in ('restore', 'unrefund')
        ),

        -- last taken first: each take gives back what is left of the undoing coins
        given_back as (
            select
                taken.viewer_no,
                taken.debit_no,
                taken.lot_no,
                taken.before,
                taken.after,
                taken.at_no,
                taken.turn,
                greatest(0, least(
                    taken.before - taken.after,
                    coalesce(cancelled.coins - cancelled.cancelled_coins, 0) - coalesce(cast(sum(taken.before - taken.after) over (
                        partition by taken.viewer_no, taken.debit_no
                        order by taken.at_no desc, taken.turn desc, taken.lot_no desc
                        rows between unbounded preceding and 1 preceding
                    ) as bigint), 0)
                )) as coins
            from taken
            left join cancelled
                on cancelled.viewer_no = taken.viewer_no
                and cancelled.target_event_no = taken.debit_no
        ),

        restored as (
            select viewer_no, lot_no, cast(sum(coins) as bigint) as coins
            from given_back
            where coins > 0
            group by viewer_no, lot_no
        ),

        excess as (
            select
                cancelled.viewer_no,
                cancelled.event_no,
                cancelled.coins - cancelled.cancelled_coins - coalesce(cast(sum(restored.coins) as bigint), 0) as coins
            from cancelled
            left join restored
                on restored.viewer_no = cancelled.viewer_no
            group by cancelled.viewer_no, cancelled.event_no, cancelled.coins, cancelled.cancelled_coins
        ),

        opened as (
            select
                coalesce(lots_left.viewer_no, restored.viewer_no) as viewer_no,
                coalesce(lots_left.lot_no, restored.lot_no) as lot_no,
                coalesce(lots_left.coins, 0) as coins,
                coalesce(restored.coins, 0) as restored_coins
            from lots_left
            full outer join restored
                on restored.viewer_no = lots_left.viewer_no
                and restored.lot_no = lots_left.lot_no
        )

        select viewer_no, segment_no + 1, 'start', cast(0 as bigint), cast(0 as bigint), cast(0 as bigint), cast(0 as bigint), event_no, cast(0 as bigint)
        from (
            select live.viewer_no, live.segment_no, next_event.event_no
            from live
            inner join next_event
                on next_event.viewer_no = live.viewer_no
        ) as starting
        union all
        select takes.viewer_no, live.segment_no, 'moved', takes.debit_no, takes.lot_no, takes.before, takes.after, takes.at_no, cast(0 as bigint)
        from takes
        inner join live
            on live.viewer_no = takes.viewer_no
        union all
        select own_lot.viewer_no, live.segment_no, 'moved', own_lot.event_no, own_lot.lot_no, own_lot.before, own_lot.after, own_lot.event_no, cast(0 as bigint)
        from own_lot
        inner join live
            on live.viewer_no = own_lot.viewer_no
        union all
        select
            opened.viewer_no, live.segment_no, 'moved', next_event.event_no, opened.lot_no, opened.coins,
            opened.coins + opened.restored_coins, next_event.event_no, cast(0 as bigint)
        from opened
        inner join live
            on live.viewer_no = opened.viewer_no
        inner join next_event
            on next_event.viewer_no = opened.viewer_no
        where opened.restored_coins > 0
        union all
        select excess.viewer_no, live.segment_no, 'made', excess.event_no, excess.event_no, cast(0 as bigint), excess.coins, excess.event_no, cast(0 as bigint)
        from excess
        inner join live
            on live.viewer_no = excess.viewer_no
        where excess.coins > 0
        union all
        -- what the next segment starts with
        select
            opened.viewer_no, live.segment_no + 1, 'open', cast(0 as bigint), opened.lot_no, cast(0 as bigint),
            coalesce(own_lot.after, opened.coins + opened.restored_coins), cast(0 as bigint), cast(0 as bigint)
        from opened
        inner join live
            on live.viewer_no = opened.viewer_no
        left join own_lot
            on own_lot.viewer_no = opened.viewer_no
            and own_lot.lot_no = opened.lot_no
        where coalesce(own_lot.after, opened.coins + opened.restored_coins) > 0
        union all
        select excess.viewer_no, live.segment_no + 1, 'open', cast(0 as bigint), excess.event_no, cast(0 as bigint), excess.coins, cast(0 as bigint), cast(0 as bigint)
        from excess
        inner join live
            on live.viewer_no = excess.viewer_no
        where excess.coins > 0
        union all
        select
            debts_left.viewer_no, live.segment_no + 1, 'owed', debts_left.debit_no, cast(0 as bigint), cast(0 as bigint),
            debts_left.coins - coalesce(cancelled.cancelled_coins, 0), cast(0 as bigint), cast(0 as bigint)
        from debts_left
        inner join live
            on live.viewer_no = debts_left.viewer_no
        left join cancelled
            on cancelled.viewer_no = debts_left.viewer_no
            and cancelled.target_event_no = debts_left.debit_no
        where debts_left.coins > coalesce(cancelled.cancelled_coins, 0)
        union all
        select
            next_event.viewer_no, live.segment_no + 1, 'owed', next_event.event_no, cast(0 as bigint), cast(0 as bigint),
            next_event.coins - coalesce(own_lot.before - own_lot.after, 0), cast(0 as bigint), cast(0 as bigint)
        from next_event
        inner join live
            on live.viewer_no = next_event.viewer_no
        left join own_lot
            on own_lot.viewer_no = next_event.viewer_no
        where next_event.kind = 'refund' and next_event.coins > coalesce(own_lot.before - own_lot.after, 0)
        union all
        select
            given_back.viewer_no, live.segment_no + 1, 'took', given_back.debit_no, given_back.lot_no, given_back.before,
            given_back.after + given_back.coins, given_back.at_no, given_back.turn
        from given_back
        inner join live
            on live.viewer_no = given_back.viewer_no
        inner join next_event
            on next_event.viewer_no = given_back.viewer_no
        where given_back.before > given_back.after + given_back.coins
    )
)

select
    replay.viewer_no,
    replay.segment_no,
    replay.step,
    replay.debit_no,
    replay.lot_no,
    replay.before,
    replay.after,
    replay.at_no
from replay
inner join last_segment
    on last_segment.viewer_no = replay.viewer_no
where replay.step in ('moved', 'made')
    or (replay.step in ('open', 'owed') and replay.segment_no = last_segment.segment_no)
