-- One row is a payment to a creator, an agency or a tax authority that the bank didn't take, or took otherwise.
-- grain: subject_kind, subject_id, reason
-- control: payment_bank
-- severity: block
-- unit: currency
-- reasons: missing_in_bank, bank_amount
-- guards: payments that are booked as made and never left; a tax payment that stands twice or with another amount
-- question: Did the bank take every payment that we say we made?
-- causes: a payment order that was never released; a payment entered twice; an account whose bank file is missing; a reference that the bank cut off
-- action: look for the payment in the bank's own records; have the missing bank file delivered, or the payment made; take back what was entered twice; where a line of the bank is the payout, decide it: `carat exceptions match ID ID --reason TEXT`
-- checked: from (
--         select paid.payout_id as subject_id
--         from led_paid_payout as paid
--         where paid.is_now
--             and paid.payout_id not in (select subject_id from led_payment_open)
--         union all
--         select taxes.item_id
--         from led_tax_group as taxes
--         cross join run
--         where taxes.item_kind = 'tax'
--             and taxes.taken_at >= run.period_start
--             and taxes.item_id not in (select subject_id from led_payment_open)
--         union all
--         select subject_id
--         from led_payment_open
--         where outcome in ('missing_in_bank', 'bank_amount')
--     ) as judged
-- not_compared: select cast(coalesce(sum(things), 0) as bigint) from led_compared_account where control = 'payment_bank'
-- not_compared_reason: select case when exists (
--         select 1
--         from led_payment_open
--         where outcome = 'not_compared'
--     ) then 'no line of a bank, and no disbursement of a provider, ever took such a payment' when exists (select 1 from led_payment_open) then 'no payment of the month is due at the bank yet' else 'nothing was paid in the month' end
-- A line takes each payment within the days of the web channel (due_days); one that it doesn't is named in each month until a line takes it. Payouts are
-- compared where a line ever took one of their method and entity, taxes where the month has lines of an account of their currency from the day of the payment on. Expected
-- is what we say we paid, actual what the bank took of it. That the bank took too much or too little of a payout is payout_provider's to name.
select
    entity,
    subject_kind,
    subject_id,
    cast(our_amount as decimal(38, 9)) as expected,
    cast(their_amount as decimal(38, 9)) as actual,
    cast(their_amount - our_amount as decimal(38, 9)) as difference,
    currency as unit,
    case outcome when 'bank_amount' then 'bank_amount' else 'missing_in_bank' end as reason,
    case
        when outcome = 'bank_amount' and our_amount < 0 then 'By the books the tax authority paid back ' || plain(-our_amount) || ' ' || currency
            || '; the bank received ' || plain(-their_amount) || ' ' || currency || ' under its reference.'
        when outcome = 'bank_amount' then 'By the books ' || plain(our_amount) || ' ' || currency || ' of tax were paid; the bank took '
            || plain(their_amount) || ' ' || currency || ' under its reference.'
        when our_amount < 0 then 'By the books the tax authority paid back ' || plain(-our_amount) || ' ' || currency || '; no line of the bank received it.'
        when subject_kind = 'tax_payment' then 'By the books ' || plain(our_amount) || ' ' || currency || ' of tax were paid; no line of the bank took it.'
        else 'The payout says paid, ' || plain(our_amount) || ' ' || currency || ' by ' || channel || '; no line of the bank took it.'
    end as detail,
    batch_id,
    source_line
from led_payment_open
where outcome in ('missing_in_bank', 'bank_amount')
order by subject_kind, subject_id, reason
