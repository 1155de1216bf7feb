-- One row is a rate, price or term that came after a month of which it speaks was closed.
-- grain: feed, item_key, valid_from, batch_id, source_line
-- All versions of all reference feeds. What the ledger is made of (conversion rates, creators' terms, exchange rates) counts
-- from known_from on and changes nothing before; what rows are only judged by (prices, packages, payout rules, resellers)
-- judges late rows too. Exchange rates of days before the first period are no month's.
with terms as (
    select
        'conversion_rates' as feed,
        scope || '/' || coalesce(scope_id, '') as item_key,
        scope_id as owner_id,
        valid_from,
        currency,
        batch_id,
        source_line
    from raw_conversion_rates
    union all
    select 'creators' as feed, creator_id as item_key, creator_id as owner_id, valid_from, currency, batch_id, source_line
    from raw_creators
    union all
    select
        'fx_rates' as feed, base || '/' || quote as item_key, cast(null as varchar) as owner_id,
        day_start(rate_date, run.time_zone) as valid_from, quote as currency, batch_id, source_line
    from raw_fx_rates
    cross join run
    where day_start(rate_date, run.time_zone) >= run.first_start
    union all
    select
        'gift_catalog' as feed, gift_id as item_key, cast(null as varchar) as owner_id, valid_from,
        cast(null as varchar) as currency, batch_id, source_line
    from raw_gift_catalog
    union all
    select
        'coin_packages' as feed, sku || '/' || channel || '/' || coalesce(country, '') as item_key,
        cast(null as varchar) as owner_id, valid_from, currency, batch_id, source_line
    from raw_coin_packages
    union all
    select
        'payout_rules' as feed, method || '/' || coalesce(country, '') as item_key, cast(null as varchar) as owner_id,
        valid_from, currency, batch_id, source_line
    from raw_payout_rules
    union all
    select
        'resellers' as feed, reseller_id as item_key, cast(null as varchar) as owner_id, valid_from, currency, batch_id, source_line
    from raw_resellers
)

select
    terms.feed,
    terms.item_key,
    terms.owner_id,
    terms.valid_from,
    run_batches.known_from,
    terms.currency,
    terms.batch_id,
    terms.source_line
from terms
inner join run_batches
    on run_batches.batch_id = terms.batch_id
    and run_batches.known_from > terms.valid_from
