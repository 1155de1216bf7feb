-- One row is one line of a payout provider with the payout that it names.
-- grain: line_id
-- What a person decided about a line goes before what it says, from the decision's month on (decided_from). A line names its payout by payout_id, else by the reference that the payout came to have, else by the one payout whose id or
-- reference is a word of its reference (led_match_item says which words name nothing). What several payouts carry names none. Lines of later months are not known yet. effect is what the line does to the payments of the
-- payout that are out: 1 when paid, -1 when one comes back; a failure when nothing is out brings nothing back (0), so the
-- count never falls below zero.
with payouts as (
    select payout_id, provider_reference
    from stg_payouts
    cross join run
    where accounting_month <= run.period
    union all
    select payout_id, provider_reference
    from stg_agency_payouts
    cross join run
    where accounting_month <= run.period
),

referenced as (
    select
        provider_reference,
        min(payout_id) as payout_id
    from payouts
    where provider_reference is not null
    group by provider_reference
    having min(payout_id) = max(payout_id)
),

texts as (
    select
        lines.line_id,
        reference_words(lines.provider_reference) as words
    from stg_provider_payments as lines
    cross join run
    left join referenced
        on referenced.provider_reference = lines.provider_reference
    where lines.accounting_month <= run.period
        and lines.payout_id is null
        and lines.provider_reference is not null
        and referenced.provider_reference is null
),

digits as (
    select digit
    from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as listed (digit)
),

words as (
    select
        texts.line_id,
        split_part(texts.words, ' ', tens.digit * 10 + ones.digit + 1) as word
    from texts
    cross join digits as tens
    cross join digits as ones
    where tens.digit < 6
),

telling_words as (
    select line_id, word
    from words
    where length(word) >= 4
        and (translate(word, '0123456789_-', '') <> word or length(word) >= 10)
        and (translate(word, '0123456789', '') <> '' or length(word) >= 9)
),

payout_words as (
    select payout_id, lower(payout_id) as word
    from payouts
    union all
    select payout_id, lower(provider_reference) as word
    from payouts
    where provider_reference is not null
),

contained as (
    select
        telling_words.line_id,
        min(payout_words.payout_id) as payout_id
    from telling_words
    inner join payout_words
        on payout_words.word = telling_words.word
    group by telling_words.line_id
    having min(payout_words.payout_id) = max(payout_words.payout_id)
),

decided as (
    select
        theirs.item_id as line_id,
        theirs.decided_from,
        min(ours.item_id) as payout_id
    from run_decided_matches as theirs
    inner join run_decided_matches as ours
        on ours.exception_id = theirs.exception_id
        and ours.side = 'ours'
    where theirs.match = 'payout_provider' and theirs.side = 'theirs'
    group by theirs.item_id, theirs.decided_from
),

named as (
    select
        lines.line_id,
        lines.entity,
        lines.provider,
        lines.provider_reference,
        coalesce(decided.payout_id, lines.payout_id, referenced.payout_id, contained.payout_id) as payout_id,
        decided.decided_from,
        lines.amount,
        coalesce(lines.fee_amount, 0) as fee_amount,
        lines.report_id,
        lines.currency,
        lines.status,
        lines.booked_at,
        lines.accounting_month,
        lines.batch_id,
        lines.source_line
    from stg_provider_payments as lines
    cross join run
    left join referenced
        on referenced.provider_reference = lines.provider_reference
    left join contained
        on contained.line_id = lines.line_id
    left join decided
        on decided.line_id = lines.line_id
    where lines.accounting_month <= run.period
),

running as (
    select
        line_id,
        cast(sum(case when status = 'paid' then 1 else -1 end) over (
            partition by payout_id
            order by booked_at, line_id
            rows between unbounded preceding and current row
        ) as bigint) as total
    from named
    where payout_id is not null
),

-- What is out is the running total above the lowest it has been.
lowest as (
    select
        running.line_id,
        running.total - least(0, min(running.total) over (
            partition by named.payout_id
            order by named.booked_at, named.line_id
            rows between unbounded preceding and current row
        )) as payments_out
    from running
    inner join named
        on named.line_id = running.line_id
),

counted as (
    select
        lowest.line_id,
        lowest.payments_out - coalesce(lag(lowest.payments_out) over (
            partition by named.payout_id
            order by named.booked_at, named.line_id
        ), 0) as effect
    from lowest
    inner join named
        on named.line_id = lowest.line_id
)

select
    named.line_id,
    named.entity,
    named.provider,
    named.provider_reference,
    named.payout_id,
    named.amount,
    named.fee_amount,
    named.report_id,
    named.currency,
    named.status,
    named.booked_at,
    named.accounting_month,
    named.decided_from,
    cast(coalesce(counted.effect, case when named.status = 'paid' then 1 else 0 end) as bigint) as effect,
    named.batch_id,
    named.source_line
from named
left join counted
    on counted.line_id = named.line_id
