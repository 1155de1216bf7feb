-- One row is one row of ours or theirs that is matched row by row: by its key, its amount and its other attributes.
-- grain: match, side, item_id
-- Of orders and settlement lines those that didn't meet one to one; of settlement payouts and bank lines all. Amounts are what
-- is compared: of orders + towards the platform, of a settlement payout what the bank should receive. due_at is when a
-- missing counterpart becomes a break: the event's time + due_days of the channel; a bank line has the web's days, because its
-- report may come later than the money. Its key is its reference, else that of the payout that its text names. Orders are kept
-- apart by channel (key_scope); the bank knows no channels. Rows of which a person decided that they belong together have the
-- decision's key, whatever they say themselves, and are one from the decision's month on.
-- owed_amount is what the counterparty owes: of an order as it is booked, of a line that implies its fee what it pays.
with grace as (
    select coalesce(max(due_days), 0) as days
    from run_channels
    where channel = 'web'
),

-- one order beside one line, equal within the tolerance, is a pair; these are looked at row by row
unpaired as (
    select distinct unpaired_no as key_no
    from led_match_pair
    where unpaired_no is not null
),

decided as (
    select match, side, item_id, decided_from, 'decided ' || exception_id as match_key
    from run_decided_matches
),

-- what the lines of a transaction add up to, by which a store's base is known: with the tax, or without it
keyed_lines as (
    select
        case when decided.item_id is null then lines.key_no else 0 end as key_no,
        coalesce(decided.match_key, lines.match_key) as match_key,
        lines.amount
    from led_match_line as lines
    inner join unpaired
        on unpaired.key_no = lines.key_no
    left join decided
        on decided.match = 'purchase_settlement'
        and decided.side = 'theirs'
        and decided.item_id = lines.line_id
),

line_sums as (
    select
        key_no,
        match_key,
        sum(amount) as amount
    from keyed_lines
    where match_key is not null
    group by key_no, match_key
),

keyed_orders as (
    select
        case when decided.item_id is null then orders.key_no else 0 end as key_no,
        coalesce(decided.match_key, orders.match_key) as match_key,
        decided.decided_from,
        orders.entity,
        orders.channel,
        orders.class,
        orders.currency,
        orders.order_id,
        orders.sku,
        orders.country,
        orders.amount,
        orders.untaxed_amount,
        orders.booked_fee,
        orders.counterparty,
        orders.owed_amount,
        orders.known_fee,
        orders.event_at,
        orders.taken_at,
        orders.is_before,
        orders.batch_id,
        orders.source_line
    from led_match_order as orders
    inner join unpaired
        on unpaired.key_no = orders.key_no
    left join decided
        on decided.match = 'purchase_settlement'
        and decided.side = 'ours'
        and decided.item_id = orders.order_id
),

order_sums as (
    select
        key_no,
        match_key,
        currency,
        sum(amount) as amount,
        sum(coalesce(untaxed_amount, amount)) as untaxed_amount
    from keyed_orders
    where match_key is not null
    group by key_no, match_key, currency
),

untaxed as (
    select
        order_sums.key_no,
        order_sums.match_key
    from order_sums
    inner join line_sums
        on line_sums.key_no = order_sums.key_no
        and line_sums.match_key = order_sums.match_key
    left join run_tolerances
        on run_tolerances.currency = order_sums.currency
    where abs(line_sums.amount - order_sums.untaxed_amount) <= coalesce(run_tolerances.tolerance, 0)
        and abs(line_sums.amount - order_sums.amount) > coalesce(run_tolerances.tolerance, 0)
),

-- A bank puts a payout's reference among words of its own: STRIPE PAYOUT po_D REF 1. It is found at word boundaries, in either
-- case, po_1 not in po_12. What may be a word of any text names nothing: less than four characters, no digit or _ or - in less
-- than ten, digits alone in less than nine (a day, an amount). Only the first sixty words of a text are read.
payout_references as (
    select
        entity,
        bank_reference,
        reference_words(bank_reference) as words
    from stg_settlement_lines
    cross join run
    where kind = 'payout' and bank_reference is not null and accounting_month <= run.period
    group by entity, bank_reference
),

payout_lines as (
    select
        line_id, entity, channel, counterparty, currency, bank_reference, net_amount, event_at, accounting_month, batch_id, source_line
    from stg_settlement_lines
    cross join run
    where kind = 'payout' and accounting_month <= run.period
    union all
    select
        line_id, entity, channel, counterparty, currency, cast(null as varchar), net_amount, settled_at, accounting_month, batch_id,
        source_line
    from led_report_payout
),

