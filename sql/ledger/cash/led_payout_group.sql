-- One row is a creator's payout, or a line that pays creators, with what it belongs together with.
-- grain: side, item_kind, item_id
-- The first that applies: what a person decided; the line that names payouts, by id or reference (led_match_item says which words
-- name nothing; a line that names several pays them if it is their sum); the report of the provider whose payments come to the lines that
-- name it, all together or each by itself (a batch that the bank paid twice), or to the one debit of its amount that no text explains, with or without fees. A line
-- that brings money of a payout back says nothing of what took it: it belongs where the payout does. Nothing is taken for another of the same
-- amount alone. group_id is a key of its own; an item that belongs to nothing is not here.
with payouts as (
    select
        payout_id,
        max(entity) as entity,
        max(paid_currency) as currency,
        cast(sum(amount) as decimal(38, 6)) as amount,
        max(event_at) as event_at
    from led_paid_payout
    group by payout_id
),

-- a receipt of a settlement pays nobody
lines as (
    select
        led_payout_line.line_kind,
        led_payout_line.line_id,
        led_payout_line.entity,
        led_payout_line.currency,
        led_payout_line.amount,
        led_payout_line.words,
        led_payout_line.event_at
    from led_payout_line
    left join led_settlement_group
        on led_settlement_group.side = 'theirs'
        and led_settlement_group.item_id = case when led_payout_line.line_kind = 'bank' then led_payout_line.line_id end
    where led_settlement_group.item_id is null
),

grace as (
    select coalesce(max(due_days), 0) as days
    from run_channels
    where channel = 'web'
),

decided as (
    select
        case side when 'ours' then 'payout' else 'bank' end as item_kind,
        item_id,
        'decided ' || exception_id as group_id
    from run_decided_matches
    where match = 'payout_bank'
),

names as (
    select payout_id, entity, reference_words(payout_id) as words
    from payouts
    union
    select payouts.payout_id, payouts.entity, reference_words(led_payout_event.provider_reference) as words
    from led_payout_event
    inner join payouts
        on payouts.payout_id = led_payout_event.payout_id
    where led_payout_event.provider_reference is not null
    union
    select payouts.payout_id, payouts.entity, reference_words(payments.provider_reference) as words
    from led_provider_payment as payments
    inner join payouts
        on payouts.payout_id = payments.payout_id
    where payments.provider_reference is not null
),

telling_names as (
    select payout_id, entity, words, split_part(words, ' ', 1) as first_word
    from names
    where length(words) >= 4
        and (translate(words, '0123456789_-', '') <> words or length(words) >= 10)
        and (translate(words, '0123456789', '') <> '' or length(words) >= 9)
),

digits as (
    select digit
    from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as listed (digit)
),

line_words as (
    select
        lines.line_kind,
        lines.line_id,
        lines.entity,
        lines.words,
        split_part(lines.words, ' ', tens.digit * 10 + ones.digit + 1) as word
    from lines
    cross join digits as tens
    cross join digits as ones
    left join decided
        on decided.item_kind = lines.line_kind
        and decided.item_id = lines.line_id
    where tens.digit < 6
        and decided.item_id is null
        and split_part(lines.words, ' ', tens.digit * 10 + ones.digit + 1) <> ''
),

-- which payouts a line names
named as (
    select distinct
        line_words.line_kind,
        line_words.line_id,
        telling_names.payout_id
    from line_words
    inner join telling_names
        on telling_names.entity = line_words.entity
        and telling_names.first_word = line_words.word
        and strpos(' ' || line_words.words || ' ', ' ' || telling_names.words || ' ') > 0
    left join decided
        on decided.item_kind = 'payout'
        and decided.item_id = telling_names.payout_id
    where decided.item_id is null
),

line_counts as (
    select
        named.line_kind,
        named.line_id,
        count(*) as payouts,
        cast(sum(payouts.amount) as decimal(38, 6)) as amount
    from named
    inner join payouts
        on payouts.payout_id = named.payout_id
    group by named.line_kind, named.line_id
),

