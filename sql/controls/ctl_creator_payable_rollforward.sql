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
-- checked: from (select rolled.creator_id from led_creator_rollforward as rolled where not exists (select 1 from ctl_creator_payable_rollforward as named where named.subject_id = rolled.creator_id and named.entity = rolled.entity and named.unit = rolled.currency) union all select subject_id from ctl_creator_payable_rollforward) as judged
-- not_compared: select cast(coalesce(sum(things), 0) as bigint) from led_compared_account where control = 'creator_payable_rollforward'
-- not_compared_reason: no balance of the system of record was fed for what these creators are owed
-- opening + accrued - reversed + adjusted - redeemed + returned +- revaluation - rounding = closing = open diamonds x rate
-- in force; and the system of record's amount is carat's, that of the opening included.
with differing as (
    select
        entity,
        subject_id,
        as_of,
        unit,
        fed_quantity,
        own_quantity,
        batch_id,
        source_line,
        row_number() over (partition by entity, subject_id, unit order by as_of desc, batch_id, source_line) as latest
    from led_fed_balance
    where subject_kind = 'creator' and quantity_kind = 'amount' and fed_quantity <> own_quantity
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
