-- One row is a purchase, the original that it undoes, or a row that undoes it or undoes the same one.
-- grain: purchase_id
-- subject: purchase
-- heading: The purchase, its original and what undoes it
-- order: purchased_at, purchase_id
-- A refund is judged against its original and the other refunds of it; so all of them are shown.
with own as (
    select
        stg_coin_purchases.purchase_id,
        stg_coin_purchases.original_purchase_id
    from stg_coin_purchases
    cross join subject
    where stg_coin_purchases.purchase_id = subject.subject_id
)

select
    case
        when stg_coin_purchases.purchase_id = own.purchase_id then 'itself'
        when stg_coin_purchases.purchase_id = own.original_purchase_id then 'its original'
        when stg_coin_purchases.original_purchase_id = own.purchase_id then 'undoes it'
        else 'undoes the same'
    end as part,
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
inner join own
    on stg_coin_purchases.purchase_id = own.purchase_id
    or stg_coin_purchases.purchase_id = own.original_purchase_id
    or stg_coin_purchases.original_purchase_id = own.purchase_id
    or stg_coin_purchases.original_purchase_id = own.original_purchase_id
