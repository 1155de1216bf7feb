-- One row is another order with the store's transaction of the purchase.
-- grain: purchase_id
-- subject: purchase
-- heading: Other orders with its transaction
-- order: purchased_at, purchase_id
-- Two orders of one transaction are one sale booked twice, unless the one undoes the other.
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
inner join stg_coin_purchases as own
    on own.channel = stg_coin_purchases.channel
    and own.store_transaction_id = stg_coin_purchases.store_transaction_id
where own.purchase_id = subject.subject_id
    and stg_coin_purchases.purchase_id <> own.purchase_id
    and coalesce(stg_coin_purchases.original_purchase_id, '') <> own.purchase_id
    and coalesce(own.original_purchase_id, '') <> stg_coin_purchases.purchase_id
