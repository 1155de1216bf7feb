-- One row is the month of clearing in one currency: what waits between books and bank.
-- grain: entity, currency
-- opening + settled + paid_out + fees + bank + differences = closing, signed as the journal: settled is what stores and providers
-- paid out, paid_out what creators and tax authorities were paid, bank what lines of the bank took off, differences what was tolerated or exchanged.
-- closing is the sum of led_open_clearing, row by row.
select
    led_clearing_item.entity,
    led_clearing_item.currency,
    cast(sum(case when led_clearing_item.taken_at >= run.period_start then 0 else led_clearing_item.amount end) as decimal(38, 6)) as opening,
    cast(sum(case when led_clearing_item.taken_at >= run.period_start and led_clearing_item.kind = 'settlement' then led_clearing_item.amount else 0 end) as decimal(38, 6)) as settled,
    cast(sum(case when led_clearing_item.taken_at >= run.period_start and led_clearing_item.kind in ('payout', 'tax') then led_clearing_item.amount else 0 end) as decimal(38, 6)) as paid_out,
    cast(sum(case when led_clearing_item.taken_at >= run.period_start and led_clearing_item.kind = 'fee' then led_clearing_item.amount else 0 end) as decimal(38, 6)) as fees,
    cast(sum(case when led_clearing_item.taken_at >= run.period_start and led_clearing_item.kind = 'bank' then led_clearing_item.amount else 0 end) as decimal(38, 6)) as bank,
    cast(sum(
        case when led_clearing_item.taken_at >= run.period_start and led_clearing_item.kind in ('tolerated', 'conversion') then led_clearing_item.amount else 0 end
    ) as decimal(38, 6)) as differences,
    cast(sum(led_clearing_item.amount) as decimal(38, 6)) as closing
from led_clearing_item
cross join run
group by led_clearing_item.entity, led_clearing_item.currency