-- a reference of several words is looked for by its first
named_payouts as (
    select
        entity,
        bank_reference,
        words,
        split_part(words, ' ', 1) as first_word
    from payout_references
    where length(words) >= 4
        and (translate(words, '0123456789_-', '') <> words or length(words) >= 10)
        and (translate(words, '0123456789', '') <> '' or length(words) >= 9)
),

bank_texts as (
    select
        lines.line_id,
        lines.entity,
        reference_words(lines.reference) as words
    from stg_bank_lines as lines
    cross join run
    left join payout_references
        on payout_references.entity = lines.entity
        and payout_references.bank_reference = lines.reference
    where lines.accounting_month <= run.period and lines.reference is not null and lines.amount <> 0 and payout_references.entity is null
),

digits as (
    select digit
    from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as listed (digit)
),

places as (
    select tens.digit * 10 + ones.digit + 1 as place
    from digits as tens
    cross join digits as ones
    where tens.digit < 6
),

found_references as (
    select
        bank_texts.line_id,
        named_payouts.bank_reference
    from bank_texts
    inner join places
        on split_part(bank_texts.words, ' ', places.place) <> ''
    inner join named_payouts
        on named_payouts.entity = bank_texts.entity
        and named_payouts.first_word = split_part(bank_texts.words, ' ', places.place)
        and strpos(' ' || bank_texts.words || ' ', ' ' || named_payouts.words || ' ') > 0
),

-- a text that names several payouts names none here
contained as (
    select
        line_id,
        min(bank_reference) as match_key
    from found_references
    group by line_id
    having min(bank_reference) = max(bank_reference)
)

select
    'purchase_settlement' as match,
    'ours' as side,
    orders.entity,
    orders.channel,
    case when orders.decided_from is null then orders.channel else '' end as key_scope,
    orders.class,
    orders.match_key,
    orders.currency,
    'purchase' as subject_kind,
    orders.order_id as item_id,
    orders.sku,
    orders.country,
    cast(case when untaxed.key_no is null then orders.amount else coalesce(orders.untaxed_amount, orders.amount) end as decimal(38, 6)) as amount,
    cast(case when orders.class in ('sale', 'chargeback_reversal') then 1 else -1 end as bigint) as quantity,
    cast(orders.booked_fee as decimal(38, 6)) as booked_fee,
    cast(orders.known_fee as decimal(38, 6)) as known_fee,
    orders.event_at,
    days_after(orders.event_at, coalesce(run_channels.due_days, 0)) as due_at,
    greatest(orders.taken_at, coalesce(orders.decided_from, orders.taken_at)) as taken_at,
    orders.is_before,
    cast(null as timestamptz) as covers_from,
    cast(null as timestamptz) as covers_to,
    cast(null as varchar) as party,
    orders.counterparty,
    cast(orders.owed_amount as decimal(38, 6)) as owed_amount,
    cast(null as decimal(38, 6)) as stated_tax,
    orders.batch_id,
    orders.source_line
from keyed_orders as orders
left join untaxed
    on untaxed.key_no = orders.key_no
    and untaxed.match_key = orders.match_key
left join run_channels
    on run_channels.channel = orders.channel
union all
select
    'purchase_settlement' as match,
    'theirs' as side,
    lines.entity,
    lines.channel,
    case when decided.item_id is null then lines.channel else '' end as key_scope,
    lines.class,
    coalesce(decided.match_key, lines.match_key) as match_key,
    lines.currency,
    'settlement' as subject_kind,
    lines.line_id as item_id,
    lines.sku,
    lines.country,
    cast(lines.amount as decimal(38, 6)) as amount,
    coalesce(lines.quantity, case when lines.class in ('sale', 'chargeback_reversal') then 1 else -1 end) as quantity,
    cast(null as decimal(38, 6)) as booked_fee,
    case
        when lines.fees_apart is null then cast(lines.fee_amount as decimal(38, 6))
        -- the fees of a transaction are told once, with its first line
        when row_number() over (
            partition by lines.entity, lines.channel, lines.class, lines.match_key, lines.currency
            order by lines.line_id
        ) = 1 then coalesce(lines.fee_amount, 0) + lines.fees_apart
        else cast(lines.fee_amount as decimal(38, 6))
    end as known_fee,
    lines.event_at,
    lines.event_at as due_at,
    greatest(lines.taken_at, coalesce(decided.decided_from, lines.taken_at)) as taken_at,
    -- an undated line may stand for a transaction from before carat began
    lines.is_undated and lines.event_at < days_after(run.first_start, coalesce(run_channels.due_days, 0)) as is_before,
    lines.covers_from,
    lines.covers_to,
    cast(null as varchar) as party,
    lines.counterparty,
    cast(case when lines.implies_fee then lines.settled_amount end as decimal(38, 6)) as owed_amount,
    case
        when lines.taxes_apart is null then lines.stated_tax
        when row_number() over (
            partition by lines.entity, lines.channel, lines.class, lines.match_key, lines.currency
            order by lines.line_id
        ) = 1 then lines.stated_tax + lines.taxes_apart
        else lines.stated_tax
    end as stated_tax,
    lines.batch_id,
    lines.source_line
