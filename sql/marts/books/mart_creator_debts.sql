-- One row is one creator who owes: the debt, what of it is no gain yet, its age and what of it is expected to be lost.
-- grain: creator_id, entity, currency
-- materialized: view
-- result: creator_debts
-- order: creator_id, entity, currency
-- amount = carrying_amount + deferred_gain. The next month opens with these rows.
select
    run.period,
    run.run_id,
    led_creator_debt.creator_id,
    led_creator_debt.entity,
    led_creator_debt.currency,
    led_creator_debt.diamonds,
    led_creator_debt.amount,
    led_creator_debt.carrying_amount,
    led_creator_debt.deferred_gain,
    led_creator_debt.debt_since,
    led_creator_debt.age_days,
    led_creator_debt.share,
    led_creator_debt.allowance
from led_creator_debt
cross join run
where led_creator_debt.diamonds > 0
