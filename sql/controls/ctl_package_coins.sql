-- One row is a purchase that granted other coins than its package holds.
-- grain: purchase_id
-- control: package_coins
-- severity: block
-- unit: coins
-- reasons: no_package, coins
-- guards: coins given away or withheld with a sale; a package sold that nobody listed
-- question: Did every purchase grant the coins of its package?
-- causes: a bonus that started or ended at another hour than agreed; a package missing from the price list; a SKU mapped to the wrong package
-- action: add or correct the package if the list is wrong; else correct the viewer's coins by an adjustment with a reference
-- checked: from stg_coin_purchases
--     cross join run
--     where accounting_month = run.period
--         and kind = 'purchase'
--         and not exists (select 1 from led_empty_feed where feed = 'coin_packages')
-- not_compared: from stg_coin_purchases
--     cross join run
--     where accounting_month = run.period
--         and kind = 'purchase'
--         and exists (select 1 from led_empty_feed where feed = 'coin_packages')
-- not_compared_reason: no coin package was ever fed
-- Coins + bonus coins of the purchase = coins + bonus coins of the package in force when it was bought, by SKU, channel and
-- country. A SKU without a package grants no coins by the list, so all of them are named (no_package); its price is then
-- not judged by package_price as well.
select
    entity,
    'purchase' as subject_kind,
    purchase_id as subject_id,
    cast(coalesce(package_coins, 0) as decimal(38, 9)) as expected,
    cast(coins as decimal(38, 9)) as actual,
    cast(coins - coalesce(package_coins, 0) as decimal(38, 9)) as difference,
    'coins' as unit,
    case when package_coins is null then 'no_package' else 'coins' end as reason,
    case
        when package_coins is null
            then 'No package ' || sku || ' was on the price list of ' || channel || coalesce(' in ' || country, '') || ' on '
                || iso_instant(purchased_at) || '; ' || counted(coins, 'coin') || ' ' || were(coins) || ' granted.'
        else 'Package ' || sku || ' of ' || channel || coalesce(' in ' || country, '') || ' held ' || counted(package_coins, 'coin')
            || ' on ' || iso_instant(purchased_at) || '; ' || plain(coins) || ' ' || were(coins) || ' granted.'
    end as detail,
    batch_id,
    source_line
from led_package_break
where (package_coins is null or package_coins <> coins) and not exists (select 1 from led_empty_feed where feed = 'coin_packages')
order by purchase_id