from led_match_line as lines
cross join run
inner join unpaired
    on unpaired.key_no = lines.key_no
left join decided
    on decided.match = 'purchase_settlement'
    and decided.side = 'theirs'
    and decided.item_id = lines.line_id
left join run_channels
    on run_channels.channel = lines.channel
union all
select
    'settlement_bank' as match,
    'ours' as side,
    lines.entity,
    lines.channel,
    '' as key_scope,
    'payout' as class,
    coalesce(decided.match_key, lines.bank_reference) as match_key,
    lines.currency,
    'settlement' as subject_kind,
    lines.line_id as item_id,
    cast(null as varchar) as sku,
    cast(null as varchar) as country,
    cast(-lines.net_amount as decimal(38, 6)) as amount,
    cast(1 as bigint) as quantity,
    cast(null as decimal(38, 6)) as booked_fee,
    cast(null as decimal(38, 6)) as known_fee,
    lines.event_at,
    days_after(lines.event_at, coalesce(run_channels.due_days, 0)) as due_at,
    greatest(
        case
            when lines.accounting_month = run.period then greatest(least(lines.event_at, run.closing_instant), run.period_start)
            else least(lines.event_at, run.opening_instant)
        end,
        coalesce(decided.decided_from, run.first_start)
    ) as taken_at,
    lines.event_at < run.first_start as is_before,
    cast(null as timestamptz) as covers_from,
    cast(null as timestamptz) as covers_to,
    cast(null as varchar) as party,
    lines.counterparty,
    cast(null as decimal(38, 6)) as owed_amount,
    cast(null as decimal(38, 6)) as stated_tax,
    lines.batch_id,
    lines.source_line
from payout_lines as lines
cross join run
left join decided
    on decided.match = 'settlement_bank'
    and decided.side = 'ours'
    and decided.item_id = lines.line_id
left join run_channels
    on run_channels.channel = lines.channel
union all
select
    'settlement_bank' as match,
    'theirs' as side,
    lines.entity,
    cast(null as varchar) as channel,
    '' as key_scope,
    'payout' as class,
    coalesce(decided.match_key, contained.match_key, lines.reference) as match_key,
    lines.currency,
    'bank' as subject_kind,
    lines.line_id as item_id,
    cast(null as varchar) as sku,
    cast(null as varchar) as country,
    cast(lines.amount as decimal(38, 6)) as amount,
    cast(1 as bigint) as quantity,
    cast(null as decimal(38, 6)) as booked_fee,
    cast(null as decimal(38, 6)) as known_fee,
    lines.booked_at as event_at,
    days_after(lines.booked_at, grace.days) as due_at,
    greatest(
        case
            when lines.accounting_month = run.period then greatest(least(lines.booked_at, run.closing_instant), run.period_start)
            else least(lines.booked_at, run.opening_instant)
        end,
        coalesce(decided.decided_from, run.first_start)
    ) as taken_at,
    lines.booked_at < run.first_start as is_before,
    cast(null as timestamptz) as covers_from,
    cast(null as timestamptz) as covers_to,
    lines.counterparty as party,
    cast(null as varchar) as counterparty,
    cast(null as decimal(38, 6)) as owed_amount,
    cast(null as decimal(38, 6)) as stated_tax,
    lines.batch_id,
    lines.source_line
from stg_bank_lines as lines
cross join run
cross join grace
left join contained
    on contained.line_id = lines.line_id
left join decided
    on decided.match = 'settlement_bank'
    and decided.side = 'theirs'
    and decided.item_id = lines.line_id
where lines.accounting_month <= run.period and lines.kind not in ('opening', 'closing')
