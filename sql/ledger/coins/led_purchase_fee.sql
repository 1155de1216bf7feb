-- One row is one purchase of coins, refund, chargeback or chargeback reversal with the store's fee as carat books it.
-- grain: purchase_id
-- materialized: view
-- booked_fee is the row's own store_fee_amount, which of a refund is the fee given back; an empty one is gross x store_fee_rate
-- of the channel, half up in minor units of the currency (two digits where carat doesn't know the currency), and zero in a
-- channel without a rate. Lots, refund money and matching all read it here. Positive, as the row's amounts are.
select
    purchases.purchase_id,
    purchases.kind,
    purchases.original_purchase_id,
    purchases.viewer_id,
    purchases.channel,
    purchases.store_transaction_id,
    purchases.sku,
    purchases.coins,
    purchases.bonus_coins,
    purchases.currency,
    purchases.gross_amount,
    purchases.tax_amount,
    purchases.store_fee_amount,
    case
        when purchases.store_fee_amount is not null then purchases.store_fee_amount
        else cast(half_up_minor(
            cast(purchases.gross_amount as decimal(38, 6)) * coalesce(run_channels.store_fee_rate, 0),
            coalesce(run_currencies.minor_digits, 2)
        ) as decimal(18, 6))
    end as booked_fee,
    purchases.country,
    purchases.purchased_at,
    purchases.entity,
    purchases.batch_id,
    purchases.source_line,
    purchases.accounting_month
from stg_coin_purchases as purchases
left join run_channels
    on run_channels.channel = purchases.channel
left join run_currencies
    on run_currencies.currency = purchases.currency
