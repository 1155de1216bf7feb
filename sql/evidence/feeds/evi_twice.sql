-- One row is a row that was refused because its key says something else already, with the row that stands.
-- grain: batch_id, source_line, standing_batch, standing_line
-- subject: purchase, gift, payout, settlement, payment, bank, balance, adjustment, tax_payment
-- heading: Rows that were refused under its key
-- order: batch_id, source_line
-- The row that stands is among those above; here is what arrived later.
select
    stg_rejects.feed,
    stg_rejects.row_key,
    stg_rejects.code,
    stg_rejects.other_batch as standing_batch,
    stg_rejects.other_line as standing_line,
    stg_rejects.batch_id,
    stg_rejects.source_line
from stg_rejects
cross join subject
where stg_rejects.row_key = subject.subject_id
    and stg_rejects.code = 'key_conflict'
