-- One row is a creator whose diamonds don't roll forward, to carat's own closing or to the system of record's balance.
-- grain: creator_id, entity, reason
-- control: diamond_rollforward
-- severity: block
-- unit: diamonds
-- reasons: fed_balance, identity
-- guards: a lost or doubled gift, a gift credited to another creator, a payout that took too many diamonds
-- question: Does every creator hold the diamonds that gifts, adjustments and payouts leave them with?
-- causes: a lost or doubled gift; a gift credited to another creator; a payout that took another number of diamonds
-- action: look at the creator's rows up to as_of, find the row that one side lacks, have it delivered and run the month again
-- checked: from (
--         select rolled.creator_id
--         from led_creator_rollforward as rolled
--         where not exists (
--             select 1
--             from ctl_diamond_rollforward as named
--             where named.subject_id = rolled.creator_id
--                 and named.entity = rolled.entity
--         )
--         union all
--         select subject_id
--         from ctl_diamond_rollforward
--     ) as judged
-- not_compared: select cast(coalesce(sum(things), 0) as bigint) from led_compared_account where control = 'diamond_rollforward'
-- not_compared_reason: no balance of the system of record was fed for these creators' diamonds
-- opening + credited - reversed + adjusted - redeemed + returned = closing, per creator, and carat's closing is the balance
-- that was fed.
with differing as (
    select
        entity,
        subject_id,
        as_of,
        fed_quantity,
        own_quantity,
        batch_id,
        source_line,
        row_number() over (partition by entity, subject_id order by as_of desc, batch_id, source_line) as latest
    from led_fed_balance
    where subject_kind = 'creator' and quantity_kind = 'diamonds' and fed_quantity <> own_quantity
),

sums as (
    select
        entity,
        creator_id,
        cast(sum(
            opening_diamonds + credited_diamonds + reversed_diamonds + adjusted_diamonds + redeemed_diamonds
            + returned_diamonds + moved_diamonds
        ) as bigint) as rolled_diamonds,
        cast(sum(closing_diamonds) as bigint) as closing_diamonds
    from led_creator_rollforward
    group by entity, creator_id
)

select
    entity,
    'creator' as subject_kind,
    subject_id,
    own_quantity as expected,
    fed_quantity as actual,
    fed_quantity - own_quantity as difference,
    'diamonds' as unit,
    'fed_balance' as reason,
    'The system of record says ' || counted(fed_quantity, 'diamond') || ' just before ' || iso_instant(as_of)
        || '; the gifts, adjustments and payouts that arrived give ' || plain(own_quantity) || case
            when as_of < days_after(run.first_start, 1)
                then '. If it is an opening, it has to be as of ' || iso_instant(run.first_start) || ', when the first month begins.'
            else '. A row is missing, doubled or credited to someone else.'
        end as detail,
    batch_id,
    source_line
from differing
cross join run
where latest = 1
union all
select
    entity,
    'creator' as subject_kind,
    creator_id as subject_id,
    cast(rolled_diamonds as decimal(38, 9)) as expected,
    cast(closing_diamonds as decimal(38, 9)) as actual,
    cast(closing_diamonds - rolled_diamonds as decimal(38, 9)) as difference,
    'diamonds' as unit,
    'identity' as reason,
    'Opening and movements give ' || counted(rolled_diamonds, 'diamond') || ', the closing balance is '
        || plain(closing_diamonds) || '.' as detail,
    cast(null as varchar) as batch_id,
    cast(null as bigint) as source_line
from sums
where rolled_diamonds <> closing_diamonds
order by entity, subject_id, reason
