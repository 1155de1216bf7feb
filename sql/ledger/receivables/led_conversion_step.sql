-- One row is what one day closed of a receivable in the currency of the sale and opened in the currency that it is settled in.
-- grain: entity, channel, order_counterparty, counterparty, currency, settled_currency, counted, day, rate_day
-- Orders meet their lines in the customer's currency. A line in another currency closes the order's receivable (closed_amount, in
-- currency) and opens what the counterparty owes instead (opened_amount, in settled_currency), both at the rate of the day on which it
-- was settled (rate_day); day is when it counts. A line closes what the customer paid of the order; with the first one go the tax that
-- a store remits and the store's fee, which the receivable never held. A fee that is stated, by the line or by a line of kind fee for
-- the same transaction, takes the place of the booked one: booked_fee comes back in currency, settled_fee is taken in
-- settled_currency. Without one, what the counterparty keeps cannot be told from the exchange. Signed as orders and lines are: a fee
-- that is taken is negative. counted is now or, summed without its days, earlier than the period. order_counterparty is whom the
-- orders were booked on, counterparty who settles them.
with orders as (
    select group_id, entity, counterparty, amount, untaxed_amount, booked_fee, taken_at
    from led_conversion_item
    where side = 'ours'
),

lines as (
    select
        group_id,
        entity,
        channel,
        counterparty,
        match_key,
        currency,
        settled_currency,
        amount,
        settled_amount,
        settled_fee,
        settled_at,
        taken_at,
        row_number() over (partition by group_id order by taken_at, settled_at, item_id) as place
    from led_conversion_item
    where side = 'theirs' and is_converted
),

-- fees on lines of their own: what is taken belongs to the sale of its transaction, what is given back to its refund
fee_lines as (
    select
        first_lines.group_id,
        led_line_apart.fee_amount as settled_fee,
        coalesce(led_line_apart.settled_at, led_line_apart.event_at) as settled_at,
        case
            when led_line_apart.accounting_month = run.period then greatest(led_line_apart.event_at, run.period_start)
            else least(led_line_apart.event_at, run.opening_instant)
        end as taken_at
    from lines as first_lines
    cross join run
    inner join led_line_apart
        on led_line_apart.entity = first_lines.entity
        and led_line_apart.channel = first_lines.channel
        and led_line_apart.store_transaction_id = first_lines.match_key
        and led_line_apart.currency = first_lines.settled_currency
    where first_lines.place = 1
        and led_line_apart.kind = 'fee'
        and led_line_apart.fee_amount is not null
        and coalesce(led_line_apart.customer_currency, led_line_apart.currency) = led_line_apart.currency
        and (led_line_apart.fee_amount < 0) = (first_lines.amount > 0)
),

own_lines as (
    select distinct group_id
    from led_conversion_item
    where side = 'theirs' and not is_converted
),

own_sums as (
    select
        group_id,
        min(taken_at) as taken_at,
        min(counterparty) as counterparty,
        sum(amount) as amount,
        sum(untaxed_amount) as untaxed_amount
    from orders
    group by group_id
),

line_sums as (
    select group_id, sum(amount) as amount
    from lines
    group by group_id
),

fee_days as (
    select group_id, min(greatest(taken_at, settled_at)) as taken_at, min(settled_at) as settled_at
    from (
        select group_id, settled_at, taken_at
        from lines
        where settled_fee is not null
        union all
        select group_id, settled_at, taken_at
        from fee_lines
    ) as stated
    group by group_id
),

-- what each group is by: its first line, its first order, and whether the store told its lines without the tax
met as (
    select
        lines.group_id,
        lines.entity,
        lines.channel,
        own_sums.counterparty as order_counterparty,
        lines.counterparty,
        lines.currency,
        lines.settled_currency,
        lines.settled_at,
        lines.taken_at as line_taken_at,
        own_sums.taken_at as order_taken_at,
        own_lines.group_id is null as is_whole,
        abs(line_sums.amount - own_sums.untaxed_amount) <= coalesce(run_tolerances.tolerance, 0)
        and abs(line_sums.amount - own_sums.amount) > coalesce(run_tolerances.tolerance, 0) as is_untaxed,
        fee_days.settled_at as fee_settled_at,
        fee_days.taken_at as fee_taken_at
    from lines
    inner join own_sums
        on own_sums.group_id = lines.group_id
    inner join line_sums
        on line_sums.group_id = lines.group_id
    left join own_lines
        on own_lines.group_id = lines.group_id
    left join fee_days
        on fee_days.group_id = lines.group_id
    left join run_tolerances
        on run_tolerances.currency = lines.currency
    where lines.place = 1
),

