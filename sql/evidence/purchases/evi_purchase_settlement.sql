-- One row is a settlement line with the store's transaction of the purchase, or of its original.
-- grain: line_id
-- subject: purchase
-- heading: The other side: settlement lines with its transaction
-- order: settled_at, line_id
-- A store may settle one order in several lines; a refund's line may bear the transaction of the sale.
with transactions as (
    select distinct
        orders.channel,
        orders.store_transaction_id
    from stg_coin_purchases as own
    cross join subject
    inner join stg_coin_purchases as orders
        on orders.purchase_id = own.purchase_id
        or orders.purchase_id = own.original_purchase_id
    where own.purchase_id = subject.subject_id
)

select
    stg_settlement_lines.line_id,
    stg_settlement_lines.channel,
    stg_settlement_lines.report_id,
    stg_settlement_lines.store_transaction_id,
    stg_settlement_lines.sku,
    stg_settlement_lines.country,
    stg_settlement_lines.kind,
    stg_settlement_lines.quantity,
    stg_settlement_lines.gross_amount,
    stg_settlement_lines.tax_amount,
    stg_settlement_lines.fee_amount,
    stg_settlement_lines.net_amount,
    stg_settlement_lines.currency,
    stg_settlement_lines.customer_currency,
    stg_settlement_lines.customer_amount,
    stg_settlement_lines.transaction_at,
    stg_settlement_lines.settled_at,
    stg_settlement_lines.covers_from,
    stg_settlement_lines.covers_to,
    stg_settlement_lines.bank_reference,
    stg_settlement_lines.entity,
    stg_settlement_lines.batch_id,
    stg_settlement_lines.source_line
from stg_settlement_lines
inner join transactions
    on transactions.channel = stg_settlement_lines.channel
    and transactions.store_transaction_id = stg_settlement_lines.store_transaction_id
