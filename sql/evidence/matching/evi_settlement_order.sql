-- One row is an order with the settlement line's transaction.
-- grain: purchase_id
-- subject: settlement
-- heading: The other side: orders with its transaction
-- order: purchased_at, purchase_id
-- Where a line has no order, this is empty, and that is the break.
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
inner join stg_settlement_lines as own
    on own.channel = stg_coin_purchases.channel
    and own.store_transaction_id = stg_coin_purchases.store_transaction_id
where own.line_id = subject.subject_id
