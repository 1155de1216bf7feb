-- One row is money of the day that needed the exchange rate.
-- grain: purchase_id
-- subject: rate
-- heading: Purchases of that day in the currency
-- order: purchased_at, purchase_id
-- A purchase is carried in the entity's currency at the rate of its day.
select
    stg_coin_purchases.purchase_id,
    stg_coin_purchases.kind,
    stg_coin_purchases.original_purchase_id,
    stg_coin_purchases.viewer_id,
    stg_coin_purchases.channel,
    stg_coin_purchases.reseller_id,
    stg_coin_purchases.store_transaction_id,
    stg_coin_purchases.sku,
    stg_coin_purchases.coins,
    stg_coin_purchases.bonus_coins,
    stg_coin_purchases.currency,
    stg_coin_purchases.gross_amount,
    stg_coin_purchases.tax_amount,
    stg_coin_purchases.store_fee_amount,
    stg_coin_purchases.country,
    stg_coin_purchases.purchased_at,
    stg_coin_purchases.entity,
    stg_coin_purchases.batch_id,
    stg_coin_purchases.source_line
from stg_coin_purchases
cross join subject
cross join run
where subject.control = 'fx_rate'
    and stg_coin_purchases.currency = split_part(subject.subject_id, '/', 1)
    and stg_coin_purchases.accounting_month = subject.period
    and iso_day(local_day(stg_coin_purchases.purchased_at, run.time_zone)) = split_part(subject.subject_id, '/', 3)
