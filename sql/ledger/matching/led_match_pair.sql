-- One row is what met one to one in a quarter of an hour, summed; or one transaction that didn't pair (unpaired_no).
-- grain: entity, channel, currency, quarter, differs, unpaired_no
-- An order and a settlement line of the same transaction, kind and currency, the only ones of it, equal within the tolerance
-- in amount and, where both know it, in fee, are a pair. Joined by a number, because numbers are joined several times as fast as
-- names. A pair is told once, in the month in which the later of the two counted. The fee difference is what the settlement
-- took more (negative) or less than was booked. What didn't pair is read again by led_match_item.
with orders as (
    select
        led_match_order_number.key_no,
        led_match_order_number.check_no,
        led_match_order_number.entity,
        led_match_order_number.channel,
        led_match_order_number.currency,
        led_match_order_number.amount,
        led_match_order_number.booked_fee,
        led_match_order_number.known_fee,
        led_match_order_number.taken_at
    from led_match_order_number
    left join led_match_repeated
        on led_match_repeated.key_no = led_match_order_number.key_no
    where led_match_repeated.key_no is null
),

lines as (
    select
        led_match_line_number.key_no,
        led_match_line_number.check_no,
        led_match_line_number.amount,
        led_match_line_number.line_fee,
        led_match_line_number.taken_at
    from led_match_line_number
    left join led_match_repeated
        on led_match_repeated.key_no = led_match_line_number.key_no
    where led_match_repeated.key_no is null
),

judged as (
    select
        orders.entity,
        orders.channel,
        orders.currency,
        orders.amount as order_amount,
        lines.amount as line_amount,
        lines.amount - orders.amount as difference,
        lines.line_fee - orders.booked_fee as fee_difference,
        greatest(orders.taken_at, lines.taken_at) as taken_at,
        case
            when orders.check_no = lines.check_no
                and abs(lines.amount - orders.amount) <= coalesce(run_tolerances.tolerance, 0)
                and coalesce(abs(lines.line_fee - orders.known_fee) <= coalesce(run_tolerances.tolerance, 0), true)
                then null
            else coalesce(orders.key_no, lines.key_no)
        end as unpaired_no
    from orders
    full outer join lines
        on lines.key_no = orders.key_no
    left join run_tolerances
        on run_tolerances.currency = orders.currency
)

select
    judged.entity,
    judged.channel,
    judged.currency,
    quarter_hour(judged.taken_at) as quarter,
    judged.difference <> 0 as differs,
    judged.unpaired_no,
    count(*) as pairs,
    sum(judged.order_amount) as order_amount,
    sum(judged.line_amount) as line_amount,
    sum(judged.difference) as difference,
    sum(judged.fee_difference) as fee_difference
from judged
cross join run
where judged.unpaired_no is not null or judged.taken_at >= run.period_start
group by
    judged.entity,
    judged.channel,
    judged.currency,
    quarter_hour(judged.taken_at),
    judged.difference <> 0,
    judged.unpaired_no
