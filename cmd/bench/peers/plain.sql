-- What an analyst writes in an afternoon over the exports of a generated month (`carat generate --files month`):
-- one query a kind of fault, no history, no rates by scope. Run by duckdb_month.py, which sets the variable `inbox` and writes
-- `found` as CSV for `carat score`. Amounts are DECIMAL, so that sums are exact.
create view gifts as
select event_id, kind, original_event_id, cast(sent_at as timestamptz) as sent_at, viewer_id, creator_id, gift_id, cast(quantity as bigint) as quantity, cast(coins as bigint) as coins, diamonds
from read_csv(getvariable('inbox') || '/gift_events-*.csv', all_varchar = true);

create view catalog as
select gift_id, cast(coins as bigint) as coins, cast(valid_from as timestamptz) as valid_from
from read_csv(getvariable('inbox') || '/gift_catalog-*.csv', all_varchar = true)
union all
select listed.gift_id, cast(json_extract_string(listed.json, '$."' || listed.gift_id || '".diamondCost') as bigint) as coins, timestamptz '2000-01-01 00:00:00+00' as valid_from
from (
    select json, unnest(json_keys(json)) as gift_id
    from read_json_objects(getvariable('inbox') || '/gift_catalog-*.json')
) as listed;

create view purchases as
select * replace (cast(gross_amount as decimal(18, 4)) as gross_amount, cast(coins as bigint) as coins, cast(purchased_at as timestamptz) as purchased_at)
from read_csv(getvariable('inbox') || '/coin_purchases-*.csv', all_varchar = true);

create view packages as
select * replace (cast(gross_amount as decimal(18, 4)) as gross_amount, cast(coins as bigint) as coins, cast(valid_from as timestamptz) as valid_from)
from read_csv(getvariable('inbox') || '/coin_packages-*.csv', all_varchar = true);

create view payouts as
select payout_id, status, currency, cast(gross_amount as decimal(18, 4)) as gross, coalesce(cast(withholding_amount as decimal(18, 4)), 0) as withheld,
    coalesce(cast(fee_amount as decimal(18, 4)), 0) as fee, cast(net_amount as decimal(18, 4)) as net, payout_currency, provider_reference, cast(updated_at as timestamptz) as updated_at
from read_csv(getvariable('inbox') || '/payouts-*.csv', all_varchar = true);

create view provider as
select payout_id, currency, cast(amount as decimal(18, 4)) as amount
from read_csv(getvariable('inbox') || '/provider_payments-*.csv', all_varchar = true)
where status = 'paid';

create view settled as
select line_id, channel, report_id, store_transaction_id, bank_reference, kind, currency, cast(gross_amount as decimal(18, 4)) as gross, cast(net_amount as decimal(18, 4)) as net
from read_csv(getvariable('inbox') || '/settlement_lines-*.csv', all_varchar = true);

create view bank as
select line_id, reference, currency, cast(amount as decimal(18, 4)) as amount
from read_csv(getvariable('inbox') || '/bank_lines-*.csv', all_varchar = true);

create table found as
with priced as (
    select gifts.event_id, gifts.coins, gifts.quantity * catalog.coins as expected
    from gifts
    asof join catalog
        on gifts.gift_id = catalog.gift_id and gifts.sent_at >= catalog.valid_from
    where gifts.kind = 'gift'
),

sold as (
    select purchases.purchase_id, purchases.currency, purchases.gross_amount, purchases.coins, packages.gross_amount as list_amount, packages.coins as list_coins
    from purchases
    asof join packages
        on purchases.sku = packages.sku and purchases.channel = packages.channel and purchases.country = packages.country and purchases.purchased_at >= packages.valid_from
    where purchases.kind = 'purchase' and packages.currency = purchases.currency
),

latest as (
    select *
    from payouts
    qualify row_number() over (partition by payout_id order by updated_at desc) = 1
),

paid as (
    select payout_id, currency, sum(amount) as amount
    from provider
    group by payout_id, currency
),

received as (
    select reference, currency, sum(amount) as amount
    from bank
    group by reference, currency
)

select 'gift_price' as control, 'gift' as subject_kind, event_id as subject_id, cast(coins - expected as varchar) as difference, 'coins' as unit
from priced
where coins <> expected
union all
select 'key_conflict', 'gift', event_id, cast(count(*) - 1 as varchar), 'contents'
from (select distinct * from gifts)
group by event_id
having count(*) > 1
union all
select 'package_price', 'purchase', purchase_id, cast(gross_amount - list_amount as varchar), currency
from sold
where gross_amount <> list_amount
union all
select 'package_coins', 'purchase', purchase_id, cast(coins - list_coins as varchar), 'coins'
from sold
where coins <> list_coins
union all
select 'payout_arithmetic', 'payout', payout_id, cast(net - (gross - withheld - fee) as varchar), currency
from latest
where net <> gross - withheld - fee
union all
select 'payout_duplicate', 'payout', max(payout_id), cast(max(net) as varchar), max(currency)
from latest
where provider_reference is not null
group by provider_reference
having count(*) > 1
union all
select 'payout_provider', 'payout', latest.payout_id, cast(coalesce(paid.amount, 0) - latest.net as varchar), latest.currency
from latest
left join paid
    on paid.payout_id = latest.payout_id
where latest.status = 'paid' and latest.payout_currency is null and coalesce(paid.amount, 0) <> latest.net
union all
select 'purchase_settlement', 'purchase', purchases.purchase_id, cast(sum(settled.gross) - min(purchases.gross_amount) as varchar), min(purchases.currency)
from purchases
inner join settled
    on settled.store_transaction_id = purchases.store_transaction_id and settled.kind = 'sale' and settled.currency = purchases.currency
where purchases.kind = 'purchase'
group by purchases.purchase_id
having sum(settled.gross) <> min(purchases.gross_amount)
union all
select 'settlement_bank', 'settlement', settled.line_id, cast(coalesce(received.amount, 0) + settled.net as varchar), settled.currency
from settled
left join received
    on received.reference = settled.bank_reference and received.currency = settled.currency
where settled.kind = 'payout' and coalesce(received.amount, 0) <> -settled.net;
