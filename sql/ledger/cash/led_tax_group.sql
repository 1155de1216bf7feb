-- One row is a payment to a tax authority, or the line of the bank that took it.
-- grain: item_kind, item_id
-- A line of the payment's amount that no payout took: the one whose words hold the payment's reference, else the only one about the day of the
-- payment (three days before it to the days of the web channel after it), and that of no other payment. found_at is from when on both are there, null while
-- no line is found. item_id of a payment is its key in words; amount is signed as clearing.
with grace as (
    select coalesce(max(due_days), 0) as days
    from run_channels
    where channel = 'web'
),

payments as (
    select
        led_tax_paid.authority || '/' || led_tax_paid.kind || '/' || led_tax_paid.for_period || '/' || coalesce(led_tax_paid.reference, '') || '/'
            || iso_instant(led_tax_paid.paid_at) || '/' || led_tax_paid.entity || '/' || led_tax_paid.currency as payment_id,
        led_tax_paid.entity,
        led_tax_paid.currency,
        led_tax_paid.amount,
        reference_words(coalesce(led_tax_paid.reference, '')) as words,
        led_tax_paid.paid_at,
        case
            when led_tax_paid.accounting_month = run.period then greatest(least(led_tax_paid.paid_at, run.closing_instant), run.period_start)
            else least(led_tax_paid.paid_at, run.opening_instant)
        end as taken_at
    from led_tax_paid
    cross join run
    where led_tax_paid.amount <> 0
),

pairs as (
    select
        payments.payment_id,
        lines.line_id,
        greatest(payments.taken_at, lines.taken_at) as found_at,
        case when length(payments.words) >= 4 and strpos(' ' || lines.words || ' ', ' ' || payments.words || ' ') > 0 then 1 else 0 end as is_named
    from payments
    cross join grace
    inner join led_payout_line as lines
        on lines.line_kind = 'bank'
        and lines.entity = payments.entity
        and lines.currency = payments.currency
        and lines.amount = payments.amount
    left join led_payout_group
        on led_payout_group.side = 'theirs'
        and led_payout_group.item_kind = 'bank'
        and led_payout_group.item_id = lines.line_id
    left join led_settlement_group
        on led_settlement_group.side = 'theirs'
        and led_settlement_group.item_id = lines.line_id
    where led_payout_group.item_id is null
        and led_settlement_group.item_id is null
        and (
            (length(payments.words) >= 4 and strpos(' ' || lines.words || ' ', ' ' || payments.words || ' ') > 0)
            or (lines.event_at >= days_before(payments.paid_at, 3) and lines.event_at <= days_after(payments.paid_at, grace.days))
        )
),

best as (
    select
        pairs.payment_id,
        pairs.line_id,
        pairs.found_at,
        pairs.is_named,
        max(pairs.is_named) over (partition by pairs.payment_id) as payment_is_named,
        max(pairs.is_named) over (partition by pairs.line_id) as line_is_named
    from pairs
),

chosen as (
    select
        payment_id,
        line_id,
        found_at,
        count(*) over (partition by payment_id) as lines,
        count(*) over (partition by line_id) as payments
    from best
    where is_named = payment_is_named and is_named = line_is_named
),

matched as (
    select payment_id, line_id, found_at
    from chosen
    where lines = 1 and payments = 1
)

select
    'tax' as item_kind,
    payments.payment_id as item_id,
    'tax ' || payments.payment_id as group_id,
    payments.entity,
    payments.currency,
    cast(-payments.amount as decimal(38, 6)) as amount,
    payments.paid_at as event_at,
    payments.taken_at,
    matched.found_at
from payments
left join matched
    on matched.payment_id = payments.payment_id
union all
select
    'bank' as item_kind,
    matched.line_id as item_id,
    'tax ' || matched.payment_id as group_id,
    payments.entity,
    payments.currency,
    payments.amount,
    payments.paid_at as event_at,
    payments.taken_at,
    matched.found_at
from matched
inner join payments
    on payments.payment_id = matched.payment_id
