-- One row is one thing that waits in clearing when the month ends.
-- grain: entity, item, currency
-- What nothing was found for stands by itself; of what met something, what is left of the group stands under the first of our rows. A debit
-- (unreceived) is a receivable, a credit (unpaid) a payable; neither is cash (IFRS 9 B3.1.2A). due_at is when the bank should have followed: the
-- days of the web channel after the latest of it.
with grace as (
    select coalesce(max(due_days), 0) as days
    from run_channels
    where channel = 'web'
),

group_sums as (
    select
        entity,
        group_id,
        currency,
        cast(sum(amount) as decimal(38, 6)) as amount,
        coalesce(min(case when kind in ('settlement', 'payout', 'tax') then kind || ' ' || item_id end), min(kind || ' ' || item_id)) as first_item,
        coalesce(min(case when kind in ('settlement', 'payout', 'tax') then counterparty end), min(counterparty)) as counterparty,
        min(event_at) as since,
        max(event_at) as event_at,
        count(distinct case when kind in ('settlement', 'payout', 'tax', 'bank') then kind end) as kinds
    from led_clearing_item
    group by entity, group_id, currency
    having sum(amount) <> 0
),

items as (
    select
        led_clearing_item.entity,
        led_clearing_item.counterparty,
        led_clearing_item.kind || ' ' || led_clearing_item.item_id as item,
        led_clearing_item.currency,
        led_clearing_item.amount,
        led_clearing_item.event_at as since,
        led_clearing_item.event_at
    from led_clearing_item
    inner join group_sums
        on group_sums.entity = led_clearing_item.entity
        and group_sums.group_id = led_clearing_item.group_id
        and group_sums.currency = led_clearing_item.currency
    where group_sums.kinds < 2
    union all
    select entity, counterparty, first_item, currency, amount, since, event_at
    from group_sums
    where kinds >= 2
)

select
    items.entity,
    'clearing' as role,
    items.counterparty,
    items.item,
    case when items.amount > 0 then 'unreceived' else 'unpaid' end as stage,
    items.currency,
    cast(items.amount as decimal(38, 6)) as amount,
    items.since,
    days_after(items.event_at, grace.days) as due_at
from items
cross join grace
