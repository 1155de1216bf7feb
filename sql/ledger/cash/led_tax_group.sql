-- One row is a payment to a tax authority, or the line of the bank that took it.
-- grain: item_kind, item_id
-- A line that no payout took: those whose words hold the payment's reference, of its amount before another (amounts that differ leave a rest in
-- clearing), else those of its amount about the day of the payment (three days before it to the days of the web channel after it). Payments
-- that say the same (one reference, else one authority, kind and period, and one amount) are told apart by their order: the first is the first line's; where payments that say different things, or fewer payments
-- than lines without a reference, want a line, it is nobody's. found_at is from when on both are there, null while
-- no line is found; batch_id and source_line are the payment's. item_id of a payment is its key in words; amount is signed as clearing.
with grace as (
    select coalesce(max(due_days), 0) as days
    from run_channels
    where channel = 'web'
),

payments as (
    select
        led_tax_paid.authority || '/' || led_tax_paid.kind || '/' || led_tax_paid.for_period || '/' || coalesce(led_tax_paid.reference, '') || '/'
            || iso_instant(led_tax_paid.paid_at) || '/' || led_tax_paid.entity || '/' || led_tax_paid.currency as payment_id,
        case
            when length(reference_words(coalesce(led_tax_paid.reference, ''))) >= 4 then reference_words(led_tax_paid.reference)
            else led_tax_paid.authority || '/' || led_tax_paid.kind || '/' || led_tax_paid.for_period
        end || '/' || led_tax_paid.entity || '/' || led_tax_paid.currency || '/' || plain(led_tax_paid.amount) as says,
        led_tax_paid.entity,
        led_tax_paid.currency,
        led_tax_paid.amount,
        reference_words(coalesce(led_tax_paid.reference, '')) as words,
        led_tax_paid.paid_at,
        case
            when led_tax_paid.accounting_month = run.period then greatest(least(led_tax_paid.paid_at, run.closing_instant), run.period_start)
            else least(led_tax_paid.paid_at, run.opening_instant)
        end as taken_at,
        led_tax_paid.batch_id,
        led_tax_paid.source_line
    from led_tax_paid
    cross join run
    where led_tax_paid.amount <> 0
),

-- 2 a line that names the payment, 1 that has its amount, 3 both
pairs as (
    select
        payments.payment_id,
        payments.says,
        payments.paid_at,
        payments.taken_at as paid_taken_at,
        lines.line_id,
        lines.event_at,
        lines.taken_at,
        case when length(payments.words) >= 4 and strpos(' ' || lines.words || ' ', ' ' || payments.words || ' ') > 0 then 2 else 0 end
            + case when lines.amount = payments.amount then 1 else 0 end as likeness
    from payments
    cross join grace
    inner join led_payout_line as lines
        on lines.line_kind = 'bank'
        and lines.entity = payments.entity
        and lines.currency = payments.currency
    left join led_payout_group
        on led_payout_group.side = 'theirs'
        and led_payout_group.item_kind = 'bank'
        and led_payout_group.item_id = lines.line_id
    left join led_settlement_group
        on led_settlement_group.side = 'theirs'
        and led_settlement_group.item_id = lines.line_id
    where led_payout_group.item_id is null
        and led_settlement_group.item_id is null
        and (lines.amount > 0) = (payments.amount > 0)
        and (
            (length(payments.words) >= 4 and strpos(' ' || lines.words || ' ', ' ' || payments.words || ' ') > 0)
            or (
                lines.amount = payments.amount
                and lines.event_at >= days_before(payments.paid_at, 3)
                and lines.event_at <= days_after(payments.paid_at, grace.days)
            )
        )
),

best as (
    select
        payment_id,
        says,
        paid_at,
        paid_taken_at,
        line_id,
        event_at,
        taken_at,
        likeness,
        max(likeness) over (partition by payment_id) as payment_likeness,
        max(likeness) over (partition by line_id) as line_likeness
    from pairs
),

wanted as (
    select payment_id, says, paid_at, paid_taken_at, line_id, event_at, taken_at, likeness
    from best
    where likeness = payment_likeness and likeness = line_likeness
),

-- a line that payments want which say different things is nobody's
contested as (
    select line_id
    from wanted
    group by line_id
    having min(says) <> max(says)
),

counted as (
    select
        wanted.says,
        count(distinct wanted.payment_id) as payments,
        count(distinct wanted.line_id) as lines,
        max(wanted.likeness) as likeness
    from wanted
    left join contested
        on contested.line_id = wanted.line_id
    where contested.line_id is null
    group by wanted.says
),

numbered_payments as (
    select payment_id, says, paid_taken_at, row_number() over (partition by says order by paid_at, payment_id) as place
    from (
        select distinct wanted.payment_id, wanted.says, wanted.paid_at, wanted.paid_taken_at
        from wanted
        left join contested
            on contested.line_id = wanted.line_id
        where contested.line_id is null
    ) as payments
),

numbered_lines as (
    select line_id, says, taken_at, row_number() over (partition by says order by event_at, line_id) as place
    from (
        select distinct wanted.line_id, wanted.says, wanted.event_at, wanted.taken_at
        from wanted
        left join contested
            on contested.line_id = wanted.line_id
        where contested.line_id is null
    ) as lines
),

matched as (
    select
        payments.payment_id,
        lines.line_id,
        greatest(payments.paid_taken_at, lines.taken_at) as found_at
    from numbered_payments as payments
    inner join numbered_lines as lines
        on lines.says = payments.says
        and lines.place = payments.place
    inner join counted
        on counted.says = payments.says
    where counted.likeness >= 2 or counted.lines <= counted.payments
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
    matched.found_at,
    payments.batch_id,
    payments.source_line
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
    lines.amount,
    payments.paid_at as event_at,
    payments.taken_at,
    matched.found_at,
    payments.batch_id,
    payments.source_line
from matched
inner join payments
    on payments.payment_id = matched.payment_id
inner join led_payout_line as lines
    on lines.line_kind = 'bank'
    and lines.line_id = matched.line_id
