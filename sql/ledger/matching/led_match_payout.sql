-- One row is one payout beside what the provider says of it, or a payment of the provider for a payout that nobody knows.
-- grain: subject_kind, subject_id
-- Compared is what is out at the period's end: the amount that the creator receives if the payout is paid and didn't come
-- back, against the provider's payments that are out. Where only one side has moved, the other has the days of the web
-- channel (due_days) to follow: judged_at is when the break is one. A payout with several payments out is payout_duplicate's
-- to name. What was paid before carat began needs no payment here, but one that came back does;
-- where no payment was ever fed a payout is not_compared. Outcomes are named in the header of control payout_provider.
with grace as (
    select coalesce(max(due_days), 0) as days
    from run_channels
    where channel = 'web'
),

events as (
    select
        led_payout_event.payout_id,
        led_payout_event.step,
        led_payout_event.entity,
        led_payout_event.method,
        led_payout_event.status,
        led_payout_event.batch_id,
        led_payout_event.source_line,
        led_payout_event.event_at,
        led_payout_event.is_before,
        case
            when led_payout_event.status = 'paid' then 1
            when led_payout_event.status in ('failed', 'returned') and led_payout_event.previous_status = 'paid' then -1
            else 0
        end as effect,
        case
            when led_payout_event.accounting_month = run.period
                then greatest(least(led_payout_event.event_at, run.closing_instant), run.period_start)
            else least(led_payout_event.event_at, run.opening_instant)
        end as taken_at,
        -- as the version itself says: that its terms changed is payout_arithmetic's to name
        case when versions.payout_amount is not null then coalesce(versions.payout_currency, versions.currency) else versions.currency end
            as currency,
        coalesce(versions.payout_amount, versions.net_amount) as amount,
        row_number() over (partition by led_payout_event.payout_id order by led_payout_event.step desc) as newest
    from led_payout_event
    cross join run
    inner join led_payout_version as versions
        on versions.payout_id = led_payout_event.payout_id
        and versions.version_no = greatest(led_payout_event.step, 1)
),

ours as (
    select
        payout_id,
        max(entity) as entity,
        max(method) as channel,
        max(case when newest = 1 then currency end) as currency,
        max(case when newest = 1 then amount end) as amount,
        max(case when newest = 1 then status end) as status,
        max(case when newest = 1 then batch_id end) as batch_id,
        max(case when newest = 1 then source_line end) as source_line,
        cast(sum(effect) as bigint) as payments_out,
        cast(sum(case when status = 'paid' then 1 else 0 end) as bigint) as paid_events,
        max(case when status = 'paid' and is_before then 1 else 0 end) as paid_before,
        max(event_at) as event_at,
        max(taken_at) as taken_at
    from events
    group by payout_id
),

fed as (
    select count(*) as payments
    from stg_provider_payments
),

theirs as (
    select
        payments.payout_id,
        min(payments.currency) as currency,
        max(payments.currency) as other_currency,
        cast(sum(payments.effect) as bigint) as payments_out,
        cast(sum(case when payments.status = 'paid' then 1 else 0 end) as bigint) as paid_lines,
        cast(sum(case when payments.status = 'returned' then 1 else 0 end) as bigint) as returned_lines,
        cast(sum(case when payments.status = 'returned' then payments.amount else 0 end) as decimal(38, 6)) as returned_amount,
        cast(sum(case when payments.status = 'paid' then payments.amount else 0 end) as decimal(38, 6)) as sent_amount,
        max(case when payments.status = 'paid' then payments.amount end) as paid_amount,
        cast(sum(payments.effect * payments.amount) as decimal(38, 6)) as amount_out,
        min(payments.line_id) as line_id,
        max(payments.booked_at) as event_at,
        max(greatest(
            case
                when payments.accounting_month = run.period
                    then greatest(least(payments.booked_at, run.closing_instant), run.period_start)
                else least(payments.booked_at, run.opening_instant)
            end,
            coalesce(payments.decided_from, run.first_start)
        )) as taken_at
    from led_provider_payment as payments
    cross join run
    where payments.payout_id is not null
    group by payments.payout_id
),

beside as (
    select
        ours.payout_id,
        ours.entity,
        ours.channel,
        ours.currency,
        ours.amount,
        ours.payments_out as own_out,
        ours.paid_events,
        ours.paid_before,
        ours.status,
        ours.batch_id,
        ours.source_line,
        coalesce(theirs.payments_out, 0) as their_out,
        coalesce(theirs.paid_lines, 0) as paid_lines,
        coalesce(theirs.returned_lines, 0) as returned_lines,
        cast(coalesce(theirs.returned_amount, 0) as decimal(38, 6)) as returned_amount,
        cast(coalesce(theirs.sent_amount, 0) as decimal(38, 6)) as sent_amount,
        theirs.paid_amount,
        theirs.currency as their_currency,
        theirs.other_currency,
        coalesce(theirs.amount_out, 0) as amount_out,
        theirs.line_id,
        greatest(ours.event_at, coalesce(theirs.event_at, ours.event_at)) as event_at,
        greatest(ours.taken_at, coalesce(theirs.taken_at, ours.taken_at)) as taken_at,
        led_payout_outstanding.payout_id is not null as is_twice,
        fed.payments > 0 as is_fed
    from ours
    cross join fed
    left join theirs
        on theirs.payout_id = ours.payout_id
    left join led_payout_outstanding
        on led_payout_outstanding.payout_id = ours.payout_id
),

