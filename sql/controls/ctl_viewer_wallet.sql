-- One row is a viewer who sent a gift without having the coins for it.
-- grain: viewer_id, entity
-- control: viewer_wallet
-- severity: review
-- unit: coins
-- reasons: overdrawn
-- guards: gifts paid with coins that nobody bought; a purchase that never arrived
-- question: Did a viewer send gifts without the coins for it?
-- causes: a purchase file that is missing or late; a purchase credited before it was paid; clocks that differ between systems
-- action: look for the purchase; if there is none, the platform gave the coins away: book them or take the gifts back
-- checked: from led_viewer_rollforward
-- not_compared_reason: no viewer holds or moved coins
-- At no instant may a gift bring the balance below zero. Credits count before debits at the same instant. Debt from a refund
-- alone is no break; sending a gift while in debt is. Named once, at the deepest shortfall.
with running as (
    select
        led_coin_movement.viewer_id,
        led_coin_movement.entity,
        led_coin_movement.kind,
        led_coin_movement.effective_at,
        led_coin_movement.reference_id,
        led_wallet_suspect.opening + sum(led_coin_movement.coins) over (
            partition by led_coin_movement.viewer_id, led_coin_movement.entity
            order by led_coin_movement.effective_at, case when led_coin_movement.coins >= 0 then 0 else 1 end
            range between unbounded preceding and current row
        ) as balance
    from led_coin_movement
    inner join led_wallet_suspect
        on led_wallet_suspect.viewer_id = led_coin_movement.viewer_id
        and led_wallet_suspect.entity = led_coin_movement.entity
),

shortfalls as (
    select
        viewer_id,
        entity,
        effective_at,
        reference_id,
        balance,
        row_number() over (partition by viewer_id, entity order by balance, effective_at, reference_id) as deepest
    from running
    where kind = 'gifted' and balance < 0
)

select
    shortfalls.entity,
    'viewer' as subject_kind,
    shortfalls.viewer_id as subject_id,
    cast(0 as decimal(38, 9)) as expected,
    cast(shortfalls.balance as decimal(38, 9)) as actual,
    cast(shortfalls.balance as decimal(38, 9)) as difference,
    'coins' as unit,
    'overdrawn' as reason,
    'Gift ' || shortfalls.reference_id || ' on ' || iso_instant(shortfalls.effective_at) || ' left '
        || counted(shortfalls.balance, 'coin') || ': it was sent without the coins for it, or a purchase is missing.' as detail,
    gifts.batch_id,
    gifts.source_line
from shortfalls
inner join stg_gift_events as gifts
    on gifts.event_id = shortfalls.reference_id
where shortfalls.deepest = 1
order by shortfalls.entity, shortfalls.viewer_id
