-- One row is a feed of reference data that rows of the month need and of which nothing was ever fed.
-- grain: feed
-- Without a single price each gift would be an exception, and so with rates, packages and creators: control completeness names
-- the feed once, and the controls that hold rows against it compare nothing. needing_rows are the gifts, purchases or payouts of
-- the month that need a row of it. Gifts of a live recording are credited without a rate.
with needs as (
    select 'conversion_rates' as feed, 'conversion rate' as thing, 'gift' as needing, count(*) as needing_rows
    from stg_gift_events
    cross join run
    where stg_gift_events.accounting_month = run.period
        and stg_gift_events.sent_at >= run.first_start
        and stg_gift_events.kind = 'gift'
        and stg_gift_events.capture is null
        and not exists (select 1 from stg_conversion_rates)
    union all
    select 'gift_catalog' as feed, 'price of a gift' as thing, 'gift' as needing, count(*) as needing_rows
    from stg_gift_events
    cross join run
    where stg_gift_events.accounting_month = run.period
        and stg_gift_events.sent_at >= run.first_start
        and stg_gift_events.kind = 'gift'
        and not exists (select 1 from stg_gift_catalog)
    union all
    select 'coin_packages' as feed, 'coin package' as thing, 'purchase' as needing, count(*) as needing_rows
    from stg_coin_purchases
    cross join run
    where stg_coin_purchases.accounting_month = run.period
        and stg_coin_purchases.purchased_at >= run.first_start
        and stg_coin_purchases.kind = 'purchase'
        and not exists (select 1 from stg_coin_packages)
    union all
    select 'creators' as feed, 'creator' as thing, 'payout' as needing, count(*) as needing_rows
    from led_payout_version
    cross join run
    where led_payout_version.accounting_month = run.period
        and led_payout_version.requested_at >= run.first_start
        and led_payout_version.version_no = 1
        and led_payout_version.creator_id is not null
        and not exists (select 1 from stg_creators)
)

select
    feed,
    thing,
    needing,
    needing_rows
from needs
where needing_rows > 0
order by feed
