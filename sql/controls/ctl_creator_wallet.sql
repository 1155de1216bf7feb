-- One row is a creator who redeemed diamonds that were not there.
-- grain: creator_id, entity
-- control: creator_wallet
-- severity: block
-- unit: diamonds
-- reasons: overdrawn
-- guards: money paid for diamonds that were never earned; a payout made twice
-- question: Did a creator redeem diamonds that they didn't have?
-- causes: a payout requested twice; gifts reversed after the payout was granted; gift files that are missing; a creator id that doesn't exist
-- action: hold the payout if it is under way; else claim it back or book a clawback, after making sure that no gift file is missing
-- checked: from led_diamond_valued where kind = 'redeemed'
-- not_compared_reason: no diamonds were redeemed in the month
-- Right after a redemption the balance may not be below zero. Credits count before debits at the same instant. A balance
-- that a reversal or clawback brought below zero is no break by itself. Named once, at the deepest shortfall.
with redemptions as (
    select
        led_diamond_valued.creator_id,
        led_diamond_valued.entity,
        led_diamond_valued.reference_id,
        led_diamond_valued.event_at,
        led_diamond_valued.diamonds,
        led_diamond_valued.batch_id,
        led_diamond_valued.source_line,
        led_creator_balance.balance_diamonds,
        row_number() over (
            partition by led_diamond_valued.creator_id, led_diamond_valued.entity
            order by led_creator_balance.balance_diamonds, led_diamond_valued.event_at, led_diamond_valued.reference_id
        ) as deepest
    from led_diamond_valued
    cross join run
    inner join led_creator_balance
        on led_creator_balance.creator_id = led_diamond_valued.creator_id
        and led_creator_balance.entity = led_diamond_valued.entity
        and led_creator_balance.range_to = just_after(
            greatest(least(led_diamond_valued.event_at, run.closing_instant), run.period_start)
        )
    where led_diamond_valued.kind = 'redeemed'
)

select
    entity,
    'creator' as subject_kind,
    creator_id as subject_id,
    cast(0 as decimal(38, 9)) as expected,
    cast(balance_diamonds as decimal(38, 9)) as actual,
    cast(balance_diamonds as decimal(38, 9)) as difference,
    'diamonds' as unit,
    'overdrawn' as reason,
    'Payout ' || reference_id || ' took ' || counted(-diamonds, 'diamond') || ' on ' || iso_instant(event_at) || ' and left '
        || counted(balance_diamonds, 'diamond') || ': more was redeemed than had been earned.' as detail,
    batch_id,
    source_line
from redemptions
where deepest = 1 and balance_diamonds < 0
order by entity, subject_id
