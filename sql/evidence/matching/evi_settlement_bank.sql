-- One row is a bank line with the settlement payout's reference.
-- grain: line_id
-- subject: settlement
-- heading: The other side: bank lines with its reference
-- order: booked_at, line_id
-- A settlement payout and its receipt share the bank's reference.
select
    stg_bank_lines.line_id,
    stg_bank_lines.account,
    stg_bank_lines.booked_at,
    stg_bank_lines.amount,
    stg_bank_lines.currency,
    stg_bank_lines.reference,
    stg_bank_lines.counterparty,
    stg_bank_lines.entity,
    stg_bank_lines.batch_id,
    stg_bank_lines.source_line
from stg_bank_lines
cross join subject
inner join stg_settlement_lines as own
    on own.bank_reference = stg_bank_lines.reference
where own.line_id = subject.subject_id