steps as (
    select
        met.group_id,
        greatest(lines.taken_at, met.order_taken_at) as taken_at,
        lines.settled_at,
        lines.settled_currency,
        lines.amount as closed_amount,
        cast(0 as decimal(38, 6)) as booked_fee,
        lines.settled_amount as opened_amount,
        coalesce(lines.settled_fee, 0) as settled_fee
    from lines
    inner join met
        on met.group_id = lines.group_id
    union all
    select
        met.group_id,
        greatest(orders.taken_at, met.line_taken_at) as taken_at,
        met.settled_at,
        met.settled_currency,
        case when met.is_untaxed then 0 else orders.untaxed_amount - orders.amount end + orders.booked_fee as closed_amount,
        cast(0 as decimal(38, 6)) as booked_fee,
        cast(0 as decimal(38, 6)) as opened_amount,
        cast(0 as decimal(38, 6)) as settled_fee
    from orders
    inner join met
        on met.group_id = orders.group_id
    where met.is_whole
    union all
    select
        met.group_id,
        greatest(orders.taken_at, met.line_taken_at, met.fee_taken_at) as taken_at,
        met.fee_settled_at as settled_at,
        met.settled_currency,
        cast(0 as decimal(38, 6)) as closed_amount,
        orders.booked_fee,
        cast(0 as decimal(38, 6)) as opened_amount,
        cast(0 as decimal(38, 6)) as settled_fee
    from orders
    inner join met
        on met.group_id = orders.group_id
    where met.is_whole and met.fee_taken_at is not null
    union all
    select
        met.group_id,
        greatest(fee_lines.taken_at, fee_lines.settled_at, met.line_taken_at, met.order_taken_at) as taken_at,
        fee_lines.settled_at,
        met.settled_currency,
        cast(0 as decimal(38, 6)) as closed_amount,
        cast(0 as decimal(38, 6)) as booked_fee,
        fee_lines.settled_fee as opened_amount,
        fee_lines.settled_fee
    from fee_lines
    inner join met
        on met.group_id = fee_lines.group_id
)

select
    met.entity,
    met.channel,
    met.order_counterparty,
    met.counterparty,
    met.currency,
    steps.settled_currency,
    case when steps.taken_at >= run.period_start then 'now' else 'earlier' end as counted,
    case when steps.taken_at >= run.period_start then local_day(steps.taken_at, run.time_zone) end as day,
    case when steps.taken_at >= run.period_start then local_day(steps.settled_at, run.time_zone) end as rate_day,
    cast(sum(steps.closed_amount) as decimal(38, 6)) as closed_amount,
    cast(sum(steps.booked_fee) as decimal(38, 6)) as booked_fee,
    cast(sum(steps.opened_amount) as decimal(38, 6)) as opened_amount,
    cast(sum(steps.settled_fee) as decimal(38, 6)) as settled_fee
from steps
cross join run
inner join met
    on met.group_id = steps.group_id
where steps.taken_at < run.period_end
group by
    met.entity, met.channel, met.order_counterparty, met.counterparty, met.currency, steps.settled_currency,
    case when steps.taken_at >= run.period_start then 'now' else 'earlier' end,
    case when steps.taken_at >= run.period_start then local_day(steps.taken_at, run.time_zone) end,
    case when steps.taken_at >= run.period_start then local_day(steps.settled_at, run.time_zone) end
having sum(steps.closed_amount) <> 0 or sum(steps.booked_fee) <> 0 or sum(steps.opened_amount) <> 0 or sum(steps.settled_fee) <> 0
