-- One row is the month of one bank account in one currency.
-- grain: entity, account, currency
-- opening + taken_over + received + paid + fees + interest + by_rule + other = closing, signed as they change the balance: received and paid is
-- what met a payout of a store or provider or a payment to creators, by_rule what a row of bank_rules names, other what nothing explains yet. Control bank_balance holds the
-- lines against the bank's own balances.
select
    entity,
    subject_id as account,
    currency,
    cast(sum(case line when 'opening' then amount else 0 end) as decimal(38, 6)) as opening,
    cast(sum(case line when 'taken_over' then amount else 0 end) as decimal(38, 6)) as taken_over,
    cast(sum(case line when 'received' then amount else 0 end) as decimal(38, 6)) as received,
    cast(sum(case line when 'paid' then amount else 0 end) as decimal(38, 6)) as paid,
    cast(sum(case line when 'fees' then amount else 0 end) as decimal(38, 6)) as fees,
    cast(sum(case line when 'interest' then amount else 0 end) as decimal(38, 6)) as interest,
    cast(sum(case line when 'by_rule' then amount else 0 end) as decimal(38, 6)) as by_rule,
    cast(sum(case line when 'other' then amount else 0 end) as decimal(38, 6)) as other,
    cast(sum(amount) as decimal(38, 6)) as closing
from led_cash_day
where identity = 'cash'
group by entity, subject_id, currency
