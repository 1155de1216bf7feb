-- One row is one fed balance of an account that no control of its own holds against the books, beside the ledger's.
-- grain: subject_kind, subject_id, entity, channel, currency, as_of
-- A balance is of a role of the chart (subject_kind account), of one bank account (cash/ACCOUNT) or of one counterparty (ROLE/COUNTERPARTY). It is stated as the account
-- stands: assets and costs as debits, what is owed and income as credits. Without a currency it is in the entity's own. It is just before
-- as_of: at the month's end it is the closing, at the start of another day what is booked until then, where carat begins the opening (moment). Left out is what other
-- models take or compare: coin liability, store fees, taxes, what counterparties state, and openings of receivables, reserves, refund liability, suspense, other bank movements and
-- cash/ACCOUNT. own_amount is
-- null where the ledger has nothing to be compared; while the month before is open is_known is false, where nobody knows it yet.
with told as (
    select
        openings.subject_kind, openings.subject_id, openings.entity, openings.channel, openings.currency as stated_currency,
        run.period_start as as_of, 'opening' as moment, cast(null as date) as last_day,
        openings.amount, openings.functional_amount, openings.batch_id, openings.source_line
    from led_opening_balance as openings
    cross join run
    where run.period = run.first_period
        and openings.subject_kind in ('account', 'counterparty')
    union all
    select
        balances.subject_kind, balances.subject_id, balances.entity, balances.channel, balances.currency as stated_currency,
        balances.as_of,
        case
            when balances.as_of <= run.period_start then 'late'
            when balances.as_of = run.period_end then 'closing'
            when run_days.day is not null then 'day'
            else 'instant'
        end as moment,
        run_days.day as last_day,
        balances.amount, balances.functional_amount, balances.batch_id, balances.source_line
    from stg_balances as balances
    cross join run
    left join run_days
        on run_days.day_end = balances.as_of
    where balances.subject_kind in ('account', 'counterparty')
        and balances.as_of <= run.period_end
        and (
            balances.as_of > run.period_start
            or run.period > run.first_period and balances.accounting_month = run.period
        )
),

-- what other models hold against the books
compared as (
    select batch_id, source_line
    from led_receivable_beside
    where batch_id is not null
    union
    select batch_id, source_line
    from led_fed_liability
    union
    select batch_id, source_line
    from led_fed_tax
),

fed as (
    select
        told.subject_kind,
        told.subject_id,
        split_part(told.subject_id, '/', 1) as role,
        case when strpos(told.subject_id, '/') > 0 then substr(told.subject_id, strpos(told.subject_id, '/') + 1) end as part,
        told.entity,
        told.channel,
        told.stated_currency,
        coalesce(told.stated_currency, run_entities.functional_currency, run.reporting_currency) as currency,
        told.functional_amount is not null
        or coalesce(told.stated_currency, run_entities.functional_currency, run.reporting_currency) = coalesce(run_entities.functional_currency, run.reporting_currency)
            as is_carried,
        told.as_of,
        told.moment,
        told.last_day,
        told.amount,
        told.batch_id,
        told.source_line
    from told
    cross join run
    left join run_entities
        on run_entities.entity = told.entity
    left join compared
        on compared.batch_id = told.batch_id
        and compared.source_line = told.source_line
    where compared.batch_id is null
),

-- and what no other model takes as an opening
alone as (
    select
        subject_kind, subject_id, role, part, entity, channel, stated_currency, currency, as_of, moment, last_day, amount, batch_id, source_line
    from fed
    where subject_kind = 'counterparty'
        or amount is null
        or not (
            moment = 'opening' and subject_id in ('tax_payable', 'withholding_payable', 'withholding_receivable')
            or moment = 'opening' and role in ('store_receivable', 'provider_receivable', 'reseller_receivable', 'reserves')
            or moment = 'opening' and subject_id in ('suspense', 'other_bank')
            or moment = 'opening' and subject_id = 'refund_liability' and is_carried
            or moment = 'opening' and role = 'cash' and part is not null and stated_currency is not null
        )
),

-- whole accounts at both ends of the month
account_ends as (
    select entity, account, currency, 'opening' as moment, opening as amount
    from led_trial_balance
    union all
    select entity, account, currency, 'closing', closing
    from led_trial_balance
),

