-- One row is the number of a transaction whose orders and lines need a closer look.
-- grain: key_no
-- One order beside one line, equal within the tolerance, in amount and, where both know it, in fee, needs none.
with repeated as (
    select key_no
    from led_match_pair
    group by key_no
    having count(*) > 1
),

unequal as (
    select led_match_pair.key_no
    from led_match_pair
    left join run_tolerances
        on run_tolerances.currency = led_match_pair.currency
    where not led_match_pair.has_order
        or not led_match_pair.has_line
        or abs(led_match_pair.line_amount - led_match_pair.order_amount) > coalesce(run_tolerances.tolerance, 0)
        or abs(led_match_pair.line_fee - led_match_pair.known_fee) > coalesce(run_tolerances.tolerance, 0)
)

select key_no
from repeated
union
select key_no
from unequal
