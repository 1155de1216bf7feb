-- One row is what a counterparty owes at the period's end beside what it says itself.
-- grain: entity, receivable_role, counterparty, currency
-- A balance of the counterparty (subject_kind counterparty) is what is settled and not paid, with what is left of a fed opening; one of
-- an account ROLE/COUNTERPARTY is the whole receivable. Only balances as of the period's end are compared; of several the counterparty's own
-- goes first. Without a currency it is the entity's own. is_running where the counterparty pays out of a running balance.
with fed as (
    select
        stg_balances.entity,
        stg_balances.subject_kind,
        case when stg_balances.subject_kind = 'account' then split_part(stg_balances.subject_id, '/', 1) end as receivable_role,
        case
            when stg_balances.subject_kind = 'counterparty' then stg_balances.subject_id
            else substr(stg_balances.subject_id, strpos(stg_balances.subject_id, '/') + 1)
        end as counterparty,
        coalesce(stg_balances.currency, run_entities.functional_currency, run.reporting_currency) as currency,
        stg_balances.amount,
        stg_balances.batch_id,
        stg_balances.source_line
    from stg_balances
    cross join run
    left join run_entities
        on run_entities.entity = stg_balances.entity
    where stg_balances.amount is not null
        and stg_balances.as_of = run.period_end
        and (stg_balances.subject_kind = 'counterparty'
            or stg_balances.subject_kind = 'account' and strpos(stg_balances.subject_id, '_receivable/') > 0)
),

-- a counterparty that says what it owes without a line or an order of it
keys as (
    select entity, receivable_role, counterparty, currency
    from led_receivable_balance
    union
    select fed.entity, coalesce(fed.receivable_role, 'provider_receivable'), fed.counterparty, fed.currency
    from fed
    left join led_receivable_balance as known
        on known.entity = fed.entity
        and known.counterparty = fed.counterparty
        and known.currency = fed.currency
    where known.entity is null and fed.amount <> 0
),

paired as (
    select
        keys.entity,
        keys.receivable_role,
        keys.counterparty,
        keys.currency,
        fed.subject_kind as fed_kind,
        fed.amount as fed_amount,
        fed.batch_id,
        fed.source_line,
        row_number() over (
            partition by keys.entity, keys.receivable_role, keys.counterparty, keys.currency
            order by case fed.subject_kind when 'counterparty' then 0 else 1 end, fed.batch_id, fed.source_line
        ) as place
    from keys
    left join fed
        on fed.entity = keys.entity
        and fed.counterparty = keys.counterparty
        and fed.currency = keys.currency
        and coalesce(fed.receivable_role, keys.receivable_role) = keys.receivable_role
)

select
    paired.entity,
    paired.receivable_role,
    paired.counterparty,
    paired.currency,
    paired.fed_kind,
    cast(paired.fed_amount as decimal(38, 6)) as fed_amount,
    cast(case
        when paired.fed_kind = 'counterparty' then coalesce(balances.settled_amount + balances.opening_item, 0)
        else coalesce(balances.closing_amount, 0)
    end as decimal(38, 6)) as own_amount,
    paired.fed_amount is not null as is_compared,
    coalesce(run_settlements.mode, '') = 'running' and paired.fed_kind = 'counterparty' as is_running,
    coalesce(balances.closing_amount, 0) as closing_amount,
    coalesce(balances.settled_amount, 0) as settled_amount,
    coalesce(balances.opening_item, 0) as opening_item,
    coalesce(opened.amount, 0) as fed_opening,
    coalesce(opened.amount > 0 and balances.opening_item < 0 or opened.amount < 0 and balances.opening_item > 0, false) as is_overdrawn,
    paired.batch_id,
    paired.source_line
from paired
left join led_receivable_balance as balances
    on balances.entity = paired.entity
    and balances.receivable_role = paired.receivable_role
    and balances.counterparty = paired.counterparty
    and balances.currency = paired.currency
left join led_receivable_opening as opened
    on opened.entity = paired.entity
    and opened.role = paired.receivable_role
    and opened.counterparty = paired.counterparty
    and opened.currency = paired.currency
left join run_settlements
    on run_settlements.counterparty = paired.counterparty
where paired.place = 1
