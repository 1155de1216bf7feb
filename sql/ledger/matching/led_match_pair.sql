-- One row is what met one to one in a quarter of an hour, summed; or one transaction that didn't pair (unpaired_no).
-- grain: entity, channel, counterparty, line_counterparty, currency, quarter, differs, unpaired_no
-- An order and a settlement line of the same transaction, kind and currency, the only ones of it, equal within the tolerance
-- in amount, with or without tax, and, where both know it, in fee, and in the tax that the counterparty keeps, are a pair. Joined by a number, because numbers are joined several times as fast as
-- names. A pair is told once, in the month in which the later of the two counted. The fee difference is what the settlement
-- took more (negative) or less than was booked; moved_amount what an order's counterparty no longer owes because another one settles it, and
-- opened_amount what was owed for orders of earlier months. What didn't pair is read again by led_match_item, and so is what several orders
-- or several lines name, and what names no transaction: it stands here as unpaired_no alone.
with order_numbers as (
    select
        key_no,
        case when match_key is not null then check_number(match_key) end as check_no,
        entity,
        channel,
        currency,
        amount,
        untaxed_amount,
        booked_fee,
        known_fee,
        counterparty,
        owed_amount,
        taken_at
    from led_match_order
),

line_numbers as (
    select
        key_no,
        case when match_key is not null then check_number(match_key) end as check_no,
        amount,
        coalesce(fee_amount + fees_apart, fees_apart, fee_amount) as line_fee,
        stated_tax + coalesce(taxes_apart, 0) as line_tax,
        counterparty,
        settled_currency = currency as is_same_currency,
        case when implies_fee and settled_currency = currency then settled_amount end as implied_amount,
        taken_at
    from led_match_line
),

-- joined with each other they would be as many rows as orders times lines: a report that writes "n/a" for its transactions
-- would stop the month. Both sides are read once more for it, because a step that is read twice is laid out whole
repeated as (
    select key_no
    from led_match_order
    where match_key is not null
    group by key_no
    having count(*) > 1
    union
    select key_no
    from led_match_line
    where match_key is not null
    group by key_no
    having count(*) > 1
    union
    select key_no
    from led_match_order
    where match_key is null
    union
    select key_no
    from led_match_line
    where match_key is null
),

orders as (
    select
        order_numbers.key_no,
        order_numbers.check_no,
        order_numbers.entity,
        order_numbers.channel,
        order_numbers.currency,
        order_numbers.amount,
        order_numbers.untaxed_amount,
        order_numbers.booked_fee,
        order_numbers.known_fee,
        order_numbers.counterparty,
        order_numbers.owed_amount,
        order_numbers.taken_at
    from order_numbers
    left join repeated
        on repeated.key_no = order_numbers.key_no
    where repeated.key_no is null
),

lines as (
    select
        line_numbers.key_no,
        line_numbers.check_no,
        line_numbers.amount,
        line_numbers.line_fee,
        line_numbers.line_tax,
        line_numbers.counterparty,
        line_numbers.is_same_currency,
        line_numbers.implied_amount,
        line_numbers.taken_at
    from line_numbers
    left join repeated
        on repeated.key_no = line_numbers.key_no
    where repeated.key_no is null
),

beside as (
    select
        orders.key_no,
        orders.check_no,
        orders.entity,
        orders.channel,
        orders.currency,
        case
            when abs(lines.amount - orders.untaxed_amount) <= coalesce(run_tolerances.tolerance, 0)
                and abs(lines.amount - orders.amount) > coalesce(run_tolerances.tolerance, 0)
                then orders.untaxed_amount
            else orders.amount
        end as order_amount,
        orders.booked_fee,
        orders.known_fee,
        orders.counterparty,
        orders.owed_amount,
        orders.taken_at,
        lines.key_no as line_key_no,
        lines.check_no as line_check_no,
        lines.amount as line_amount,
        lines.line_fee,
        lines.line_tax,
        lines.counterparty as line_counterparty,
        lines.is_same_currency,
        lines.implied_amount,
        lines.taken_at as line_taken_at,
        coalesce(run_tolerances.tolerance, 0) as tolerance
    from orders
    full outer join lines
        on lines.key_no = orders.key_no
    left join run_tolerances
        on run_tolerances.currency = orders.currency
),

judged as (
    select
        beside.entity,
        beside.channel,
        beside.currency,
        beside.order_amount,
        beside.line_amount,
        beside.line_amount - beside.order_amount as difference,
        coalesce(
            beside.line_fee - beside.booked_fee,
            beside.implied_amount - beside.owed_amount - (beside.line_amount - beside.order_amount)
        ) as fee_difference,
        beside.counterparty,
        beside.line_counterparty,
        case when beside.is_same_currency and beside.line_counterparty <> beside.counterparty then beside.owed_amount end as moved_amount,
        case when beside.is_same_currency then beside.owed_amount end as owed_amount,
        beside.taken_at as order_taken_at,
        greatest(beside.taken_at, beside.line_taken_at) as taken_at,
        case
            when beside.check_no = beside.line_check_no
                and abs(beside.line_amount - beside.order_amount) <= beside.tolerance
                and coalesce(abs(beside.line_fee - beside.known_fee) <= beside.tolerance, true)
                -- what is owed is less by the fee and by the tax that isn't ours to pay
                and coalesce(abs(beside.line_tax - (beside.owed_amount - beside.order_amount - beside.booked_fee)) <= beside.tolerance, true)
                then null
            else coalesce(beside.key_no, beside.line_key_no)
        end as unpaired_no
    from beside
)

select
    judged.entity,
    judged.channel,
    judged.counterparty,
    judged.line_counterparty,
    judged.currency,
    quarter_hour(judged.taken_at) as quarter,
    judged.difference <> 0 as differs,
    judged.unpaired_no,
    count(*) as pairs,
    sum(judged.order_amount) as order_amount,
    sum(judged.line_amount) as line_amount,
    sum(judged.difference) as difference,
    sum(judged.fee_difference) as fee_difference,
    sum(judged.moved_amount) as moved_amount,
    sum(case when judged.order_taken_at < run.period_start then judged.owed_amount end) as opened_amount
from judged
cross join run
where judged.unpaired_no is not null or judged.taken_at >= run.period_start
group by
    judged.entity,
    judged.channel,
    judged.counterparty,
    judged.line_counterparty,
    judged.currency,
    quarter_hour(judged.taken_at),
    judged.difference <> 0,
    judged.unpaired_no
union all
select
    cast(null as varchar) as entity,
    cast(null as varchar) as channel,
    cast(null as varchar) as counterparty,
    cast(null as varchar) as line_counterparty,
    cast(null as varchar) as currency,
    cast(null as timestamptz) as quarter,
    cast(null as boolean) as differs,
    key_no as unpaired_no,
    cast(0 as bigint) as pairs,
    cast(null as decimal(38, 6)) as order_amount,
    cast(null as decimal(38, 6)) as line_amount,
    cast(null as decimal(38, 6)) as difference,
    cast(null as decimal(38, 6)) as fee_difference,
    cast(null as decimal(38, 6)) as moved_amount,
    cast(null as decimal(38, 6)) as opened_amount
from repeated
