-- One row is an account that a blocking control has something of, and how much of that has nothing beside it.
-- grain: control, entity, account
-- Viewers, creators, agencies, orders and payouts of an entity are each one account; receivables and what pays them are one for each
-- counterparty, cash for each bank account, whatever their currencies. missing is what would be compared: balance (of the system of
-- record, of the ledger or of the counterparty), report (of a settlement), statement (of a bank), payment (of a provider), account (of
-- carat.yaml). things counts what has nothing beside it, all_things what of its kind there is; what a control says it did not compare is the sum of
-- things. What comes to nothing at the period's end misses nothing: a balance of zero, a month without payouts. Not asked for (is_asked) is what no file
-- can bring: what pays for the time before carat, in the first due_days of the channel (before: it draws a fed opening down), what nobody knows
-- while the month before is open (opening), and what is another control's to name: a missing rate, reports that were never fed (rate, elsewhere).
-- A reference feed that was never fed is completeness's to name.
with settlements as (
    select
        (select count(*) from stg_settlement_lines) > 0 as has_reports,
        (select count(*) from stg_bank_lines where kind not in ('opening', 'closing')) > 0 as has_bank,
        (select count(*) from led_line_apart where kind = 'payout') + (select count(*) from led_report_payout) > 0 as has_payouts
),

viewers as (
    select
        rolled.entity,
        case when fed.subject_id is null then 1 else 0 end as is_without
    from led_viewer_rollforward as rolled
    left join (
        select distinct subject_id, entity
        from led_fed_balance
        where subject_kind = 'viewer'
    ) as fed
        on fed.subject_id = rolled.viewer_id
        and fed.entity = rolled.entity
    where rolled.closing <> 0
),

fed_creators as (
    select distinct led_fed_balance.subject_id, led_fed_balance.entity, led_fed_balance.quantity_kind
    from led_fed_balance
    cross join run
    where led_fed_balance.subject_kind = 'creator' and (led_fed_balance.quantity_kind = 'diamonds' or led_fed_balance.as_of > run.period_start)
),

creators as (
    select
        'diamond_rollforward' as control,
        rolled.entity,
        case when fed_creators.subject_id is null then 1 else 0 end as is_without
    from led_creator_rollforward as rolled
    left join fed_creators
        on fed_creators.subject_id = rolled.creator_id
        and fed_creators.entity = rolled.entity
        and fed_creators.quantity_kind = 'diamonds'
    where rolled.closing_diamonds <> 0
    union all
    select
        'creator_payable_rollforward' as control,
        rolled.entity,
        case when fed_creators.subject_id is null then 1 else 0 end as is_without
    from led_creator_rollforward as rolled
    left join fed_creators
        on fed_creators.subject_id = rolled.creator_id
        and fed_creators.entity = rolled.entity
        and fed_creators.quantity_kind = 'amount'
    where rolled.closing_amount <> 0
),

agencies as (
    select
        rolled.entity,
        case when fed.agency_id is null then 1 else 0 end as is_without
    from led_agency_rollforward as rolled
    left join (
        select distinct agency_id, entity, currency
        from led_agency_fed
    ) as fed
        on fed.agency_id = rolled.agency_id
        and fed.entity = rolled.entity
        and fed.currency = rolled.currency
    where rolled.closing_amount <> 0
),

liabilities as (
    select
        rolled.entity,
        case rolled.identity when 'liability' then 'contract_liability' else 'deferred_store_fee' end as account,
        case
            when exists (
                select 1
                from led_fed_liability as fed
                cross join run
                where fed.as_of > run.period_start
                    and fed.entity = rolled.entity
                    and fed.subject_id = case rolled.identity when 'liability' then 'contract_liability' else 'deferred_store_fee' end
                    and coalesce(fed.channel, rolled.channel) = rolled.channel
                    and coalesce(fed.currency, rolled.currency) = rolled.currency
            ) then 0
            else 1
        end as is_without
    from led_liability_rollforward as rolled
    where rolled.closing <> 0
),

-- what a payout pays is known by its own number, by its report, or by the balance that a running counterparty states
payouts as (
    select
        payouts.entity,
        payouts.counterparty,
        case
            when payouts.outcome in ('alone', 'before_carat')
                and coalesce(lines.settled_at, lines.event_at) < days_after(run.first_start, coalesce(run_channels.due_days, 0)) then 'before'
            else 'report'
        end as missing,
        case
            when payouts.outcome in ('alone', 'before_carat') then 1
            when payouts.outcome = 'running' and beside.entity is null then 1
            else 0
        end as is_without
    from led_settlement_payout as payouts
    cross join run
    inner join led_line_apart as lines
        on lines.line_id = payouts.line_id
    left join run_channels
        on run_channels.channel = lines.channel
    left join led_receivable_beside as beside
        on beside.is_compared
        and beside.is_running
        and beside.entity = payouts.entity
        and beside.counterparty = payouts.counterparty
        and beside.currency = payouts.currency
    where payouts.accounting_month = run.period
),