-- a line of several payouts is theirs if it is their sum
by_name as (
    select
        named.line_kind,
        named.line_id,
        named.payout_id,
        lines.amount > 0 as is_debit,
        case when line_counts.payouts = 1 then 'payout ' || named.payout_id else named.line_kind || ' ' || named.line_id end as group_id
    from named
    inner join line_counts
        on line_counts.line_kind = named.line_kind
        and line_counts.line_id = named.line_id
    inner join lines
        on lines.line_kind = named.line_kind
        and lines.line_id = named.line_id
    where line_counts.payouts = 1 or line_counts.amount + lines.amount = 0
),

payout_groups as (
    select payout_id, min(group_id) as group_id
    from by_name
    where is_debit
    group by payout_id
),

taken as (
    select item_kind, item_id, group_id
    from decided
    union all
    select 'payout' as item_kind, payout_id as item_id, group_id
    from payout_groups
    union all
    select by_name.line_kind, by_name.line_id, min(payout_groups.group_id)
    from by_name
    inner join payout_groups
        on payout_groups.payout_id = by_name.payout_id
    group by by_name.line_kind, by_name.line_id
),

-- what came back of payouts that no debit names
credits as (
    select
        by_name.line_kind,
        by_name.line_id,
        min(by_name.payout_id) as payout_id
    from by_name
    left join payout_groups
        on payout_groups.payout_id = by_name.payout_id
    where not by_name.is_debit
    group by by_name.line_kind, by_name.line_id
    having max(case when payout_groups.payout_id is null then 0 else 1 end) = 0
),

-- what a provider's report pays, of payouts that no debit names
report_payouts as (
    select distinct
        payments.entity,
        payments.report_id,
        payments.payout_id,
        payouts.currency,
        payouts.amount,
        payouts.event_at
    from led_provider_payment as payments
    inner join payouts
        on payouts.payout_id = payments.payout_id
        and payouts.entity = payments.entity
    left join taken
        on taken.item_kind = 'payout'
        and taken.item_id = payments.payout_id
    where payments.report_id is not null and taken.item_id is null
),

-- a payout of two reports is of neither
single_reports as (
    select payout_id
    from report_payouts
    group by payout_id
    having count(*) = 1
),

reports as (
    select
        report_payouts.entity,
        report_payouts.report_id,
        report_payouts.currency,
        cast(sum(report_payouts.amount) as decimal(38, 6)) as amount,
        min(report_payouts.event_at) as first_at,
        max(report_payouts.event_at) as event_at
    from report_payouts
    inner join single_reports
        on single_reports.payout_id = report_payouts.payout_id
    group by report_payouts.entity, report_payouts.report_id, report_payouts.currency
),

report_fees as (
    select entity, report_id, currency, cast(sum(case when status = 'paid' then fee_amount else -fee_amount end) as decimal(38, 6)) as fee_amount
    from led_provider_payment
    where report_id is not null and fee_amount <> 0
    group by entity, report_id, currency
),

priced_reports as (
    select
        reports.entity,
        reports.report_id,
        reports.currency,
        reports.amount,
        reports.amount - coalesce(report_fees.fee_amount, 0) as amount_with_fees,
        reports.first_at,
        reports.event_at,
        reference_words(reports.report_id) as words
    from reports
    left join report_fees
        on report_fees.entity = reports.entity
        and report_fees.report_id = reports.report_id
        and report_fees.currency = reports.currency
),

free_lines as (
    select lines.line_kind, lines.line_id, lines.entity, lines.currency, lines.amount, lines.words, lines.event_at
    from lines
    left join taken
        on taken.item_kind = lines.line_kind
        and taken.item_id = lines.line_id
    left join credits
        on credits.line_kind = lines.line_kind
        and credits.line_id = lines.line_id
    where taken.item_id is null and credits.line_id is null
),

report_lines as (
    select
        free_lines.line_kind,
        free_lines.line_id,
        priced_reports.entity,
        priced_reports.report_id,
        priced_reports.currency,
        strpos(' ' || free_lines.words || ' ', ' ' || priced_reports.words || ' ') > 0 as is_named,
        free_lines.amount in (-priced_reports.amount, -priced_reports.amount_with_fees) as is_whole,
        free_lines.amount
    from free_lines
    cross join grace
    inner join priced_reports
        on priced_reports.entity = free_lines.entity
        and priced_reports.currency = free_lines.currency
    where (
            length(priced_reports.words) >= 4
            and (translate(priced_reports.words, '0123456789_-', '') <> priced_reports.words or length(priced_reports.words) >= 10)
            and (translate(priced_reports.words, '0123456789', '') <> '' or length(priced_reports.words) >= 9)
            and strpos(' ' || free_lines.words || ' ', ' ' || priced_reports.words || ' ') > 0
        )
        or (
            free_lines.amount in (-priced_reports.amount, -priced_reports.amount_with_fees)
            and free_lines.event_at >= days_before(priced_reports.first_at, 3)
            and free_lines.event_at <= days_after(priced_reports.event_at, grace.days)
        )
),

