-- One row is the payout terms of one statement: the rule by which its balance is paid out.
-- grain: creator_id, entity, currency
-- result: statement_terms
-- order: creator_id, entity, currency
-- The rule in force at the end of the period for the creator's payout method and country. Its amounts are in its own currency,
-- which need not be the statement's. A creator without a method or without a rule for it has no row.
select
    run.period,
    run.run_id,
    keys.creator_id,
    keys.entity,
    keys.currency,
    rules.method,
    rules.rule_currency,
    rules.min_amount,
    rules.max_amount_per_day,
    rules.fee_fixed,
    cast(rules.fee_rate as decimal(18, 9)) as fee_rate,
    rules.hold_days
from led_statement as keys
cross join run
inner join led_creator_rule as rules
    on rules.creator_id = keys.creator_id
