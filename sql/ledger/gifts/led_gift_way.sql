-- One row is one way in which gifts of the month were priced and converted: a gift, how many, for which coins and diamonds, at which rate.
-- grain: rate_no, gift_no, quantity, coins, diamonds, is_live
-- Reversals are not here. Gifts repeat some thousand ways, so controls judge each way once and look for the gifts
-- themselves only where a way is wrong. first_at and last_at are the time from the first to the last gift of that way.
select
    rate_no,
    gift_no,
    quantity,
    coins,
    diamonds,
    is_live,
    min(sent_at) as first_at,
    max(sent_at) as last_at
from led_gift
where is_gift
group by rate_no, gift_no, quantity, coins, diamonds, is_live
