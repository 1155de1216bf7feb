-- One row is the month of clearing in one currency: what waits between books and bank.
-- grain: entity, currency
-- opening + settled + paid_out + fees + bank + differences = closing, signed as the journal: settled is what stores and providers
-- paid out, paid_out what creators and tax authorities were paid, bank what lines of the bank took off, differences what was tolerated or exchanged.
-- closing is the sum of led_open_clearing, row by row.
select
    entity,
    currency,
    cast(sum(case line when 'opening' then amount else 0 end) as decimal(38, 6)) as opening,
    cast(sum(case line when 'settled' then amount else 0 end) as decimal(38, 6)) as settled,
    cast(sum(case line when 'paid_out' then amount else 0 end) as decimal(38, 6)) as paid_out,
    cast(sum(case line when 'fees' then amount else 0 end) as decimal(38, 6)) as fees,
    cast(sum(case line when 'bank' then amount else 0 end) as decimal(38, 6)) as bank,
    cast(sum(case line when 'differences' then amount else 0 end) as decimal(38, 6)) as differences,
    cast(sum(amount) as decimal(38, 6)) as closing
from led_cash_day
where identity = 'clearing'
group by entity, currency
