-- One row is a payout that is requested and unpaid for too long, or what creators are owed who could not be paid for long, or did nothing for long.
-- grain: subject_kind, subject_id, reason
-- control: payout_ageing
-- severity: review
-- unit: currency
-- reasons: overdue, below_minimum, dormant
-- guards: money that is owed and forgotten: payouts that got stuck, balances that belong to a state after years
-- question: Is what creators and agencies are owed on its way to them, and not for too long?
-- causes: a payout that the provider never took; a minimum too high for small creators; creators who left; an account or a tax form that is missing
-- action: send the payout again or give the diamonds back; pay balances out below the minimum; ask creators who left, and give what is unclaimed to whom the law names
-- checked: from (
--         select payout_id
--         from led_payout_open
--         union all
--         select coalesce(creator_id, agency_id) || '/' || entity || '/' || currency as payout_id
--         from led_unpaid_balance
--         union all
--         select subject_id
--         from ctl_payout_ageing
--         where reason = 'dormant'
--     ) as judged
-- not_compared_reason: no creator and no agency is owed anything at the end of the month
-- A payout, an agency's too, is overdue payout_due_days after its request (subject: the payout). Creators who have less than the minimum of their method for more than
-- below_minimum_days are one sum for each currency, and creators without a movement for the months that escheat names for their
-- country one for each country and currency, and agencies likewise: the table payout_ages has them row by row. Unpaid is no loss, so expected is 0.
with unpaid as (
    select
        case when agency_id is null then 'creator_payable' else 'agency_payable' end as account,
        entity,
        currency,
        country,
        closing_amount,
        below_since,
        last_day,
        dormant_months,
        dormant_after,
        closing_day
    from led_unpaid_balance
),

findings as (
    select
        payouts.entity,
        'payout' as subject_kind,
        payouts.payout_id as subject_id,
        cast(payouts.net_amount as decimal(38, 9)) as amount,
        payouts.currency,
        'overdue' as reason,
        'Requested on ' || iso_day(local_day(payouts.requested_at, run.time_zone)) || ' by ' || coalesce(payouts.creator_id, 'agency ' || payouts.agency_id) || ' and unpaid for '
            || counted(payouts.age_days, 'day') || ': ' || plain(payouts.net_amount) || ' ' || payouts.currency || ' were due after '
            || counted(run.payout_due_days, 'day') || '.' as detail,
        payouts.batch_id,
        payouts.source_line
    from led_payout_open as payouts
    cross join run
    where payouts.is_overdue
    union all
    select
        balances.entity,
        'account' as subject_kind,
        balances.account || '/' || balances.currency as subject_id,
        cast(sum(balances.closing_amount) as decimal(38, 9)) as amount,
        balances.currency,
        'below_minimum' as reason,
        case
            when balances.account = 'creator_payable' then counted(count(*), 'creator')
            when count(*) = 1 then '1 agency'
            else plain(count(*)) || ' agencies'
        end
            || ' had less than the minimum of their method for more than '
            || counted(min(run.below_minimum_days), 'day') || ': ' || plain(sum(balances.closing_amount)) || ' ' || balances.currency
            || ' in all, the oldest since ' || iso_day(min(balances.below_since)) || '.' as detail,
        cast(null as varchar) as batch_id,
        cast(null as bigint) as source_line
    from unpaid as balances
    cross join run
    where days_between(balances.below_since, balances.closing_day) > run.below_minimum_days
    group by balances.entity, balances.account, balances.currency
    union all
    select
        balances.entity,
        'account' as subject_kind,
        balances.account || '/' || balances.currency || '/' || balances.country as subject_id,
        cast(sum(balances.closing_amount) as decimal(38, 9)) as amount,
        balances.currency,
        'dormant' as reason,
        case
            when balances.account = 'creator_payable' then counted(count(*), 'creator')
            when count(*) = 1 then '1 agency'
            else plain(count(*)) || ' agencies'
        end
            || ' of ' || balances.country || ' had no movement for '
            || counted(min(balances.dormant_after), 'month') || ' or more: ' || plain(sum(balances.closing_amount)) || ' ' || balances.currency
            || ' in all, the oldest since ' || iso_day(min(balances.last_day)) || '.' as detail,
        cast(null as varchar) as batch_id,
        cast(null as bigint) as source_line
    from unpaid as balances
    where balances.dormant_months >= balances.dormant_after
    group by balances.entity, balances.account, balances.currency, balances.country
)

select
    entity,
    subject_kind,
    subject_id,
    cast(0 as decimal(38, 9)) as expected,
    amount as actual,
    amount as difference,
    currency as unit,
    reason,
    detail,
    batch_id,
    source_line
from findings
order by subject_kind, subject_id, reason