-- and after the bookings of a day
account_days as (
    select
        alone.entity, led_account.account, alone.currency, alone.last_day,
        cast(sum(lines.amount) as decimal(38, 6)) as amount
    from (
        select distinct entity, role, currency, last_day
        from alone
        where moment = 'day' and part is null
    ) as alone
    inner join led_account
        on led_account.entity = alone.entity
        and led_account.role = alone.role
    inner join led_journal_line as lines
        on lines.entity = alone.entity
        and lines.account = led_account.account
        and lines.currency = alone.currency
        and lines.day <= alone.last_day
    group by alone.entity, led_account.account, alone.currency, alone.last_day
),

-- and of one bank account or counterparty, as the account stands
parts as (
    select entity, 'cash' as role, account as part, currency, 'closing' as moment, closing as amount
    from led_cash_rollforward
    union all
    select entity, 'reserves', counterparty, currency, 'closing', cast(amount as decimal(38, 6))
    from led_receivable_rollforward
    where identity = 'reserve' and line = 'closing'
    union all
    select entity, receivable_role, counterparty, currency, 'closing', cast(closing_amount as decimal(38, 6))
    from led_receivable_balance
    union all
    select entity, 'counterparty_payable', counterparty, currency, 'closing', cast(sum(greatest(-closing_amount, 0)) as decimal(38, 6))
    from led_receivable_balance
    group by entity, counterparty, currency
),

beside as (
    select
        alone.subject_kind,
        alone.subject_id,
        alone.role,
        alone.part,
        alone.entity,
        alone.channel,
        alone.stated_currency,
        alone.currency,
        alone.as_of,
        alone.moment,
        alone.amount,
        led_account.account,
        case
            when alone.amount is null or alone.subject_kind = 'counterparty' or alone.channel is not null or alone.moment in ('late', 'instant') then 'nothing'
            when alone.part is null and led_account.role is not null and alone.moment in ('opening', 'closing', 'day') then 'account'
            when alone.moment = 'closing'
                and alone.role in ('cash', 'reserves', 'counterparty_payable', 'store_receivable', 'provider_receivable', 'reseller_receivable') then 'part'
            else 'nothing'
        end as compared_with,
        case when led_account.kind in ('liability', 'income') then -1 else 1 end as direction,
        ends.amount as end_amount,
        ends.entity is not null as has_end,
        coalesce(account_days.amount, 0) as day_amount,
        parts.amount as part_amount,
        alone.batch_id,
        alone.source_line
    from alone
    left join led_account
        on led_account.entity = alone.entity
        and led_account.role = alone.role
    left join account_ends as ends
        on ends.entity = alone.entity
        and ends.account = led_account.account
        and ends.currency = alone.currency
        and ends.moment = case when alone.moment = 'closing' then 'closing' else 'opening' end
    left join account_days
        on account_days.entity = alone.entity
        and account_days.account = led_account.account
        and account_days.currency = alone.currency
        and account_days.last_day = alone.last_day
    left join parts
        on parts.entity = alone.entity
        and parts.role = alone.role
        and parts.part = alone.part
        and parts.currency = alone.currency
        and parts.moment = alone.moment
)

select
    beside.subject_kind,
    beside.subject_id,
    beside.role,
    beside.part,
    beside.entity,
    beside.channel,
    beside.stated_currency,
    beside.currency,
    beside.as_of,
    beside.moment,
    beside.compared_with,
    beside.compared_with <> 'account' or not beside.has_end or beside.end_amount is not null as is_known,
    -- the ledger's accounts are in the currency's smallest unit
    case
        when beside.compared_with = 'account' then half_up_minor(beside.amount, coalesce(run_currencies.minor_digits, 2))
        else cast(beside.amount as decimal(38, 6))
    end as fed_amount,
    cast(case
        when beside.compared_with = 'account' and not beside.has_end then beside.direction * beside.day_amount
        when beside.compared_with = 'account' then beside.direction * (beside.end_amount + beside.day_amount)
        when beside.compared_with = 'part' then coalesce(beside.part_amount, 0)
    end as decimal(38, 6)) as own_amount,
    beside.batch_id,
    beside.source_line
from beside
left join run_currencies
    on run_currencies.currency = beside.currency
