-- One row is one stretch of the month of a creator who owes, with what of the debt is carried after it and what is no gain yet.
-- grain: creator_id, entity, range_from
-- What is carried of a debt is what was ever a loss to somebody: each diamond at the lowest rate since it was owed, because a fall of the
-- rate is a loss for good and a rise no gain before it is recovered (ASC 450-30). The rest of the amount is deferred_gain. What was
-- owed first is recovered first; what the month opened with counts as one part, at the carrying amount of the closed month before (where
-- there is none, at the opening's rate). Of the gain that was there, raised is what the stretch's rate adds, lost what a lower rate takes
-- off it, recovered what goes with the debt that is paid in the stretch. A creator's new currency begins anew: the gain in the one before
-- is lost then (moved_gain, in moved_currency).
with stretches as (
    select
        creator_id,
        entity,
        range_from,
        range_to,
        is_opening,
        is_moved,
        currency,
        previous_currency,
        diamond_value,
        debt,
        debt_before,
        raised,
        greatest(debt - debt_before, 0) as added,
        sum(greatest(debt - debt_before, 0)) over (
            partition by creator_id, entity order by range_from rows between unbounded preceding and current row
        ) as added_until,
        sum(greatest(debt_before - debt, 0)) over (
            partition by creator_id, entity order by range_from rows between unbounded preceding and current row
        ) as recovered_until,
        sum(case when is_moved then 1 else 0 end) over (
            partition by creator_id, entity order by range_from rows between unbounded preceding and current row
        ) as move_no
    from led_debt_stretch
),

-- each part of the debt at each later stretch: what is left of it before and after, and the lowest rate since it was owed
parts as (
    select
        later.creator_id,
        later.entity,
        later.range_from,
        earlier.is_opening and later.move_no = 0 as is_carried,
        earlier.added,
        case
            when earlier.range_from = later.range_from then 0
            else greatest(least(earlier.added_until - later.recovered_until + greatest(later.debt_before - later.debt, 0), earlier.added), 0)
        end as rest_before,
        greatest(least(earlier.added_until - later.recovered_until, earlier.added), 0) as rest_after,
        coalesce(
            closed.carrying_amount, cast(earlier.added * earlier.diamond_value as decimal(38, 9))
        ) as opening_amount,
        min(later.diamond_value) over (
            partition by later.creator_id, later.entity, earlier.range_from, later.move_no
            order by later.range_from
            rows between unbounded preceding and current row
        ) as lowest_value
    from stretches as earlier
    inner join stretches as later
        on later.creator_id = earlier.creator_id
        and later.entity = earlier.entity
        and later.range_from >= earlier.range_from
    left join closed_creator_debts as closed
        on closed.creator_id = case when earlier.is_opening then earlier.creator_id end
        and closed.entity = earlier.entity
        and closed.currency = earlier.currency
        and closed.diamonds = earlier.added
    where earlier.added > 0
),

carried_sums as (
    select
        creator_id,
        entity,
        range_from,
        sum(case
            when is_carried and rest_before > 0
                then least(
                    cast(rest_before * lowest_value as decimal(38, 9)),
                    cast(
                        carried(cast(opening_amount * 1000000000 as decimal(38, 0)), rest_before, added)
                        * cast(0.000000001 as decimal(10, 9)) as decimal(38, 9)
                    )
                )
            else cast(rest_before * lowest_value as decimal(38, 9))
        end) as carried_before,
        sum(case
            when is_carried and rest_after > 0
                then least(
                    cast(rest_after * lowest_value as decimal(38, 9)),
                    cast(
                        carried(cast(opening_amount * 1000000000 as decimal(38, 0)), rest_after, added)
                        * cast(0.000000001 as decimal(10, 9)) as decimal(38, 9)
                    )
                )
            else cast(rest_after * lowest_value as decimal(38, 9))
        end) as carried_after
    from parts
    group by creator_id, entity, range_from
),

gains as (
    select
        stretches.creator_id,
        stretches.entity,
        stretches.range_from,
        stretches.range_to,
        stretches.is_opening,
        stretches.is_moved,
        stretches.currency,
        stretches.previous_currency,
        stretches.debt,
        stretches.debt_before,
        stretches.raised,
        cast(stretches.debt * stretches.diamond_value as decimal(38, 9)) as amount,
        cast(coalesce(carried_sums.carried_after, 0) as decimal(38, 9)) as carrying_amount,
        cast(stretches.debt_before * stretches.diamond_value - coalesce(carried_sums.carried_before, 0) as decimal(38, 9)) as gain_between,
        cast(stretches.debt * stretches.diamond_value - coalesce(carried_sums.carried_after, 0) as decimal(38, 9)) as deferred_gain
    from stretches
    left join carried_sums
        on carried_sums.creator_id = stretches.creator_id
        and carried_sums.entity = stretches.entity
        and carried_sums.range_from = stretches.range_from
),

followed as (
    select
        creator_id,
        entity,
        range_from,
        range_to,
        is_opening,
        is_moved,
        currency,
        previous_currency,
        debt,
        debt_before,
        raised,
        amount,
        carrying_amount,
        gain_between,
        deferred_gain,
        coalesce(lag(deferred_gain) over (partition by creator_id, entity order by range_from), 0) as gain_before
    from gains
)

select
    creator_id,
    entity,
    range_from,
    range_to,
    is_opening,
    currency,
    debt_before,
    debt,
    amount,
    carrying_amount,
    deferred_gain,
    raised,
    cast(case when is_opening or is_moved then 0 else gain_before + raised - gain_between end as decimal(38, 9)) as lost,
    cast(case when is_opening then 0 else gain_between - deferred_gain end as decimal(38, 9)) as recovered,
    case when is_moved then previous_currency end as moved_currency,
    cast(case when is_moved then gain_before else 0 end as decimal(38, 9)) as moved_gain
from followed
