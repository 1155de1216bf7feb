-- One row is a payout that was paid twice, or requested twice.
-- grain: payout_id, unit, reason
-- control: payout_duplicate
-- severity: block
-- unit: currency
-- reasons: paid_twice, bank_twice, requested_twice
-- guards: the same money sent to a creator twice
-- question: Was any payout paid or requested twice?
-- causes: a payment sent again after a time-out; a file of payouts uploaded twice; a double click at the request
-- action: claim the second payment back from the creator or the provider, or set it against the next payout; hold a second request
-- checked: from (
--         select versions.payout_id
--         from led_payout_version as versions
--         cross join run
--         where versions.accounting_month = run.period
--             and versions.version_no = 1
--             and versions.payout_id not in (select subject_id from ctl_payout_duplicate)
--         union all
--         select subject_id
--         from ctl_payout_duplicate
--     ) as judged
-- not_compared_reason: no payout was requested in the month
-- Of one payout at most one provider payment may be out: paid, and not failed or returned since. Expected is one payment,
-- actual are all that are out; of what the provider didn't pay twice, the bank's lines that name the payout take it no more than once
-- (bank_twice). And no two payouts have the same creator, requested_at and diamonds, or the same agency, requested_at and gross: the later one by month
-- and id is named with its whole gross. Each is named in the month of the row that made it a double.
with paid_lines as (
    select
        led_provider_payment.payout_id,
        led_provider_payment.line_id,
        led_provider_payment.amount,
        led_provider_payment.currency,
        led_provider_payment.accounting_month,
        led_provider_payment.batch_id,
        led_provider_payment.source_line,
        led_payout_outstanding.payments,
        row_number() over (
            partition by led_provider_payment.payout_id
            order by led_provider_payment.booked_at desc, led_provider_payment.line_id desc
        ) as newest
    from led_provider_payment
    inner join led_payout_outstanding
        on led_payout_outstanding.payout_id = led_provider_payment.payout_id
    where led_provider_payment.status = 'paid'
),

paid_twice as (
    select
        payout_id,
        currency,
        cast(sum(amount) as decimal(38, 9)) as paid_amount,
        cast(sum(case when newest < payments then amount else 0 end) as decimal(38, 9)) as surplus_amount,
        max(accounting_month) as last_month,
        max(payments) as payments,
        max(case when newest = 1 then line_id end) as line_id,
        max(case when newest = 1 then batch_id end) as batch_id,
        max(case when newest = 1 then source_line end) as source_line
    from paid_lines
    where newest <= payments
    group by payout_id, currency
),

requests as (
    select
        payout_id,
        entity,
        creator_id,
        agency_id,
        diamonds,
        currency,
        gross_amount,
        requested_at,
        accounting_month,
        batch_id,
        source_line,
        lag(payout_id) over (
            partition by creator_id, agency_id, requested_at, diamonds, case when agency_id is not null then gross_amount end, case when agency_id is not null then currency end
            order by accounting_month, payout_id
        ) as earlier_id
    from led_payout_version
    where version_no = 1
)

select
    firsts.entity,
    'payout' as subject_kind,
    paid_twice.payout_id as subject_id,
    paid_twice.paid_amount - paid_twice.surplus_amount as expected,
    paid_twice.paid_amount as actual,
    paid_twice.surplus_amount as difference,
    paid_twice.currency as unit,
    'paid_twice' as reason,
    plain(paid_twice.payments) || ' payments of this payout are out and none came back, ' || plain(paid_twice.paid_amount) || ' '
        || paid_twice.currency || ' in all'
        || coalesce('; the last is ' || paid_twice.line_id || ' of the provider.', '.') as detail,
    paid_twice.batch_id,
    paid_twice.source_line
from paid_twice
cross join run
inner join led_payout_version as firsts
    on firsts.payout_id = paid_twice.payout_id
    and firsts.version_no = 1
where paid_twice.last_month = run.period and paid_twice.surplus_amount > 0
union all
select
    requests.entity,
    'payout' as subject_kind,
    requests.payout_id as subject_id,
    cast(0 as decimal(38, 9)) as expected,
    cast(requests.gross_amount as decimal(38, 9)) as actual,
    cast(requests.gross_amount as decimal(38, 9)) as difference,
    requests.currency as unit,
    'requested_twice' as reason,
    'Payout ' || requests.earlier_id || ' has the same ' || case when requests.agency_id is null then 'creator, ' else 'agency, ' end
        || coalesce(requests.creator_id, requests.agency_id) || ', the same '
        || case when requests.agency_id is null then counted(requests.diamonds, 'diamond')
            else 'gross, ' || plain(requests.gross_amount) || ' ' || requests.currency || ',' end
        || ' and the same time of request, ' || iso_instant(requests.requested_at) || '.' as detail,
    requests.batch_id,
    requests.source_line
from requests
cross join run
where requests.earlier_id is not null and requests.accounting_month = run.period
union all
select
    taken.entity,
    'payout' as subject_kind,
    taken.payout_id as subject_id,
    cast(taken.payout_amount + taken.fee_amount as decimal(38, 9)) as expected,
    cast(taken.taken_amount as decimal(38, 9)) as actual,
    cast(taken.taken_amount - taken.payout_amount - taken.fee_amount as decimal(38, 9)) as difference,
    taken.currency as unit,
    'bank_twice' as reason,
    'The bank paid ' || case taken.payouts when 1 then 'this payout ' else 'these ' || counted(taken.payouts, 'payout') || ' ' end
        || plain(taken.debits) || ' times, ' || plain(taken.taken_amount) || ' ' || taken.currency || ' in all; '
        || case taken.payouts when 1 then 'it is ' else 'they are ' end || plain(taken.payout_amount) || ' ' || taken.currency
        || case when taken.fee_amount = 0 then '' else ' and the fee ' || plain(taken.fee_amount) || ' ' || taken.currency end
        || coalesce('; the last is its line ' || taken.line_id, '') || '.' as detail,
    taken.batch_id,
    taken.source_line
from led_payout_taken as taken
cross join run
where taken.outcome = 'bank_twice'
    and taken.judged_at >= run.period_start
    and taken.judged_at <= run.period_end
order by subject_id, unit, reason
