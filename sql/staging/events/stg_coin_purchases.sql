-- One row is one purchase of coins, or a refund, chargeback or chargeback reversal of one.
-- grain: purchase_id
-- materialized: view
-- Keys are unique: a second content of a key was refused at ingest. Absent bonus coins are none. Who owes the money is the
-- counterparty, else the reseller, else the channel. stated_tax_amount is null where the row says nothing of tax
-- (led_purchase_fee books it then by its rule).
select
    purchase_id,
    kind,
    original_purchase_id,
    viewer_id,
    channel,
    reseller_id,
    store_transaction_id,
    sku,
    coins,
    coalesce(bonus_coins, 0) as bonus_coins,
    currency,
    gross_amount,
    coalesce(tax_amount, 0) as tax_amount,
    tax_amount as stated_tax_amount,
    store_fee_amount,
    country,
    purchased_at,
    coalesce(counterparty, reseller_id, channel) as counterparty,
    entity,
    batch_id,
    source_line,
    ingested_at,
    accounting_month
from raw_coin_purchases
