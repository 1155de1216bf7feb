-- One row is a stretch of the coins that a viewer gave on one day, all of one kind, in the order of the day's gifts.
-- grain: viewer_no, day, part_no
-- Only of days that cross from one kind of coins to another. upto counts the day's coins.
select
    led_spent_coin.viewer_no,
    led_spent_coin.day,
    row_number() over (
        partition by led_spent_coin.viewer_no, led_spent_coin.day
        order by led_spent_coin.debit_no, led_spent_coin.place
    ) as part_no,
    led_spent_coin.class_no,
    led_spent_coin.coins,
    cast(sum(led_spent_coin.coins) over (
        partition by led_spent_coin.viewer_no, led_spent_coin.day
        order by led_spent_coin.debit_no, led_spent_coin.place
        rows between unbounded preceding and current row
    ) as bigint) as upto
from led_spent_coin
inner join led_spent_day
    on led_spent_day.viewer_no = led_spent_coin.viewer_no
    and led_spent_day.day = led_spent_coin.day
where led_spent_day.class_no is null
