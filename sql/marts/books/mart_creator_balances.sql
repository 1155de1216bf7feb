-- One row is one creator's diamonds at the end of the period and what is owed for them.
-- grain: creator_id, entity, currency
-- materialized: view
-- result: creator_balances
-- order: creator_id, entity, currency
-- held are the diamonds of the balance that the hold of the creator's payout method doesn't let go yet: the balance less what
-- was there hold_days before the end and wasn't redeemed since. Unknown (null) without a rule for the creator's method.
select
    run.period,
    run.run_id,
    rolls.creator_id,
    rolls.entity,
    rolls.closing_diamonds as diamonds,
    case
        when holds.hold_days = 0 then cast(0 as bigint)
        when holds.hold_days > 0 then greatest(
            rolls.closing_diamonds - greatest(balances.diamonds - coalesce(redeemed.diamonds, 0), 0),
            0
        )
    end as held,
    cast(rolls.closing_amount as decimal(38, 6)) as payable,
    rolls.currency
from led_creator_rollforward as rolls
cross join run
left join led_creator_hold as holds
    on holds.creator_id = rolls.creator_id
left join led_hold_balance as balances
    on balances.creator_id = rolls.creator_id
    and balances.entity = rolls.entity
    and balances.hold_at = holds.hold_at
left join led_hold_redeemed as redeemed
    on redeemed.creator_id = rolls.creator_id
    and redeemed.entity = rolls.entity
    and redeemed.until_at = run.period_end
    and redeemed.payout_id is null
