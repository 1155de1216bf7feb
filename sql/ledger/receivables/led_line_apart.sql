-- One row is one line of a settlement report that stands for no sale, refund or chargeback: a fee, a tax, a payout, what is held back or carried.
-- grain: line_id
-- for: speed
-- Few are, beside those of orders: what asks for one kind of them reads them here, and the reports themselves are read once.
select
    lines.line_id,
    lines.entity,
    lines.channel,
    lines.counterparty,
    lines.report_id,
    lines.store_transaction_id,
    lines.kind,
    lines.fee_amount,
    lines.net_amount,
    lines.currency,
    lines.customer_currency,
    lines.settled_at,
    lines.bank_reference,
    lines.payout_id,
    lines.event_at,
    lines.batch_id,
    lines.source_line,
    lines.accounting_month
from stg_settlement_lines as lines
cross join run
where lines.accounting_month <= run.period and lines.kind not in ('sale', 'refund', 'chargeback')
