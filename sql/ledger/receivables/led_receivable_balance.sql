-- One row is what one counterparty owes at the period's end by what is open, and what it owed at its start.
-- grain: entity, receivable_role, counterparty, currency
-- closing_amount is unsettled_amount (orders that no line stands for yet) + settled_amount (what its lines add up to, less what it
-- paid) + opening_item (what is left of a fed opening that lines for older or unknown orders draw down; without a fed one they are
-- settled and nothing else). Whatever a report carries to another is in neither. opening_amount is what the closed month before closed with,
-- where carat begins what was fed, else nothing; while the month before is open (is_known false), what was open when this one began by the
-- rows of today. suspended_amount is what is left between them: lines without an order, and differences of those that have one, which
-- wait in suspense until somebody decides.
with older as (
    select
        lines.entity, lines.channel, lines.counterparty, lines.currency, lines.net_amount, alone.taken_at < run.period_start as was_there
    from led_match_alone as alone
    cross join run
    inner join stg_settlement_lines as lines
        on lines.line_id = alone.subject_id
    where alone.match = 'purchase_settlement' and alone.subject_kind = 'settlement' and alone.outcome = 'before_carat'
    union all
    select entity, channel, counterparty, currency, net_amount, counted = 'earlier'
    from led_settled_day
    where part = 'older'
),

channel_parts as (
    select entity, channel, counterparty, currency, 'unsettled' as stage, amount
    from led_receivable_unsettled
    union all
    select entity, channel, counterparty, currency, 'settled', net_amount
    from led_settled_day
    where part <> 'before' and kind <> 'carried'
    union all
    select entity, channel, counterparty, currency, 'older', -net_amount
    from older
    union all
    select entity, channel, counterparty, currency, 'opened', opening_amount
    from led_receivable_unsettled
    union all
    select entity, channel, counterparty, currency, 'opened', net_amount
    from led_settled_day
    where part <> 'before' and kind <> 'carried' and counted = 'earlier'
    union all
    select entity, channel, counterparty, currency, 'older_opened', -net_amount
    from older
    where was_there
),

parts as (
    select
        entity,
        case
                when channel in ('apple', 'google') then 'store_receivable'
                when channel = 'reseller' then 'reseller_receivable'
                else 'provider_receivable'
        end as receivable_role,
        counterparty,
        currency,
        stage,
        amount
    from channel_parts
    union all
    select entity, role, counterparty, currency, 'opening', amount
    from led_receivable_opening
    where role <> 'reserves'
    union all
    select entity, receivable_role, counterparty, currency, 'moved', amount
    from led_receivable_movement
    union all
    select entity, split_part(subject_id, '/', 1), substr(subject_id, strpos(subject_id, '/') + 1), currency, 'closed', amount
    from closed_rollforwards
    where identity = 'receivable' and subject_kind = 'counterparty' and line = 'closing'
),

sums as (
    select
        entity,
        receivable_role,
        counterparty,
        currency,
        cast(sum(case stage when 'unsettled' then amount else 0 end) as decimal(38, 6)) as unsettled_amount,
        cast(sum(case stage when 'settled' then amount else 0 end) as decimal(38, 6)) as settled_amount,
        max(case stage when 'opening' then 1 else 0 end) = 1 as has_opening,
        cast(sum(case stage when 'opening' then amount else 0 end) as decimal(38, 6)) as fed_amount,
        cast(sum(case stage when 'older' then amount else 0 end) as decimal(38, 6)) as older_amount,
        cast(sum(case stage when 'opened' then amount else 0 end) as decimal(38, 6)) as opened_amount,
        cast(sum(case stage when 'older_opened' then amount else 0 end) as decimal(38, 6)) as older_opened_amount,
        cast(sum(case stage when 'moved' then amount else 0 end) as decimal(38, 6)) as moved_amount,
        cast(sum(case stage when 'closed' then amount else 0 end) as decimal(38, 6)) as closed_amount
    from parts
    group by entity, receivable_role, counterparty, currency
),

turn as (
    select
        run.period = run.first_period as is_first,
        run.period = run.first_period
        or exists (select 1 from closed_rollforwards where identity = 'receivable') as is_known
    from run
),

closings as (
    select
        sums.entity,
        sums.receivable_role,
        sums.counterparty,
        sums.currency,
        sums.unsettled_amount,
        sums.settled_amount,
        sums.has_opening,
        case when sums.has_opening then sums.fed_amount + sums.older_amount else 0 end as opening_item,
        sums.unsettled_amount + sums.settled_amount
        + case when sums.has_opening then sums.fed_amount + sums.older_amount else 0 end as closing_amount,
        sums.moved_amount,
        turn.is_known,
        case
            when turn.is_first then sums.fed_amount
            when turn.is_known then sums.closed_amount
            else sums.opened_amount + case when sums.has_opening then sums.fed_amount + sums.older_opened_amount else 0 end
        end as opening_amount
    from sums
    cross join turn
)

select
    entity,
    receivable_role,
    counterparty,
    currency,
    is_known,
    has_opening,
    cast(opening_amount as decimal(38, 6)) as opening_amount,
    cast(closing_amount - opening_amount - moved_amount as decimal(38, 6)) as suspended_amount,
    cast(unsettled_amount as decimal(38, 6)) as unsettled_amount,
    cast(settled_amount as decimal(38, 6)) as settled_amount,
    cast(opening_item as decimal(38, 6)) as opening_item,
    cast(closing_amount as decimal(38, 6)) as closing_amount
from closings
