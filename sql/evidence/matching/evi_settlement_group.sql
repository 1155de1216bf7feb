-- One row is a line that the subject's payout pays, or might: those of its payout_id, else of its report.
-- grain: line_id
-- subject: settlement
-- heading: The lines of its payout
-- order: settled_at, line_id
-- Of a payout without payout_id the reports before it may be in it too; led_settlement_payout says which.
select
    stg_settlement_lines.line_id,
    stg_settlement_lines.counterparty,
    stg_settlement_lines.report_id,
    stg_settlement_lines.payout_id,
    stg_settlement_lines.store_transaction_id,
    stg_settlement_lines.kind,
    stg_settlement_lines.gross_amount,
    stg_settlement_lines.tax_amount,
    stg_settlement_lines.fee_amount,
    stg_settlement_lines.net_amount,
    stg_settlement_lines.currency,
    stg_settlement_lines.settled_at,
    stg_settlement_lines.entity,
    stg_settlement_lines.batch_id,
    stg_settlement_lines.source_line
from stg_settlement_lines
cross join subject
inner join stg_settlement_lines as own
    on own.line_id = subject.subject_id
    and own.kind = 'payout'
    and own.entity = stg_settlement_lines.entity
    and own.counterparty = stg_settlement_lines.counterparty
    and own.currency = stg_settlement_lines.currency
    and coalesce(own.payout_id, own.report_id) = case when own.payout_id is null then stg_settlement_lines.report_id else stg_settlement_lines.payout_id end
where stg_settlement_lines.line_id <> own.line_id
