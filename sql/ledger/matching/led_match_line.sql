-- One row is one line of a settlement report that stands for a sale, a refund or a chargeback.
-- grain: line_id
-- The amount is what the customer paid, in the customer's currency; without one, the line's own gross and currency. A
-- chargeback that brings money is its reversal; one that takes it is a refund, as an order's is. The fee is known only where the line states it in the customer's currency;
-- fees_apart is what lines of kind fee state for the line's transaction: a fee that is taken belongs to the sale, one that is
-- given back to the refund. Each line of the transaction has them, so who sums them takes them once.
-- settled_amount is what the counterparty owes for it, with its fee, in settled_currency, from settled_at on; implies_fee
-- where no fee is stated and its net is not its gross: then what is kept is the fee; a refund whose net is its gross says that none came
-- back. stated_tax is what the line takes (-) as tax, by itself or by lines of kind tax for its transaction (taxes_apart, as fees_apart): as
-- it says, none where its fee explains its net; null where neither tells, or where it is in another currency than the customer's.
-- Lines of transactions from before carat began are inside the opening. Without a store_transaction_id a line with a range
-- of time is part of an aggregate; without either it can only be told by what it says (match_key is null in both).
with fees as (
    select
        entity,
        channel,
        case when fee_amount < 0 then 'sale' else 'refund' end as class,
        store_transaction_id as match_key,
        currency,
        cast(sum(fee_amount) as decimal(38, 6)) as fee_amount
    from stg_settlement_lines
    cross join run
    where accounting_month <= run.period
        and kind = 'fee'
        and store_transaction_id is not null
        and fee_amount is not null
        and coalesce(customer_currency, currency) = currency
    group by entity, channel, case when fee_amount < 0 then 'sale' else 'refund' end, store_transaction_id, currency
),

taxes as (
    select
        entity,
        channel,
        case when net_amount < 0 then 'sale' else 'refund' end as class,
        store_transaction_id as match_key,
        currency,
        cast(sum(net_amount) as decimal(38, 6)) as tax_amount
    from stg_settlement_lines
    cross join run
    where accounting_month <= run.period
        and kind = 'tax'
        and store_transaction_id is not null
        and coalesce(customer_currency, currency) = currency
    group by entity, channel, case when net_amount < 0 then 'sale' else 'refund' end, store_transaction_id, currency
),

lines as (
    select
        lines.line_id,
        lines.entity,
        lines.channel,
        lines.store_transaction_id,
        lines.sku,
        lines.country,
        lines.quantity,
        case when lines.customer_amount is null then lines.currency else coalesce(lines.customer_currency, lines.currency) end
            as currency,
        coalesce(lines.customer_amount, lines.gross_amount) as amount,
        case
            when lines.kind <> 'chargeback' then lines.kind
            when coalesce(lines.customer_amount, lines.gross_amount) > 0 then 'chargeback_reversal'
            else 'refund'
        end as class,
        case
            when lines.customer_amount is null or coalesce(lines.customer_currency, lines.currency) = lines.currency
                then lines.fee_amount
        end as fee_amount,
        lines.currency as settled_currency,
        lines.net_amount as settled_amount,
        -- a net that is not the gross says what was kept, without a word for it
        lines.fee_amount is null
        and (
            lines.net_amount <> lines.gross_amount + coalesce(lines.tax_amount, 0)
            or (lines.kind <> 'sale' and coalesce(lines.customer_amount, lines.gross_amount) < 0)
        )
        and coalesce(lines.customer_currency, lines.currency) = lines.currency as implies_fee,
        lines.fee_amount as settled_fee,
        case
            when coalesce(lines.customer_currency, lines.currency) <> lines.currency
                or coalesce(lines.customer_amount, lines.gross_amount) <> lines.gross_amount then null
            when lines.tax_amount is not null then lines.tax_amount
            when lines.net_amount = lines.gross_amount + lines.fee_amount then 0
        end as stated_tax,
        coalesce(lines.settled_at, lines.event_at) as settled_at,
        lines.counterparty,
        coalesce(lines.transaction_at, lines.event_at) as event_at,
        lines.covers_from,
        lines.covers_to,
        lines.transaction_at is null and lines.covers_to is null as is_undated,
        lines.accounting_month,
        lines.batch_id,
        lines.source_line
    from stg_settlement_lines as lines
    cross join run
    where lines.accounting_month <= run.period
        and lines.kind in ('sale', 'refund', 'chargeback')
        and coalesce(lines.transaction_at, run.first_start) >= run.first_start
)

select
    join_number(
        lines.entity,
        lines.channel,
        lines.class,
        lines.currency,
        lines.store_transaction_id
    ) as key_no,
    lines.line_id,
    lines.entity,
    lines.channel,
    lines.class,
    lines.store_transaction_id as match_key,
    lines.sku,
    lines.country,
    lines.quantity,
    lines.currency,
    lines.amount,
    lines.fee_amount,
    fees.fee_amount as fees_apart,
    lines.counterparty,
    lines.settled_currency,
    lines.settled_amount,
    lines.settled_fee,
    cast(lines.stated_tax as decimal(38, 6)) as stated_tax,
    taxes.tax_amount as taxes_apart,
    lines.implies_fee and fees.fee_amount is null as implies_fee,
    lines.settled_at,
    lines.event_at,
    lines.is_undated,
    case when lines.store_transaction_id is null then lines.covers_from end as covers_from,
    case when lines.store_transaction_id is null then lines.covers_to end as covers_to,
    case
        when lines.accounting_month = run.period then greatest(least(lines.event_at, run.closing_instant), run.period_start)
        else least(lines.event_at, run.opening_instant)
    end as taken_at,
    lines.batch_id,
    lines.source_line
from lines
cross join run
left join fees
    on fees.match_key = lines.store_transaction_id
    and fees.entity = lines.entity
    and fees.channel = lines.channel
    and fees.class = lines.class
    and fees.currency = lines.currency
left join taxes
    on taxes.match_key = lines.store_transaction_id
    and taxes.entity = lines.entity
    and taxes.channel = lines.channel
    and taxes.class = lines.class
    and taxes.currency = lines.currency
