-- One row is a type of gift, a number and coins, of which some gift may have cost other coins than the catalogue says.
-- grain: gift_id, quantity, coins
-- for: speed
-- A group of gifts is beyond doubt when one price was in force from its first gift to its last, no other touched that time,
-- and it times the quantity is the coins taken. All others are judged gift by gift by control gift_price.
with groups_of_gifts as (
    select
        gift_no,
        quantity,
        coins,
        min(first_at) as first_at,
        max(last_at) as last_at
    from led_gift_group
    group by gift_no, quantity, coins
),

judged as (
    select
        led_gift_kind.gift_id,
        groups_of_gifts.quantity,
        groups_of_gifts.coins,
        count(*) as prices,
        sum(case
            when prices.valid_from <= groups_of_gifts.first_at and prices.valid_until > groups_of_gifts.last_at
                and prices.coins * groups_of_gifts.quantity = groups_of_gifts.coins then 1
            else 0
        end) as right_prices
    from groups_of_gifts
    inner join led_gift_kind
        on led_gift_kind.gift_no = groups_of_gifts.gift_no
    left join stg_gift_catalog as prices
        on prices.gift_id = led_gift_kind.gift_id
        and prices.valid_from <= groups_of_gifts.last_at
        and prices.valid_until > groups_of_gifts.first_at
    group by led_gift_kind.gift_id, groups_of_gifts.quantity, groups_of_gifts.coins
)

select
    gift_id,
    quantity,
    coins
from judged
where prices <> 1 or right_prices <> 1
