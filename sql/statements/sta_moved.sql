-- One row is one item of one creator's statement that differs between two versions of a month.
-- grain: creator_id, entity, currency, place
-- Items are those of the way from opening to closing, signed as they change the balance, so that the moved items add up to the
-- moved closing one. versions names the run of the version that was replaced and the one that is stated.
with items as (
    select run_id, creator_id, entity, currency, 1 as place, 'opening' as item, opening_diamonds as diamonds, opening_amount as amount
    from statement_summaries
    union all
    select run_id, creator_id, entity, currency, 2 as place, 'earned' as item, earned_diamonds as diamonds, earned_amount as amount
    from statement_summaries
    union all
    select run_id, creator_id, entity, currency, 3 as place, 'adjusted' as item, adjusted_diamonds as diamonds, adjusted_amount as amount
    from statement_summaries
    union all
    select run_id, creator_id, entity, currency, 4 as place, 'redeemed' as item, -redeemed_diamonds as diamonds, -redeemed_amount as amount
    from statement_summaries
    union all
    select run_id, creator_id, entity, currency, 5 as place, 'returned' as item, returned_diamonds as diamonds, returned_amount as amount
    from statement_summaries
    union all
    select run_id, creator_id, entity, currency, 6 as place, 'revaluation' as item,
        closing_diamonds - opening_diamonds - earned_diamonds - adjusted_diamonds + redeemed_diamonds - returned_diamonds as diamonds,
        revaluation_amount as amount
    from statement_summaries
    union all
    select run_id, creator_id, entity, currency, 7 as place, 'rounding' as item, cast(0 as bigint) as diamonds, -rounding_amount as amount
    from statement_summaries
    union all
    select run_id, creator_id, entity, currency, 8 as place, 'closing' as item, closing_diamonds as diamonds, closing_amount as amount
    from statement_summaries
),

sides as (
    select
        items.creator_id,
        items.entity,
        items.currency,
        items.place,
        items.item,
        cast(sum(case when items.run_id = versions.run_before then items.diamonds else 0 end) as bigint) as diamonds_before,
        cast(sum(case when items.run_id = versions.run_now then items.diamonds else 0 end) as bigint) as diamonds_now,
        cast(sum(case when items.run_id = versions.run_before then items.amount else 0 end) as decimal(38, 6)) as amount_before,
        cast(sum(case when items.run_id = versions.run_now then items.amount else 0 end) as decimal(38, 6)) as amount_now
    from items
    inner join versions
        on items.run_id in (versions.run_before, versions.run_now)
    group by items.creator_id, items.entity, items.currency, items.place, items.item
)

select
    creator_id,
    entity,
    currency,
    cast(place as bigint) as place,
    item,
    diamonds_before,
    diamonds_now,
    diamonds_now - diamonds_before as diamonds_moved,
    amount_before,
    amount_now,
    cast(amount_now - amount_before as decimal(38, 6)) as amount_moved
from sides
where diamonds_before <> diamonds_now or amount_before <> amount_now
