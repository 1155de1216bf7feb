-- One row is one account that a roll-forward knows, with the balance at which the period opens, in minor units.
-- grain: entity, account, currency
-- Signed as the journal: debits positive, credits negative. The trial balance begins with it, and prior_period holds it against
-- what the month before closed with; neither waits for the month's bookings to know it.
select
    led_account_balance.entity,
    led_account_balance.account,
    led_account_balance.currency,
    coalesce(run_entities.functional_currency, run.reporting_currency) as functional_currency,
    half_up_minor(led_account_balance.opening_amount, coalesce(digits.minor_digits, 2)) as opening,
    half_up_minor(led_account_balance.functional_opening, coalesce(functional_digits.minor_digits, 2)) as functional_opening
from led_account_balance
cross join run
left join run_entities
    on run_entities.entity = led_account_balance.entity
left join run_currencies as digits
    on digits.currency = led_account_balance.currency
left join run_currencies as functional_digits
    on functional_digits.currency = coalesce(run_entities.functional_currency, run.reporting_currency)
