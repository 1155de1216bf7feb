-- One row is the fees that a settlement reports on lines of their own for the sale or the refund of one transaction.
-- grain: key_no, match_key, class, entity, channel, currency
-- A fee that is taken belongs to the sale, a fee that is given back to the refund.
with lines as (
    select
        entity,
        channel,
        case when fee_amount < 0 then 'sale' else 'refund' end as class,
        store_transaction_id as match_key,
        currency,
        fee_amount
    from stg_settlement_lines
    cross join run
    where accounting_month <= run.period
        and kind = 'fee'
        and store_transaction_id is not null
        and fee_amount is not null
        and coalesce(customer_currency, currency) = currency
)

select
    join_number(entity, channel, class, currency, match_key) as key_no,
    entity,
    channel,
    class,
    match_key,
    currency,
    cast(sum(fee_amount) as decimal(38, 6)) as fee_amount
from lines
group by entity, channel, class, match_key, currency
