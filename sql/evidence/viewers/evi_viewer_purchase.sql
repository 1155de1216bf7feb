-- One row is a purchase or refund of the viewer that the month counts.
-- grain: purchase_id
-- subject: viewer
-- heading: The viewer's purchases of the month
-- order: purchased_at, purchase_id
-- Rows of earlier months are inside the opening.
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
where stg_coin_purchases.viewer_id = subject.subject_id
    and stg_coin_purchases.accounting_month = subject.period
