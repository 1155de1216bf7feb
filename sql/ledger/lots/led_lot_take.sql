-- One row is one change of the coins left of one lot, of a viewer who is replayed, in any month up to the period.
-- grain: viewer_no, lot_no, debit_no, at_no, segment_no
-- kind and source_id are of the event that caused it: gift, refund, breakage and debt (a fed opening below zero) take; restore and
-- unrefund give back. It counts when the later of lot and debit comes (at_no): paid_later tells a debt that a later lot paid. A
-- lot that a reversal made has no number in led_lot: it gets minus its event's.
select
    led_lot_replay.viewer_no,
    coalesce(lots.lot_no, -lots.event_no) as lot_no,
    led_lot_replay.lot_no as lot_event_no,
    led_lot_replay.segment_no,
    led_lot_replay.debit_no,
    led_lot_replay.at_no,
    led_lot_replay.before,
    led_lot_replay.after,
    debits.kind,
    debits.source_id,
    led_lot_replay.at_no > led_lot_replay.debit_no as paid_later,
    debits.accounting_month as debit_month,
    debits.effective_at as debited_at,
    moments.effective_at as counts_at,
    moments.accounting_month
from led_lot_replay
inner join led_lot_event as lots
    on lots.viewer_no = led_lot_replay.viewer_no
    and lots.event_no = led_lot_replay.lot_no
inner join led_lot_event as debits
    on debits.viewer_no = led_lot_replay.viewer_no
    and debits.event_no = led_lot_replay.debit_no
inner join led_lot_event as moments
    on moments.viewer_no = led_lot_replay.viewer_no
    and moments.event_no = led_lot_replay.at_no
where led_lot_replay.step = 'moved'
