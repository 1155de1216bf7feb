-- One row is one viewer whose coins open with what the closed month before left, without a look at any earlier row.
-- grain: viewer_no
-- None unless the run carries forward (history: carried in carat.yaml, and the month before closed over the same rows, SQL and configuration).
-- A viewer's history is read from its start where a row of the month reaches back: it reverses what is no gift of the month and of the
-- viewer, it takes back what is no purchase of the viewer, or is a chargeback reversal, which may undo any chargeback before it. A refund or
-- chargeback of an earlier purchase doesn't: it takes what is left of its own lot, then of the others in order, and that is what is carried. So it is
-- for a viewer who closed in debt, because debts are told apart by what made them; for one with a lot that a reversal made, which no purchase
-- tells; for one whose balance was fed within the month, which asks for the lots at an instant; and for one whose lots and balance don't say the same.
with closed_lots as (
    select
        viewer_id,
        entity,
        cast(sum(coins_left) as bigint) as coins,
        count(*) as lots,
        count(distinct lot_id) as lot_ids,
        max(case when origin in ('purchase', 'promotion', 'opening') then 0 else 1 end) as has_others
    from closed_coin_lots
    cross join run
    where run.carries
    group by viewer_id, entity
),

closed as (
    select
        balances.viewer_id,
        balances.entity,
        balances.coins
    from closed_viewer_balances as balances
    cross join run
    left join closed_lots
        on closed_lots.viewer_id = balances.viewer_id
        and closed_lots.entity = balances.entity
    where run.carries
        and balances.debt = 0
        and coalesce(closed_lots.coins, 0) = balances.coins
        and coalesce(closed_lots.lots, 0) = coalesce(closed_lots.lot_ids, 0)
        and coalesce(closed_lots.has_others, 0) = 0
),

reaching as (
    select led_gift_reversal.viewer_id, led_gift_reversal.entity
    from led_gift_reversal
    cross join run
    where run.carries
        and led_gift_reversal.accounting_month = run.period
        and led_gift_reversal.original_event_id is not null
        and (
            led_gift_reversal.gift_event_id is null
            or led_gift_reversal.gift_month <> run.period
            or led_gift_reversal.gift_viewer_id <> led_gift_reversal.viewer_id
        )
    union
    select led_refund.viewer_id, led_refund.entity
    from led_refund
    cross join run
    where run.carries
        and led_refund.accounting_month = run.period
        and (
            led_refund.kind = 'chargeback_reversal'
            or led_refund.original_purchase_id is not null and (
                led_refund.original_kind is null
                or led_refund.original_kind <> 'purchase'
                or led_refund.original_viewer_id <> led_refund.viewer_id
            )
        )
    union
    select subject_id as viewer_id, entity
    from stg_balances
    cross join run
    where run.carries and subject_kind = 'viewer' and as_of > run.period_start and as_of < run.period_end
)

select
    led_viewer.viewer_no,
    closed.coins as opening_coins
from closed
inner join led_viewer
    on led_viewer.viewer_id = closed.viewer_id
    and led_viewer.entity = closed.entity
left join reaching
    on reaching.viewer_id = closed.viewer_id
    and reaching.entity = closed.entity
where reaching.viewer_id is null
