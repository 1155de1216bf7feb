-- One row is a payout that breaks a rule of its method: the minimum, the daily maximum, the fee or the hold.
-- grain: payout_id, unit, reason
-- control: payout_rules
-- severity: review
-- unit: currency or diamonds
-- reasons: no_rule, currency, minimum, daily_maximum, fee, hold
-- guards: money paid out before it is safe to; limits and fees that are waived for somebody
-- question: Does every payout keep to the rules of its method?
-- causes: a rule changed in one system only; a limit lifted by hand; a request split up to get below the maximum; a hold counted from the wrong event
-- action: hold the payout or have it approved; if the rule is wrong or missing, correct it from the date on which it changed
-- checked: from (
--         select payout_id
--         from led_payout_rule
--         where payout_id not in (select subject_id from ctl_payout_rules)
--         union all
--         select subject_id
--         from ctl_payout_rules
--     ) as judged
-- not_compared_reason: no payout was requested in the month
-- Judged is the request, in its month, by the rule of method and country at requested_at: gross is at least min_amount; the
-- gross of a creator's requests by one method on one day is at most max_amount_per_day, without those that failed (the
-- request that passes it is named with what passes it); fee = half_up(fee_fixed + gross x fee_rate) in minor units;
-- diamonds are at most the balance hold_days before, of 24 hours each, less what was redeemed since and didn't come back.
-- A redemption of more than the creator has at all is creator_wallet's to name.
with day_sums as (
    select
        led_payout_rule.payout_id,
        cast(sum(led_payout_rule.gross_amount) over (
            partition by
                led_payout_rule.creator_id,
                led_payout_rule.method,
                led_payout_rule.currency,
                local_day(led_payout_rule.requested_at, run.time_zone)
            order by led_payout_rule.requested_at, led_payout_rule.payout_id
            rows between unbounded preceding and current row
        ) as decimal(38, 9)) as day_amount
    from led_payout_rule
    cross join run
    inner join led_payout_state
        on led_payout_state.payout_id = led_payout_rule.payout_id
    where led_payout_state.status <> 'failed'
),

held as (
    select
        rules.payout_id,
        led_hold_balance.diamonds as held_balance,
        coalesce(redeemed.diamonds, 0) as redeemed_since,
        greatest(led_hold_balance.diamonds - coalesce(redeemed.diamonds, 0), 0) as free_diamonds
    from led_payout_rule as rules
    cross join run
    inner join led_hold_balance
        on led_hold_balance.creator_id = rules.creator_id
        and led_hold_balance.entity = rules.entity
        and led_hold_balance.hold_at = rules.hold_at
    left join led_hold_redeemed as redeemed
        on redeemed.payout_id = rules.payout_id
        and redeemed.entity = rules.entity
    inner join led_creator_balance as balances
        on balances.creator_id = rules.creator_id
        and balances.entity = rules.entity
        and balances.range_to = just_after(greatest(least(rules.requested_at, run.closing_instant), run.period_start))
    where rules.hold_days > 0 and balances.balance_diamonds >= 0
),

judged as (
    select
        rules.payout_id,
        rules.entity,
        rules.creator_id,
        rules.method,
        rules.country,
        rules.diamonds,
        rules.currency,
        cast(rules.gross_amount as decimal(38, 9)) as gross_amount,
        cast(rules.fee_amount as decimal(38, 9)) as fee_amount,
        rules.requested_at,
        rules.batch_id,
        rules.source_line,
        rules.rule_currency,
        rules.rule_currency = rules.currency as is_judged,
        cast(rules.min_amount as decimal(38, 9)) as min_amount,
        cast(rules.max_amount_per_day as decimal(38, 9)) as max_amount,
        rules.fee_fixed,
        rules.fee_rate,
        rules.hold_days,
        cast(half_up_minor(
            cast(
                cast(rules.fee_fixed as decimal(38, 15))
                + cast(cast(rules.gross_amount as decimal(38, 6)) * rules.fee_rate as decimal(38, 15))
                as decimal(38, 15)
            ),
            coalesce(run_currencies.minor_digits, 2)
        ) as decimal(38, 9)) as expected_fee,
        day_sums.day_amount,
        held.held_balance,
        held.redeemed_since,
        held.free_diamonds
    from led_payout_rule as rules
    left join run_currencies
        on run_currencies.currency = rules.currency
    left join day_sums
        on day_sums.payout_id = rules.payout_id
    left join held
        on held.payout_id = rules.payout_id
),

findings as (
    select
        entity,
        payout_id,
        cast(1 as decimal(38, 9)) as expected,
        cast(0 as decimal(38, 9)) as actual,
        'rules' as unit,
        case when rule_currency is null then 'no_rule' else 'currency' end as reason,
        case
            when rule_currency is null
                then 'No rule of method ' || method || coalesce(' in ' || country, '') || ' was in force on '
                    || iso_instant(requested_at) || '.'
            else 'The rule of method ' || method || coalesce(' in ' || country, '') || ' is in ' || rule_currency
                || ', the payout in ' || currency || ': its limits and fee can''t be judged.'
        end as detail,
        batch_id,
        source_line
    from judged
    where rule_currency is null or not is_judged
    union all
    select
        entity,
        payout_id,
        min_amount as expected,
        gross_amount as actual,
        currency as unit,
        'minimum' as reason,
        'Method ' || method || ' pays no less than ' || plain(min_amount) || ' ' || currency || '; ' || plain(gross_amount)
            || ' ' || currency || ' was requested.' as detail,
        batch_id,
        source_line
    from judged
    where is_judged and gross_amount < min_amount
    union all
    select
        entity,
        payout_id,
        gross_amount - least(gross_amount, day_amount - max_amount) as expected,
        gross_amount as actual,
        currency as unit,
        'daily_maximum' as reason,
        'Method ' || method || ' pays at most ' || plain(max_amount) || ' ' || currency || ' a day; with this request '
            || creator_id || ' comes to ' || plain(day_amount) || ' ' || currency || '.' as detail,
        batch_id,
        source_line
    from judged
    where is_judged and day_amount > max_amount
    union all
    select
        entity,
        payout_id,
        expected_fee as expected,
        fee_amount as actual,
        currency as unit,
        'fee' as reason,
        'The fee of method ' || method || ', ' || plain(fee_fixed) || ' + ' || plain(gross_amount) || ' x ' || plain(fee_rate)
            || ', is ' || plain(expected_fee) || ' ' || currency || '; ' || plain(fee_amount) || ' ' || currency || ' was taken.' as detail,
        batch_id,
        source_line
    from judged
    where is_judged and fee_amount <> expected_fee
    union all
    select
        entity,
        payout_id,
        cast(free_diamonds as decimal(38, 9)) as expected,
        cast(diamonds as decimal(38, 9)) as actual,
        'diamonds' as unit,
        'hold' as reason,
        'Diamonds are held for ' || counted(hold_days, 'day') || ': ' || creator_id || ' had ' || plain(held_balance)
            || ' that long before the request and redeemed ' || plain(redeemed_since) || ' since; this payout takes ' || plain(diamonds) || '.' as detail,
        batch_id,
        source_line
    from judged
    where diamonds > free_diamonds
)

select
    entity,
    'payout' as subject_kind,
    payout_id as subject_id,
    expected,
    actual,
    actual - expected as difference,
    unit,
    reason,
    detail,
    batch_id,
    source_line
from findings
order by subject_id, unit, reason
