-- One row is the bank's line.
-- grain: line_id
-- subject: bank
-- heading: The bank line
-- order: booked_at, line_id
-- A key conflict names it by its key as well.
select
    stg_bank_lines.line_id,
    stg_bank_lines.account,
    stg_bank_lines.booked_at,
    stg_bank_lines.amount,
    stg_bank_lines.currency,
    stg_bank_lines.reference,
    stg_bank_lines.counterparty,
    stg_bank_lines.kind,
    stg_bank_lines.balance,
    stg_bank_lines.statement_id,
    stg_bank_lines.entity,
    stg_bank_lines.batch_id,
    stg_bank_lines.source_line
from stg_bank_lines
cross join subject
where stg_bank_lines.line_id = subject.subject_id
