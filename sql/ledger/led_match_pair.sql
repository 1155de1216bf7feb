-- One row is an order beside the settlement line of the same transaction, or either one alone.
-- grain: key_no (several rows where a transaction has several orders or lines)
-- Joined by a number made of entity, channel, class, currency and transaction, because numbers are joined several times as
-- fast as names; the transaction itself is compared too, so that two that share a number don't meet. Only what totals need
-- is kept here: the few rows that don't agree are read again by led_match_item, so a line alone needs no names.
select
    coalesce(orders.key_no, lines.key_no) as key_no,
    orders.entity,
    orders.channel,
    orders.currency,
    orders.key_no is not null as has_order,
    lines.key_no is not null as has_line,
    orders.amount as order_amount,
    lines.amount as line_amount,
    orders.booked_fee,
    orders.known_fee,
    case
        when fees.key_no is null then cast(lines.fee_amount as decimal(38, 6))
        else coalesce(lines.fee_amount, 0) + fees.fee_amount
    end as line_fee,
    greatest(coalesce(orders.taken_at, lines.taken_at), coalesce(lines.taken_at, orders.taken_at)) as taken_at
from led_match_order as orders
full outer join led_match_line as lines
    on lines.key_no = orders.key_no
    and lines.match_key = orders.match_key
left join led_match_fee as fees
    on fees.key_no = lines.key_no
    and fees.match_key = lines.match_key
