-- One row is a sale whose stated tax is not that of its rule, or an account of taxes that the journal moves otherwise than its roll-forward.
-- grain: subject_kind, subject_id, unit, reason
-- control: tax_payable
-- severity: review
-- unit: currency
-- reasons: stated, rollforward, fed_balance
-- guards: sales tax that we owe and did not keep; tax kept at a rate that is no longer the law's; a tax account that nobody could file from
-- question: Is the tax of every sale that of its rule, and is what we owe for taxes what the roll-forwards and the ledger say?
-- causes: a payment to an authority, or a sale, that one side lacks; a rate that changed and that the shop learned late; a rule with a wrong date, rate or treatment; tax taken from a sale that is exempt, or that the customer accounts for
-- action: correct the rule if it is wrong; else settle the difference with the authority before the return is filed, and have the shop's rate mended
-- checked: from (
--         select purchases.purchase_id
--         from led_purchase_fee as purchases
--         cross join run
--         where purchases.accounting_month = run.period
--             and purchases.purchased_at >= run.first_start
--             and purchases.stated_tax_amount is not null
--             and purchases.rule_from is not null
--         union all
--         select subject_id
--         from led_fed_tax
--         union all
--         select accounts.account
--         from (
--             select entity, currency, case when identity = 'tax' then 'tax_payable' when stage = 'receivable' then 'withholding_receivable' else 'withholding_payable' end as account
--             from led_tax_rollforward
--             union
--             select entity, currency, role
--             from led_posting
--             where role in ('tax_payable', 'withholding_payable', 'withholding_receivable')
--         ) as accounts
--     ) as judged
-- not_compared: from (
--         select led_purchase_fee.purchase_id
--         from led_purchase_fee
--         cross join run
--         where led_purchase_fee.accounting_month = run.period
--             and led_purchase_fee.purchased_at >= run.first_start
--             and led_purchase_fee.stated_tax_amount <> 0
--             and led_purchase_fee.rule_from is null
--     ) as unruled
-- not_compared_reason: select case when not exists (
--         select 1
--         from stg_coin_purchases
--         cross join run
--         where accounting_month = run.period
--             and tax_amount <> 0
--     ) then 'no tax was collected, withheld or paid' when exists (select 1 from stg_tax_rules) then 'sales state a tax where no tax rule applies' else 'no tax rule was ever fed' end
-- What a row states wins and is booked; here it is held against gross x rate / (1 + rate) of the rule in force at the sale, to the last
-- unit. What is taken back may also reverse the same part of what its sale stated. Expected is the rule's tax, actual the stated
-- one. Of the accounts of taxes, expected is what the roll-forward moves by, actual what the journal's sides do; and a fed balance of
-- tax_payable, withholding_payable or withholding_receivable is carat's. Of several fed balances of an account the last that differs is named.
with judged as (
    select
        purchases.purchase_id,
        purchases.kind,
        purchases.entity,
        purchases.channel,
        purchases.currency,
        purchases.gross_amount,
        purchases.stated_tax_amount as stated,
        purchases.rule_tax,
        purchases.due_tax,
        purchases.tax_rate as rate,
        purchases.treatment,
        purchases.remitter,
        purchases.rule_from as valid_from,
        purchases.batch_id,
        purchases.source_line
    from led_purchase_fee as purchases
    cross join run
    where purchases.accounting_month = run.period
        and purchases.rule_from is not null
        and purchases.purchased_at >= run.first_start
        and purchases.stated_tax_amount is not null
),

moves as (
    select
        entity,
        currency,
        case
            when identity = 'tax' then 'tax_payable'
            when stage = 'receivable' then 'withholding_receivable'
            else 'withholding_payable'
        end as role,
        case when stage = 'receivable' then closing - opening else opening - closing end as amount,
        0 as booked
    from led_tax_rollforward
    union all
    select entity, currency, role, 0 as amount, amount as booked
    from led_posting
    where role in ('tax_payable', 'withholding_payable', 'withholding_receivable')
),

accounts as (
    select
        moves.entity,
        moves.currency,
        moves.role,
        cast(sum(moves.amount) as decimal(38, 9)) as amount,
        cast(sum(moves.booked) as decimal(38, 9)) as booked
    from moves
    group by moves.entity, moves.currency, moves.role
),

differing as (
    select
        entity,
        subject_id,
        currency,
        as_of,
        fed_amount,
        own_amount,
        batch_id,
        source_line,
        row_number() over (partition by entity, subject_id, currency order by as_of desc, batch_id, source_line) as latest
    from led_fed_tax
    where fed_amount <> own_amount
)

select
    entity,
    'purchase' as subject_kind,
    purchase_id as subject_id,
    cast(rule_tax as decimal(38, 9)) as expected,
    cast(stated as decimal(38, 9)) as actual,
    cast(stated - rule_tax as decimal(38, 9)) as difference,
    currency as unit,
    'stated' as reason,
    case kind when 'purchase' then 'The sale' else 'The ' || replace(kind, '_', ' ') end || ' of ' || plain(gross_amount) || ' ' || currency
        || ' states ' || plain(stated) || ' ' || currency || ' of tax; '
        || case
            when remitter = 'customer' then 'by its rule the customer accounts for it, and the price holds none.'
            when treatment = 'exempt' then 'by its rule it is exempt.'
            when treatment = 'zero' then 'by its rule it is zero-rated.'
            else 'at the rate of its rule, ' || plain(rate) || ' since ' || iso_instant(valid_from) || ', it is ' || plain(rule_tax) || ' ' || currency || '.'
        end as detail,
    batch_id,
    source_line
from judged
where stated <> rule_tax and (kind = 'purchase' or stated <> due_tax)
union all
select
    accounts.entity,
    'account' as subject_kind,
    led_account.account as subject_id,
    accounts.amount as expected,
    accounts.booked as actual,
    cast(accounts.booked - accounts.amount as decimal(38, 9)) as difference,
    accounts.currency as unit,
    'rollforward' as reason,
    'The roll-forward moves this account by ' || with_unit(accounts.amount, accounts.currency) || ', the journal by '
        || with_unit(accounts.booked, accounts.currency) || '.' as detail,
    cast(null as varchar) as batch_id,
    cast(null as bigint) as source_line
from accounts
inner join led_account
    on led_account.entity = accounts.entity
    and led_account.role = accounts.role
where accounts.amount <> accounts.booked
union all
select
    entity,
    'account' as subject_kind,
    subject_id || '/' || currency as subject_id,
    own_amount as expected,
    fed_amount as actual,
    cast(fed_amount - own_amount as decimal(38, 9)) as difference,
    currency as unit,
    'fed_balance' as reason,
    'The ledger says ' || with_unit(fed_amount, currency) || ' just before ' || iso_instant(as_of) || '; the roll-forward comes to '
        || with_unit(own_amount, currency) || '. A sale, a refund or a payment to the authority is missing on one side, or an amount differs.' as detail,
    batch_id,
    source_line
from differing
where latest = 1
order by subject_kind, subject_id, unit, reason
