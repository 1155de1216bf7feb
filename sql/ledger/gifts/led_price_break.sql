-- One row is one way in which gifts may have cost other coins than the catalogue says.
-- grain: gift_id, quantity, coins
-- A way is beyond doubt when one price was in force from its first gift to its last, no other touched that time, and it
-- times the quantity is the coins taken. All others are looked at gift by gift by control gift_price.
with ways as (
    select
        gift_no,
        quantity,
        coins,
        min(first_at) as first_at,
        max(last_at) as last_at
    from led_gift_way
    group by gift_no, quantity, coins
),

judged as (
    select
        led_gift_kind.gift_id,
        ways.quantity,
        ways.coins,
        count(*) as prices,
        sum(case
            when prices.valid_from <= ways.first_at and prices.valid_until > ways.last_at
                and prices.coins * ways.quantity = ways.coins then 1
            else 0
        end) as right_prices
    from ways
    inner join led_gift_kind
        on led_gift_kind.gift_no = ways.gift_no
    left join stg_gift_catalog as prices
        on prices.gift_id = led_gift_kind.gift_id
        and prices.valid_from <= ways.last_at
        and prices.valid_until > ways.first_at
    group by led_gift_kind.gift_id, ways.quantity, ways.coins
)

select
    gift_id,
    quantity,
    coins
from judged
where prices <> 1 or right_prices <> 1
