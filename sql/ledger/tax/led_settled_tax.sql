-- One row is what lines of settlement reports that stand for no order did on one day to one account of taxes.
-- grain: entity, role, currency, is_opening, day
-- Of lines of kind tax their net, of fees what of them is tax. amount is signed as the account's balance: of tax_payable + is owed, of withholding_receivable
-- (tax_kind withheld: kept from what we earn) + is to be claimed. As led_settled_part books it; a tax that names an order is that order's to
-- explain, and what was before carat began is inside the fed balances. Of earlier months only the sum is kept (day is null).
select
    entity,
    case when kind = 'tax' and tax_kind = 'withheld' then 'withholding_receivable' else 'tax_payable' end as role,
    currency,
    counted = 'earlier' as is_opening,
    day,
    cast(sum(case
        when kind <> 'tax' then tax_amount
        when tax_kind = 'withheld' then -net_amount
        else net_amount
    end) as decimal(38, 6)) as amount
from led_settled_day
where part = 'own' and kind in ('tax', 'fee', 'dispute_fee')
group by
    entity,
    case when kind = 'tax' and tax_kind = 'withheld' then 'withholding_receivable' else 'tax_payable' end,
    currency,
    counted = 'earlier',
    day
