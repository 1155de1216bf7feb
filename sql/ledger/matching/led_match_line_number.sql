-- One row is one settlement line in numbers, with the fees that other lines state for its transaction. check_no is null where it names none.
-- grain: key_no (several rows where a transaction has several lines)
-- for: speed
select
    lines.key_no,
    case when lines.match_key is not null then check_number(lines.match_key) end as check_no,
    lines.amount,
    case
        when fees.key_no is null then cast(lines.fee_amount as decimal(38, 6))
        else coalesce(lines.fee_amount, 0) + fees.fee_amount
    end as line_fee,
    lines.taken_at
from led_match_line as lines
left join led_match_fee as fees
    on fees.key_no = lines.key_no
    and fees.match_key = lines.match_key
