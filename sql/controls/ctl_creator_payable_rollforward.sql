-- One row is a creator to whom another amount is owed than the movements, or the system of record, say.
-- grain: creator_id, entity, currency, reason
-- control: creator_payable_rollforward
-- severity: block
-- unit: currency
-- reasons: fed_balance, identity
-- guards: diamonds valued at a wrong rate, a revaluation left out, a liability that drifts from its diamonds
-- question: Is each creator owed what their diamonds are worth?
-- causes: the system of record values diamonds at another rate; a rate was changed after the fact; a fed balance in another currency
-- action: compare the rate in force with the one that the system of record used, correct the rate or the balance and run the month again
-- checked: from (
--         select rolled.creator_id
--         from led_creator_rollforward as rolled
--         where not exists (
--             select 1
--             from ctl_creator_payable_rollforward as named
--             where named.subject_id = rolled.creator_id
--                 and named.entity = rolled.entity
--                 and named.unit = rolled.currency
--         )
--         union all
--         select subject_id
--         from ctl_creator_payable_rollforward
--     ) as judged
-- not_compared: select cast(coalesce(sum(things), 0) as bigint) from led_compared_account where control = 'creator_payable_rollforward'
-- not_compared_reason: no balance of the system of record was fed for what these creators are owed
-- opening + accrued - reversed + adjusted - redeemed + returned +- revaluation - rounding = closing = open diamonds x rate
-- in force; and the system of record's amount is carat's, that of the opening included. Diamonds that differ are named before money: an
-- amount that is what the fed diamonds are worth, to six decimals, is diamond_rollforward's.
with fed_worth as (
    select
        fed.entity,
        fed.subject_id,
        fed.as_of,
        balances.value_currency as unit,
        cast(cast(fed.fed_quantity as bigint) * balances.diamond_value as decimal(38, 6)) as amount
    from led_fed_balance as fed
    inner join led_creator_balance as balances
        on balances.creator_id = fed.subject_id
        and balances.entity = fed.entity
        and balances.range_to = fed.as_of
    where fed.subject_kind = 'creator' and fed.quantity_kind = 'diamonds' and fed.fed_quantity <> fed.own_quantity
),

differing as (
    select
        fed.entity,
        fed.subject_id,
        fed.as_of,
        fed.unit,
        fed.fed_quantity,
        fed.own_quantity,
        fed.batch_id,
        fed.source_line,
        row_number() over (partition by fed.entity, fed.subject_id, fed.unit order by fed.as_of desc, fed.batch_id, fed.source_line) as latest
    from led_fed_balance as fed
    left join fed_worth
        on fed_worth.entity = fed.entity
        and fed_worth.subject_id = fed.subject_id
        and fed_worth.as_of = fed.as_of
        and fed_worth.unit = fed.unit
        and fed_worth.amount = fed.fed_quantity
    where fed.subject_kind = 'creator'
        and fed.quantity_kind = 'amount'
        and fed.fed_quantity <> fed.own_quantity
        and fed_worth.subject_id is null
),

rolled as (
    select
        entity,
        creator_id,
        currency,
        opening_amount + accrued_amount + reversed_amount + adjusted_amount + redeemed_amount + returned_amount
            + revaluation_amount + rounding_amount as rolled_amount,
        closing_amount
    from led_creator_rollforward
)

select
    entity,
    'creator' as subject_kind,
    subject_id,
    own_quantity as expected,
    fed_quantity as actual,
    fed_quantity - own_quantity as difference,
    unit,
    'fed_balance' as reason,
    'By the system of record this creator is owed ' || with_unit(fed_quantity, unit) || ' just before ' || iso_instant(as_of)
        || '; open diamonds at the rate in force give ' || with_unit(own_quantity, unit) || '.' as detail,
    batch_id,
    source_line
from differing
where latest = 1
union all
select
    entity,
    'creator' as subject_kind,
    creator_id as subject_id,
    rolled_amount as expected,
    closing_amount as actual,
    closing_amount - rolled_amount as difference,
    currency as unit,
    'identity' as reason,
    'Opening and movements give ' || plain(rolled_amount) || ' ' || currency || ', open diamonds at the rate in force give '
        || plain(closing_amount) || ' ' || currency || '.' as detail,
    cast(null as varchar) as batch_id,
    cast(null as bigint) as source_line
from rolled
where rolled_amount <> closing_amount
order by entity, subject_id, unit, reason
