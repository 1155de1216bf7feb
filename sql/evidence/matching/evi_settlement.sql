-- One row is a settlement line that is the subject, or stands under its report or transaction.
-- grain: line_id
-- subject: settlement
-- heading: The settlement lines
-- order: settled_at, line_id
-- The subject is a line, or a report as a whole.
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
cross join subject
where stg_settlement_lines.line_id = subject.subject_id
    or stg_settlement_lines.report_id = subject.subject_id
    or stg_settlement_lines.store_transaction_id = subject.subject_id
