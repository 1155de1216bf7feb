-- One row is a settlement line with the bank line's reference.
-- grain: line_id
-- subject: bank
-- heading: The other side: settlement lines with its reference
-- order: settled_at, line_id
-- A settlement payout and its receipt share the bank's reference.
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
inner join stg_bank_lines as own
    on own.reference = stg_settlement_lines.bank_reference
where own.line_id = subject.subject_id