-- an account that holds something at the month's end, or moved in the month
bank_accounts as (
    select
        cash.entity,
        cash.account,
        case when max(case when lines.kind = 'closing' then lines.booked_at end) is null
            or max(case when lines.kind not in ('opening', 'closing') then lines.booked_at end)
            >= max(case when lines.kind = 'closing' then days_after(lines.booked_at, 1) end)
            then 1 else 0
        end as is_without
    from led_cash_rollforward as cash
    cross join run
    left join stg_bank_lines as lines
        on lines.entity = cash.entity
        and lines.account = cash.account
        and lines.currency = cash.currency
        and lines.accounting_month = run.period
    group by cash.entity, cash.account, cash.currency, cash.closing
    having cash.closing <> 0 or count(lines.line_id) > 0
),

receipts as (
    select
        lines.entity,
        lines.account,
        case when settlements.has_reports then 'report' else 'elsewhere' end as missing
    from stg_bank_lines as lines
    cross join run
    cross join settlements
    where lines.accounting_month = run.period
        and lines.kind not in ('opening', 'closing')
        and lines.amount > 0
        and not settlements.has_payouts
),

unbanked as (
    select lines.entity, lines.counterparty
    from led_line_apart as lines
    cross join run
    cross join settlements
    where lines.accounting_month = run.period and lines.kind = 'payout' and not settlements.has_bank
),

paid_in_month as (
    select entity, method as channel, 'payout' as subject_kind, payout_id as subject_id
    from led_paid_payout
    where is_now
    group by entity, method, payout_id
    having sum(amount) <> 0
    union all
    select taxes.entity, 'tax', 'tax_payment', taxes.item_id
    from led_tax_group as taxes
    cross join run
    where taxes.item_kind = 'tax' and taxes.taken_at >= run.period_start
),

compared as (
    select 'coin_rollforward' as control, entity, 'viewers' as account, 'balance' as missing, is_without
    from viewers
    union all
    select control, entity, 'creators', 'balance', is_without
    from creators
    union all
    select 'agency_rollforward', entity, 'agencies', 'balance', is_without
    from agencies
    union all
    select 'contract_liability', entity, account, 'balance', is_without
    from liabilities
    union all
    select
        'receivable_rollforward', entity, receivable_role || '/' || counterparty, 'balance', case when is_compared then 0 else 1 end
    from led_receivable_beside
    where closing_amount <> 0 or settled_amount + opening_item <> 0
    union all
    select 'settlement_payout', entity, counterparty, missing, is_without
    from payouts
    union all
    select 'settlement_bank', entity, account, missing, 1
    from receipts
    union all
    select 'settlement_bank', entity, counterparty, 'statement', 1
    from unbanked
    union all
    select 'bank_balance', entity, account, 'statement', is_without
    from bank_accounts
    union all
    select 'purchase_settlement', purchases.entity, 'orders', 'report', case when settlements.has_reports then 0 else 1 end
    from stg_coin_purchases as purchases
    cross join run
    cross join settlements
    where purchases.accounting_month = run.period and purchases.purchased_at >= run.first_start
    union all
    select
        'payout_provider', matched.entity, 'payouts', 'payment',
        case when matched.outcome = 'not_compared' and grouped.item_id is null then 1 else 0 end
    from led_match_payout as matched
    cross join run
    left join (
        select distinct item_id
        from led_payout_group
        where side = 'ours'
    ) as grouped
        on grouped.item_id = matched.subject_id
    where matched.taken_at >= run.period_start
    union all
    select
        'payment_bank', paid.entity, paid.channel,
        case when led_match_payout.outcome = 'not_compared' then 'elsewhere' else 'statement' end,
        case when led_payment_open.outcome = 'not_compared' then 1 else 0 end
    from paid_in_month as paid
    left join led_match_payout
        on led_match_payout.subject_kind = paid.subject_kind
        and led_match_payout.subject_id = paid.subject_id
    left join led_payment_open
        on led_payment_open.subject_kind = paid.subject_kind
        and led_payment_open.subject_id = paid.subject_id
    union all
    select
        'journal_bridge', entity, account,
        case
            when is_compared and bridge_amount is null then 'rate'
            when is_compared and journal_amount is null then 'opening'
            else 'account'
        end,
        case when is_compared and bridge_amount is not null and journal_amount is not null then 0 else 1 end
    from led_bridge_beside
    union all
    select
        'receivable_rollforward', balances.entity, 'suspense', 'opening', case when balances.closing is null then 1 else 0 end
    from led_trial_balance as balances
    inner join led_account
        on led_account.entity = balances.entity
        and led_account.account = balances.account
        and led_account.role = 'suspense'
)

select
    control,
    entity,
    account,
    missing,
    missing not in ('opening', 'rate', 'before', 'elsewhere') as is_asked,
    cast(sum(is_without) as bigint) as things,
    cast(count(*) as bigint) as all_things
from compared
group by control, entity, account, missing
order by control, entity, account
