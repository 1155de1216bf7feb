-- One row is a payment to a tax authority that was told in two ways, or that the bank didn't take.
-- grain: authority, kind, entity, currency, for_period, reference, paid_at
-- subject: tax_payment
-- heading: The payment as it was first read
-- order: paid_at
-- A key conflict names the line that was refused; the payment that stands is the one of the key. What the bank didn't take is named by its key in words.
select
    stg_tax_payments.authority,
    stg_tax_payments.kind,
    stg_tax_payments.entity,
    stg_tax_payments.currency,
    stg_tax_payments.amount,
    stg_tax_payments.for_period,
    stg_tax_payments.reference,
    stg_tax_payments.paid_at,
    stg_tax_payments.batch_id,
    stg_tax_payments.source_line
from stg_tax_payments
cross join subject
left join stg_rejects
    on stg_rejects.row_key = subject.subject_id
    and stg_rejects.code = 'key_conflict'
    and stg_rejects.other_batch = stg_tax_payments.batch_id
    and stg_rejects.other_line = stg_tax_payments.source_line
where stg_rejects.code is not null
    or stg_tax_payments.authority || '/' || stg_tax_payments.kind || '/' || stg_tax_payments.for_period || '/' || coalesce(stg_tax_payments.reference, '') || '/'
    || iso_instant(stg_tax_payments.paid_at) || '/' || stg_tax_payments.entity || '/' || stg_tax_payments.currency = subject.subject_id
