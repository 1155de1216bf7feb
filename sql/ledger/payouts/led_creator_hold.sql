-- One row is one creator with the instant whose balance is free to redeem at the end of the period.
-- grain: creator_id
-- By the payout rule in force at the period's end (led_creator_rule); a creator without one isn't here.
select
    led_creator_rule.creator_id,
    led_creator_rule.hold_days,
    days_before(run.period_end, led_creator_rule.hold_days) as hold_at
from led_creator_rule
cross join run
