-- One row is one account of one entity in one currency over the month: what was debited, what was credited, what is left.
-- grain: entity, account, currency
-- materialized: view
-- result: trial_balances
-- order: entity, account, currency
-- Debits are positive, credits negative in opening and closing; led_trial_balance says how an account opens. Functional amounts are
-- null where an exchange rate is missing, never zero.
select
    run.period,
    run.run_id,
    led_trial_balance.entity,
    led_trial_balance.account,
    led_trial_balance.currency,
    led_trial_balance.functional_currency,
    led_trial_balance.opening,
    led_trial_balance.debit,
    led_trial_balance.credit,
    led_trial_balance.closing,
    led_trial_balance.functional_opening,
    led_trial_balance.functional_debit,
    led_trial_balance.functional_credit,
    led_trial_balance.functional_closing
from led_trial_balance
cross join run
