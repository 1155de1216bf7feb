-- One row is one order, or one settlement line, of what was sold in one currency and is settled in another.
-- grain: side, item_id
-- Only of orders that met their lines, by whatever matching found: by transaction, by what they say, or as an aggregate. What met is
-- one group, in the customer's currency, and so is what a person decided to be of one another. amount is signed, + towards the platform: what the customer paid. Of an order untaxed_amount
-- is what it comes to without the tax that a store remits, booked_fee what carat booked as the store's fee; of a line settled_amount
-- is what it pays in settled_currency, with its own settled_fee. A line that its group has in the customer's own currency is here too
-- (is_converted false). taken_at is when the row counts: a line once it is settled, an aggregate once it has ended. Lines that stand
-- for no order, or for one a second time, are none of these, and orders from before carat began were never booked here.
select
    members.group_id,
    members.side,
    members.item_id,
    led_match_order.entity,
    led_match_order.channel,
    led_match_order.counterparty,
    led_match_order.match_key,
    led_match_order.currency,
    cast(led_match_order.amount as decimal(38, 6)) as amount,
    cast(coalesce(led_match_order.untaxed_amount, led_match_order.amount) as decimal(38, 6)) as untaxed_amount,
    cast(led_match_order.booked_fee as decimal(38, 6)) as booked_fee,
    cast(led_match_order.owed_amount as decimal(38, 6)) as owed_amount,
    cast(null as varchar) as settled_currency,
    cast(null as decimal(38, 6)) as settled_amount,
    cast(null as decimal(38, 6)) as settled_fee,
    cast(null as timestamp with time zone) as settled_at,
    false as is_converted,
    greatest(led_match_order.taken_at, coalesce(members.taken_at, led_match_order.taken_at)) as taken_at,
    led_match_order.taken_at as counted_at
from led_conversion_member as members
inner join led_match_order
    on led_match_order.order_id = members.item_id
where members.side = 'ours' and not led_match_order.is_before
union all
select
    members.group_id,
    members.side,
    members.item_id,
    led_match_line.entity,
    led_match_line.channel,
    led_match_line.counterparty,
    led_match_line.match_key,
    led_match_line.currency,
    cast(led_match_line.amount as decimal(38, 6)) as amount,
    cast(null as decimal(38, 6)) as untaxed_amount,
    cast(null as decimal(38, 6)) as booked_fee,
    cast(null as decimal(38, 6)) as owed_amount,
    led_match_line.settled_currency,
    cast(led_match_line.settled_amount as decimal(38, 6)) as settled_amount,
    cast(led_match_line.settled_fee as decimal(38, 6)) as settled_fee,
    led_match_line.settled_at,
    led_match_line.settled_currency <> led_match_line.currency as is_converted,
    greatest(led_match_line.taken_at, led_match_line.settled_at, coalesce(members.taken_at, led_match_line.taken_at)) as taken_at,
    led_match_line.taken_at as counted_at
from led_conversion_member as members
inner join led_match_line
    on led_match_line.line_id = members.item_id
where members.side = 'theirs'