judged as (
    select
        beside.payout_id,
        beside.entity,
        beside.channel,
        beside.currency,
        beside.amount,
        beside.own_out,
        beside.paid_events,
        beside.status,
        beside.batch_id,
        beside.source_line,
        beside.their_out,
        beside.paid_lines,
        beside.returned_amount,
        cast(case when beside.paid_lines = 0 then beside.amount else beside.sent_amount end as decimal(38, 6)) as sent_amount,
        beside.their_currency,
        beside.amount_out,
        beside.line_id,
        beside.event_at,
        beside.taken_at,
        case
            when beside.is_twice then 'paid_twice'
            when beside.paid_events = 0 and beside.their_out = 0 then 'not_paid'
            when beside.own_out <= 0 and beside.paid_events > 0 and beside.their_out = 0
                and beside.returned_lines > greatest(beside.paid_lines, beside.paid_before) then 'returned_twice'
            when beside.paid_before = 1 and beside.paid_lines = 0 and (beside.line_id is null or beside.own_out <= 0) then 'before_carat'
            when beside.paid_before = 1 and beside.paid_lines = 0 then 'returned'
            when not beside.is_fed then 'not_compared'
            when beside.paid_events > 0 and beside.paid_lines = 0 then 'missing_at_provider'
            when beside.own_out <= 0 and beside.their_out > 0 and beside.paid_events = 0 then 'missing_in_ledger'
            when beside.own_out <= 0 and (beside.their_out > 0 or beside.amount_out > coalesce(run_tolerances.tolerance, 0)) then 'not_returned'
            when beside.own_out > 0 and beside.their_out = 0 then 'returned'
            when beside.their_currency <> beside.currency or beside.other_currency <> beside.currency then 'currency'
            when beside.own_out > 0 and beside.amount_out = beside.amount then 'matched'
            when beside.own_out <= 0 and beside.paid_amount = beside.amount then 'matched'
            when beside.own_out > 0 and abs(beside.amount_out - beside.amount) <= coalesce(run_tolerances.tolerance, 0)
                then 'tolerated'
            when beside.own_out <= 0 and abs(beside.paid_amount - beside.amount) <= coalesce(run_tolerances.tolerance, 0)
                then 'matched'
            else 'amount'
        end as outcome,
        case when beside.own_out > 0 or beside.paid_lines = 0 then beside.amount_out else beside.paid_amount end as their_amount
    from beside
    left join run_tolerances
        on run_tolerances.currency = beside.currency
)

select
    judged.entity,
    judged.channel,
    judged.currency,
    'payout' as subject_kind,
    judged.payout_id as subject_id,
    judged.outcome,
    judged.status,
    case
        when judged.outcome in ('missing_in_ledger', 'not_returned') then cast(0 as decimal(38, 6))
        when judged.outcome = 'returned_twice' then judged.sent_amount
        else cast(judged.amount as decimal(38, 6))
    end as our_amount,
    case
        when judged.outcome in ('missing_at_provider', 'currency', 'not_compared') then cast(0 as decimal(38, 6))
        when judged.outcome = 'returned' then greatest(judged.amount_out, 0)
        when judged.outcome = 'returned_twice' then judged.returned_amount
        when judged.outcome in ('missing_in_ledger', 'not_returned', 'paid_twice') then judged.amount_out
        else cast(judged.their_amount as decimal(38, 6))
    end as their_amount,
    judged.their_currency,
    judged.line_id,
    judged.taken_at,
    case
        when judged.outcome in ('missing_at_provider', 'missing_in_ledger', 'not_returned', 'returned')
            then days_after(judged.event_at, grace.days)
        else judged.taken_at
    end as judged_at,
    judged.batch_id,
    judged.source_line
from judged
cross join grace
where judged.outcome not in ('not_paid', 'before_carat')
union all
select
    payments.entity,
    payments.provider as channel,
    payments.currency,
    'payment' as subject_kind,
    payments.line_id as subject_id,
    'missing_in_ledger' as outcome,
    payments.status,
    cast(0 as decimal(38, 6)) as our_amount,
    cast(payments.amount as decimal(38, 6)) as their_amount,
    payments.currency as their_currency,
    payments.line_id,
    case
        when payments.accounting_month = run.period
            then greatest(least(payments.booked_at, run.closing_instant), run.period_start)
        else least(payments.booked_at, run.opening_instant)
    end as taken_at,
    days_after(payments.booked_at, grace.days) as judged_at,
    payments.batch_id,
    payments.source_line
from led_provider_payment as payments
cross join run
cross join grace
left join ours
    on ours.payout_id = payments.payout_id
where ours.payout_id is null and payments.status = 'paid' and payments.booked_at >= run.first_start
