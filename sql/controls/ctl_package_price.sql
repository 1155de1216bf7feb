-- One row is a purchase that was charged at another price than its package's.
-- grain: purchase_id
-- control: package_price
-- severity: review
-- unit: currency
-- reasons: currency, price
-- guards: coins sold below their price; viewers charged above it
-- question: Was every purchase charged at the price list's price?
-- causes: a price changed late in one system; a discount that nobody entered; a price tier changed by the store; a currency mapped to the wrong country
-- action: enter the price that was in force if the list is wrong; else have the store or the viewers charged or repaid the difference
-- checked: from stg_coin_purchases
--     cross join run
--     where accounting_month = run.period
--         and kind = 'purchase'
--         and channel <> 'reseller'
--         and not exists (select 1 from led_empty_feed where feed = 'coin_packages')
-- not_compared: from stg_coin_purchases
--     cross join run
--     where accounting_month = run.period
--         and kind = 'purchase'
--         and channel <> 'reseller'
--         and exists (select 1 from led_empty_feed where feed = 'coin_packages')
-- not_compared_reason: no coin package was ever fed
-- Gross amount = the package's gross amount in force when it was bought, in the package's currency. Resellers buy at a price
-- of their own, which reseller_authorised holds against their floor. A SKU without a package is package_coins' to name.
select
    entity,
    'purchase' as subject_kind,
    purchase_id as subject_id,
    cast(package_amount as decimal(38, 9)) as expected,
    cast(gross_amount as decimal(38, 9)) as actual,
    cast(gross_amount - package_amount as decimal(38, 9)) as difference,
    currency as unit,
    case when package_currency <> currency then 'currency' else 'price' end as reason,
    'Package ' || sku || ' of ' || channel || coalesce(' in ' || country, '') || ' cost ' || plain(package_amount) || ' '
        || package_currency || ' on ' || iso_instant(purchased_at) || '; ' || plain(gross_amount) || ' ' || currency
        || ' was charged.' as detail,
    batch_id,
    source_line
from led_package_break
where channel <> 'reseller' and (package_amount <> gross_amount or package_currency <> currency)
order by purchase_id
