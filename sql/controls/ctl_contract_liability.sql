-- One row is a channel and currency whose coin liability, or deferred store fee, doesn't roll forward to its lots or to the fed account.
-- grain: entity, subject_id, reason
-- control: contract_liability
-- severity: block
-- unit: currency
-- reasons: fed_balance, identity, functional
-- guards: coins sold that the books forget; a liability that is more or less than what the open lots carry
-- question: Is what the platform still owes viewers for coins exactly what their open lots carry, and what the ledger says?
-- causes: a purchase, gift or refund that one side lacks; an amount, tax or store fee that differs; openings of viewers without amounts beside an account that has one
-- action: compare the roll-forward of that channel and currency with the account; the first line that differs names the kind of row to look for
-- checked: from (
--         select accounts.subject_id
--         from (
--             select entity, case identity when 'liability' then 'contract_liability/' else 'deferred_store_fee/' end || channel || '/' || currency as subject_id
--             from led_liability_rollforward
--             union
--             select entity, subject_id || '/' || coalesce(channel, '') || '/' || coalesce(currency, '')
--             from led_fed_liability
--         ) as accounts
--         where not exists (
--             select 1
--             from ctl_contract_liability as named
--             where named.entity = accounts.entity
--                 and named.subject_id = accounts.subject_id
--         )
--         union all
--         select subject_id
--         from ctl_contract_liability
--     ) as judged
-- not_compared: select cast(coalesce(sum(things), 0) as bigint) from led_compared_account where control = 'contract_liability'
-- not_compared_reason: no balance of the ledger was fed for these accounts
-- opening + sold - refunded - consumed + restored - breakage = closing, per entity, channel and currency, for the value of coins
-- and for the deferred store fee; closing is what the open lots carry; and a fed balance of the account contract_liability or
-- deferred_store_fee is carat's, that of the opening included. Of several fed balances of an account the last that differs is named.
with differing as (
    select
        entity,
        subject_id || '/' || coalesce(channel, '') || '/' || coalesce(currency, '') as subject_id,
        as_of,
        unit,
        fed_amount,
        own_amount,
        ahead_amount,
        batch_id,
        source_line,
        row_number() over (partition by entity, subject_id, channel, currency order by as_of desc, batch_id, source_line) as latest
    from led_fed_liability
    where fed_amount <> own_amount
),

rolled as (
    select
        entity,
        case identity when 'liability' then 'contract_liability/' else 'deferred_store_fee/' end || channel || '/' || currency as subject_id,
        currency as unit,
        'identity' as reason,
        opening + sold - refunded - consumed + restored - breakage as rolled,
        closing
    from led_liability_rollforward
    union all
    select
        entity,
        case identity when 'liability' then 'contract_liability/' else 'deferred_store_fee/' end || channel || '/' || currency as subject_id,
        functional_currency as unit,
        'functional' as reason,
        functional_opening + functional_sold - functional_refunded - functional_consumed + functional_restored
            - functional_breakage as rolled,
        functional_closing as closing
    from led_liability_rollforward
)

select
    entity,
    'account' as subject_kind,
    subject_id,
    own_amount as expected,
    fed_amount as actual,
    fed_amount - own_amount as difference,
    unit,
    'fed_balance' as reason,
    'The ledger says ' || with_unit(fed_amount, unit) || ' just before ' || iso_instant(as_of)
        || '; the open lots' || case when ahead_amount <> 0 then ', less breakage taken ahead, carry ' else ' carry ' end || with_unit(own_amount, unit)
        || '. A purchase, gift or refund is missing on one side, or an amount differs.' as detail,
    batch_id,
    source_line
from differing
where latest = 1
union all
select
    entity,
    'account' as subject_kind,
    subject_id,
    cast(rolled as decimal(38, 9)) as expected,
    cast(closing as decimal(38, 9)) as actual,
    cast(closing - rolled as decimal(38, 9)) as difference,
    unit,
    reason,
    case reason when 'functional' then 'In the entity''s own currency, opening and movements give ' else 'Opening and movements give ' end
        || with_unit(rolled, unit) || ', the open lots carry ' || with_unit(closing, unit) || '.' as detail,
    cast(null as varchar) as batch_id,
    cast(null as bigint) as source_line
from rolled
where rolled <> closing
order by entity, subject_id, reason
