-- One row is the gifts of the month that are alike: of one type, number, coins and diamonds, at one rate.
-- grain: rate_no, gift_no, quantity, coins, diamonds, is_live
-- for: speed
-- Reversals are not here. A month has some thousand such groups, so controls judge each group once and look for the gifts
-- themselves only where a group is wrong. first_at and last_at are the time from the first to the last gift of the group.
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