-- named lines go before those of the amount alone, and a line of two reports is of neither
line_reports as (
    select line_kind, line_id, max(case when is_named then 1 else 0 end) as is_named
    from report_lines
    group by line_kind, line_id
),

chosen as (
    select report_lines.line_kind, report_lines.line_id, report_lines.entity, report_lines.report_id, report_lines.currency, report_lines.is_named,
        report_lines.is_whole, report_lines.amount,
        count(*) over (partition by report_lines.line_kind, report_lines.line_id) as reports
    from report_lines
    inner join line_reports
        on line_reports.line_kind = report_lines.line_kind
        and line_reports.line_id = report_lines.line_id
        and line_reports.is_named = case when report_lines.is_named then 1 else 0 end
),

report_sums as (
    select
        chosen.entity,
        chosen.report_id,
        chosen.currency,
        max(case when chosen.is_named then 1 else 0 end) as is_named,
        sum(case when chosen.is_named then 0 else 1 end) as guesses,
        sum(case when chosen.is_named and not chosen.is_whole then 1 else 0 end) as named_parts,
        cast(sum(chosen.amount) as decimal(38, 6)) as amount,
        cast(sum(case when chosen.is_named then chosen.amount else 0 end) as decimal(38, 6)) as named_amount
    from chosen
    where chosen.reports = 1
    group by chosen.entity, chosen.report_id, chosen.currency
),

matched_reports as (
    select
        priced_reports.entity,
        priced_reports.report_id,
        priced_reports.currency,
        report_sums.is_named
    from priced_reports
    inner join report_sums
        on report_sums.entity = priced_reports.entity
        and report_sums.report_id = priced_reports.report_id
        and report_sums.currency = priced_reports.currency
    left join run_tolerances
        on run_tolerances.currency = priced_reports.currency
    where case when report_sums.is_named = 1
        then abs(report_sums.named_amount + priced_reports.amount) <= coalesce(run_tolerances.tolerance, 0)
            or abs(report_sums.named_amount + priced_reports.amount_with_fees) <= coalesce(run_tolerances.tolerance, 0)
            or report_sums.named_parts = 0
        else report_sums.guesses = 1
    end
),

reported as (
    select
        report_payouts.payout_id,
        'report ' || report_payouts.entity || ' ' || report_payouts.report_id || ' ' || report_payouts.currency as group_id
    from report_payouts
    inner join single_reports
        on single_reports.payout_id = report_payouts.payout_id
    inner join matched_reports
        on matched_reports.entity = report_payouts.entity
        and matched_reports.report_id = report_payouts.report_id
        and matched_reports.currency = report_payouts.currency
)

select case taken.item_kind when 'payout' then 'ours' else 'theirs' end as side, taken.item_kind, taken.item_id, taken.group_id
from taken
union all
select 'ours', 'payout', payout_id, group_id
from reported
union all
select distinct 'ours', 'payout', credits.payout_id, 'payout ' || credits.payout_id
from credits
left join reported
    on reported.payout_id = credits.payout_id
where reported.payout_id is null
union all
select 'theirs', credits.line_kind, credits.line_id, coalesce(reported.group_id, 'payout ' || credits.payout_id)
from credits
left join reported
    on reported.payout_id = credits.payout_id
union all
select 'theirs', chosen.line_kind, chosen.line_id, 'report ' || chosen.entity || ' ' || chosen.report_id || ' ' || chosen.currency
from chosen
inner join matched_reports
    on matched_reports.entity = chosen.entity
    and matched_reports.report_id = chosen.report_id
    and matched_reports.currency = chosen.currency
    and matched_reports.is_named = case when chosen.is_named then 1 else 0 end
where chosen.reports = 1
