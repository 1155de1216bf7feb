-- One row is a line or balance of the subject's bank account and currency in the month.
-- grain: line_id
-- subject: account
-- heading: The account's bank lines of the month
-- order: booked_at, line_id
-- The subject is ACCOUNT/CURRENCY; accounts that no bank keeps have none.
select
    stg_bank_lines.line_id,
    stg_bank_lines.account,
    stg_bank_lines.booked_at,
    stg_bank_lines.kind,
    stg_bank_lines.amount,
    stg_bank_lines.balance,
    stg_bank_lines.currency,
    stg_bank_lines.statement_id,
    stg_bank_lines.reference,
    stg_bank_lines.counterparty,
    stg_bank_lines.entity,
    stg_bank_lines.batch_id,
    stg_bank_lines.source_line
from stg_bank_lines
cross join subject
cross join run
where stg_bank_lines.account || '/' || stg_bank_lines.currency = subject.subject_id
    and stg_bank_lines.accounting_month = run.period
