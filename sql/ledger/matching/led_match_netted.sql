-- One row is one open order that falls within the range of an aggregate of its channel, with the aggregate's key.
-- grain: order_id
-- An aggregate is what a store reports by SKU, country and currency for a range of time. An order goes to the one that names
-- its SKU and country, else to one that leaves them open; where there is none, but the channel's report covers the time, its
-- own SKU and country are a key that the report lacks. Of several ranges the one that ends first counts.
with orders as (
    select
        led_match_open.entity,
        led_match_open.channel,
        led_match_open.item_id,
        led_match_open.sku,
        led_match_open.country,
        led_match_open.currency,
        led_match_open.event_at
    from led_match_open
    left join led_match_attribute as attributed
        on attributed.match = led_match_open.match
        and attributed.side = 'ours'
        and attributed.subject_kind = led_match_open.subject_kind
        and attributed.item_id = led_match_open.item_id
    where led_match_open.match = 'purchase_settlement'
        and led_match_open.side = 'ours'
        and led_match_open.rule = 'attribute'
        and attributed.item_id is null
),

aggregates as (
    select distinct entity, channel, sku, country, currency, covers_from, covers_to
    from led_match_open
    where match = 'purchase_settlement' and rule = 'netted'
),

ranges as (
    select distinct entity, channel, covers_from, covers_to
    from aggregates
),

fits as (
    select orders.item_id, 1 as fit_rank, aggregates.sku, aggregates.country, aggregates.covers_from, aggregates.covers_to
    from orders
    inner join aggregates
        on aggregates.entity = orders.entity
        and aggregates.channel = orders.channel
        and aggregates.sku = orders.sku
        and aggregates.country = orders.country
        and aggregates.currency = orders.currency
        and orders.event_at >= aggregates.covers_from
        and orders.event_at <= aggregates.covers_to
    union all
    select orders.item_id, 2 as fit_rank, aggregates.sku, aggregates.country, aggregates.covers_from, aggregates.covers_to
    from orders
    inner join aggregates
        on aggregates.entity = orders.entity
        and aggregates.channel = orders.channel
        and aggregates.currency = orders.currency
        and orders.event_at >= aggregates.covers_from
        and orders.event_at <= aggregates.covers_to
    where (aggregates.sku is null or aggregates.country is null)
        and (aggregates.sku is null or aggregates.sku = orders.sku)
        and (aggregates.country is null or aggregates.country = orders.country)
    union all
    select orders.item_id, 3 as fit_rank, orders.sku, orders.country, ranges.covers_from, ranges.covers_to
    from orders
    inner join ranges
        on ranges.entity = orders.entity
        and ranges.channel = orders.channel
        and orders.event_at >= ranges.covers_from
        and orders.event_at <= ranges.covers_to
),

ranked as (
    select
        item_id,
        sku,
        country,
        covers_from,
        covers_to,
        row_number() over (
            partition by item_id
            order by fit_rank, covers_to, covers_from desc, coalesce(sku, ''), coalesce(country, '')
        ) as choice
    from fits
)

select
    item_id as order_id,
    sku,
    country,
    covers_from,
    covers_to
from ranked
where choice = 1
