-- One row is a balance with which the closed month before ended and with which this one doesn't begin.
-- grain: table_name, entity, subject_kind, subject_id, identity, unit
-- The closing is read from the results that were signed; the opening is what this run comes to from the rows of all months
-- before. None while the month before is open. A table that the signed run didn't have is left out: sides without a counterpart
-- there say nothing, and so does an opening that no exchange rate tells. Receivables and reserves open with what was closed. Openings of zero need no closing, and the other way round.
with turn as (
    select run.period_start
    from run
    inner join run_eras
        on run_eras.era_start = run.period_start
),

lots as (
    select entity, viewer_id, lot_id, currency, coins_left as coins, value_left as value, fee_left as fee, 1 as closed
    from closed_coin_lots
    union all
    select
        led_lot_balance.entity,
        led_viewer.viewer_id,
        led_lot_balance.lot_id,
        led_lot_balance.currency,
        led_lot_balance.opening_coins as coins,
        from_millionths(led_lot_balance.opening_value) as value,
        from_millionths(led_lot_balance.opening_fee) as fee,
        0 as closed
    from led_lot_balance
    cross join turn
    inner join led_viewer
        on led_viewer.viewer_no = led_lot_balance.viewer_no
    where led_lot_balance.opening_coins > 0
        and exists (select 1 from closed_coin_lots)
),

lot_sides as (
    select
        entity,
        viewer_id,
        lot_id,
        currency,
        cast(sum(case when closed = 1 then coins else 0 end) as bigint) as closed_coins,
        cast(sum(case when closed = 1 then 0 else coins end) as bigint) as opened_coins,
        cast(sum(case when closed = 1 then value else 0 end) as decimal(38, 6)) as closed_value,
        cast(sum(case when closed = 1 then 0 else value end) as decimal(38, 6)) as opened_value,
        cast(sum(case when closed = 1 then fee else 0 end) as decimal(38, 6)) as closed_fee,
        cast(sum(case when closed = 1 then 0 else fee end) as decimal(38, 6)) as opened_fee
    from lots
    group by entity, viewer_id, lot_id, currency
),

viewers as (
    select entity, viewer_id, coins - debt as closed, cast(0 as bigint) as opened
    from closed_viewer_balances
    union all
    select
        led_viewer_rollforward.entity, led_viewer_rollforward.viewer_id, cast(0 as bigint) as closed,
        led_viewer_rollforward.opening as opened
    from led_viewer_rollforward
    cross join turn
),

viewer_sides as (
    select
        entity,
        viewer_id,
        cast(sum(closed) as bigint) as closed,
        cast(sum(opened) as bigint) as opened
    from viewers
    group by entity, viewer_id
),

-- accounts that a roll-forward knows: the others open with what was closed, so there is nothing to compare
rolled_accounts as (
    select distinct entity, account
    from led_account
    where role in ('contract_liability', 'deferred_store_fee', 'creator_payable', 'creator_receivable', 'payouts_in_transit')
        or (role in ('agency_payable', 'agency_receivable') and exists (select 1 from closed_rollforwards where identity = 'agency'))
),

closed_accounts as (
    select
        closed_trial_balances.entity,
        closed_trial_balances.account,
        closed_trial_balances.currency,
        closed_trial_balances.functional_currency,
        closed_trial_balances.closing,
        closed_trial_balances.functional_closing
    from closed_trial_balances
    inner join rolled_accounts
        on rolled_accounts.entity = closed_trial_balances.entity
        and rolled_accounts.account = closed_trial_balances.account
),

lines as (
    select
        'rollforwards' as table_name, entity, identity, currency, subject_kind, subject_id,
        quantity as closed_quantity, amount as closed_amount, cast(null as bigint) as opened_quantity,
        cast(0 as decimal(38, 6)) as opened_amount
    from closed_rollforwards
    where line = 'closing' and identity not in ('receivable', 'reserve')
    union all
    select
        'rollforwards', rolls.entity, rolls.identity, rolls.currency, rolls.subject_kind, rolls.subject_id,
        null, null, rolls.quantity, coalesce(rolls.amount, 0)
    from mart_rollforwards as rolls
    cross join turn
    where rolls.line = 'opening' and rolls.identity not in ('receivable', 'reserve')
        -- closed before carat rolled taxes, agencies, cash and clearing forward
        and (rolls.identity not in ('tax', 'withholding', 'agency', 'cash', 'clearing') or exists (select 1 from closed_rollforwards where identity = rolls.identity))
    union all
    select 'trial_balances', entity, 'own', currency, 'account', account, null, closing, null, 0
    from closed_accounts
    union all
    select 'trial_balances', entity, currency, functional_currency, 'account', account, null, functional_closing, null, 0
    from closed_accounts
    union all
    select 'trial_balances', trial.entity, 'own', trial.currency, 'account', trial.account, null, null, null, coalesce(trial.opening, 0)
    from led_account_opening as trial
    cross join turn
    inner join rolled_accounts
        on rolled_accounts.entity = trial.entity
        and rolled_accounts.account = trial.account
    where exists (select 1 from closed_trial_balances)
    union all
    select
        'trial_balances', trial.entity, trial.currency, trial.functional_currency, 'account', trial.account, null, null, null,
        trial.functional_opening
    from led_account_opening as trial
    cross join turn
    inner join rolled_accounts
        on rolled_accounts.entity = trial.entity
        and rolled_accounts.account = trial.account
    where exists (select 1 from closed_trial_balances)
),

line_sides as (
    select
        table_name,
        entity,
        identity,
        currency,
        subject_kind,
        subject_id,
        cast(sum(coalesce(closed_quantity, 0)) as bigint) as closed_quantity,
        cast(sum(coalesce(opened_quantity, 0)) as bigint) as opened_quantity,
        cast(sum(coalesce(closed_amount, 0)) as decimal(38, 6)) as closed_amount,
        cast(known_sum(opened_amount) as decimal(38, 6)) as opened_amount
    from lines
    group by table_name, entity, identity, currency, subject_kind, subject_id
),

breaks as (
    select
        table_name, entity, subject_kind, subject_id, identity,
        case when identity = 'coins' then 'coins' else 'diamonds' end as unit,
        cast(closed_quantity as decimal(38, 6)) as closed,
        cast(opened_quantity as decimal(38, 6)) as opened
    from line_sides
    where closed_quantity <> opened_quantity
    union all
    select table_name, entity, subject_kind, subject_id, identity, currency, closed_amount, opened_amount
    from line_sides
    where closed_amount <> opened_amount
    union all
    select 'viewer_balances', entity, 'viewer', viewer_id, 'coins', 'coins', closed, opened
    from viewer_sides
    where closed <> opened
    union all
    select 'coin_lots', entity, 'lot', viewer_id || '/' || lot_id, 'coins', 'coins', closed_coins, opened_coins
    from lot_sides
    where closed_coins <> opened_coins
    union all
    select 'coin_lots', entity, 'lot', viewer_id || '/' || lot_id, 'value', currency, closed_value, opened_value
    from lot_sides
    where closed_value <> opened_value
    union all
    select 'coin_lots', entity, 'lot', viewer_id || '/' || lot_id, 'fee', currency, closed_fee, opened_fee
    from lot_sides
    where closed_fee <> opened_fee
)

select
    breaks.table_name,
    breaks.entity,
    breaks.subject_kind,
    breaks.subject_id,
    breaks.identity,
    breaks.unit,
    breaks.closed,
    breaks.opened
from breaks
cross join turn
