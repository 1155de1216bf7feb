-- One row is an account that changed much against the month before or the month a year before, and that nobody explained yet.
-- grain: entity, subject_id
-- control: flux
-- severity: review
-- unit: currency
-- reasons: month, year
-- guards: a month that is wrong as a whole, in which every single rule holds: revenue booked twice, a cost left out
-- question: Is every large change of an account understood?
-- causes: business that grew or shrank; a campaign, a holiday, a new price; a feed that is missing or came twice; another policy
-- action: look at the channels, countries and creators behind the change (table flux) and write down in a note what it was
-- checked: from led_flux_total where is_compared
-- not_compared: from led_flux_total where not is_compared
-- not_compared_reason: select case when not exists (select 1 from led_flux_total where is_compared) then 'no month before, nor one a year before, is closed' when exists (
--         select 1
--         from led_flux_total
--         where comparative_period is not null
--             and not is_compared
--     ) then 'what an account holds is not known in both months' else 'the month before, or the one a year before, is not closed' end
-- Expected is the other month's amount, actual this month's: what moved in an account of profit and loss, what a balance account closes with. A
-- change needs a note if it is more than the materiality (in reporting currency) and more than flux_percent of the other month. Reasons
-- and subjects name the comparison: ACCOUNT/month, ACCOUNT/year. A note is a decision about the exception.
select
    totals.entity,
    'account' as subject_kind,
    totals.account || '/' || totals.comparison as subject_id,
    totals.comparative_amount as expected,
    totals.amount as actual,
    totals.change as difference,
    totals.functional_currency as unit,
    case totals.comparison when 'month' then 'month' else 'year' end as reason,
    case when totals.kind = 'profit_and_loss' then 'It moved by ' else 'It closes with ' end || plain(totals.amount) || ' ' || totals.functional_currency
        || ', and in ' || totals.comparative_period || case when totals.kind = 'profit_and_loss' then ' by ' else ' with ' end
        || plain(totals.comparative_amount) || ' ' || totals.functional_currency || ': a change of ' || plain(totals.change) || ' '
        || totals.functional_currency
        || case
            when totals.fx_effect is null then ', of which nobody knows what exchange rates did'
            when totals.fx_effect <> 0 then ', of which ' || plain(half_up_minor(totals.fx_effect, coalesce(run_currencies.minor_digits, 2))) || ' by exchange rates'
            else ''
        end || '.' as detail,
    cast(null as varchar) as batch_id,
    cast(null as bigint) as source_line
from led_flux_total as totals
left join run_currencies
    on run_currencies.currency = totals.functional_currency
where totals.needs_note
order by totals.entity, subject_id
