-- One row is one line of a settlement that is settled in another currency than what the customer paid.
-- grain: line_id
-- for: speed
-- Few are: a table of its own says how few, and what asks for those that belong to them doesn't read everything else.
select
    led_match_line.line_id,
    led_match_line.entity,
    led_match_line.channel,
    led_match_line.class,
    led_match_line.match_key,
    led_match_line.currency,
    led_match_line.covers_to
from led_match_line
where led_match_line.settled_currency <> led_match_line.currency
