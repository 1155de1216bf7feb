-- One row is one row of ours or theirs that is matched row by row: by its key, its amount and its other attributes.
-- grain: match, side, item_id
-- Of orders and settlement lines those that didn't meet one to one; of settlement payouts and bank lines all. Amounts are what
-- is compared: of orders + towards the platform, of a settlement payout what the bank should receive. due_at is when a
-- missing counterpart becomes a break: the event's time + due_days of the channel; a bank line has the web's days, because its
-- report may come later than the money. Orders are kept apart by channel (key_scope); the bank knows no channels.
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
)

select
    'purchase_settlement' as match,
    'ours' as side,
    orders.entity,
    orders.channel,
    orders.channel as key_scope,
    orders.class,
    orders.match_key,
    orders.currency,
    'purchase' as subject_kind,
    orders.order_id as item_id,
    orders.sku,
    orders.country,
    cast(orders.amount as decimal(38, 6)) as amount,
    cast(case when orders.class in ('sale', 'chargeback_reversal') then 1 else -1 end as bigint) as quantity,
    cast(orders.booked_fee as decimal(38, 6)) as booked_fee,
    cast(orders.known_fee as decimal(38, 6)) as known_fee,
    orders.event_at,
    orders.event_at + to_hours(24 * coalesce(run_channels.due_days, 0)) as due_at,
    orders.taken_at,
    orders.is_before,
    cast(null as timestamptz) as covers_from,
    cast(null as timestamptz) as covers_to,
    cast(null as varchar) as party,
    orders.batch_id,
    orders.source_line
from led_match_order as orders
inner join unpaired
    on unpaired.key_no = orders.key_no
left join run_channels
    on run_channels.channel = orders.channel
union all
select
    'purchase_settlement' as match,
    'theirs' as side,
    lines.entity,
    lines.channel,
    lines.channel as key_scope,
    lines.class,
    lines.match_key,
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
    lines.taken_at,
    -- an undated line may stand for a transaction from before carat began
    lines.is_undated and lines.event_at < run.first_start + to_hours(24 * coalesce(run_channels.due_days, 0)) as is_before,
    lines.covers_from,
    lines.covers_to,
    cast(null as varchar) as party,
    lines.batch_id,
    lines.source_line
from led_match_line as lines
cross join run
inner join unpaired
    on unpaired.key_no = lines.key_no
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
    lines.bank_reference as match_key,
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
    lines.event_at + to_hours(24 * coalesce(run_channels.due_days, 0)) as due_at,
    case
        when lines.accounting_month = run.period then greatest(least(lines.event_at, run.closing_instant), run.period_start)
        else least(lines.event_at, run.opening_instant)
    end as taken_at,
    lines.event_at < run.first_start as is_before,
    cast(null as timestamptz) as covers_from,
    cast(null as timestamptz) as covers_to,
    cast(null as varchar) as party,
    lines.batch_id,
    lines.source_line
from stg_settlement_lines as lines
cross join run
left join run_channels
    on run_channels.channel = lines.channel
where lines.kind = 'payout' and lines.accounting_month <= run.period
union all
select
    'settlement_bank' as match,
    'theirs' as side,
    lines.entity,
    cast(null as varchar) as channel,
    '' as key_scope,
    'payout' as class,
    lines.reference as match_key,
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
    lines.booked_at + to_hours(24 * grace.days) as due_at,
    case
        when lines.accounting_month = run.period then greatest(least(lines.booked_at, run.closing_instant), run.period_start)
        else least(lines.booked_at, run.opening_instant)
    end as taken_at,
    lines.booked_at < run.first_start as is_before,
    cast(null as timestamptz) as covers_from,
    cast(null as timestamptz) as covers_to,
    lines.account || '/' || lines.counterparty as party,
    lines.batch_id,
    lines.source_line
from stg_bank_lines as lines
cross join run
cross join grace
where lines.accounting_month <= run.period and lines.kind not in ('opening', 'closing')
