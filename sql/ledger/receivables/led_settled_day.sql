-- One row is what lines of one kind and one report of a counterparty come to on one day.
-- grain: entity, channel, counterparty, currency, report_id, kind, tax_kind, part, counted, day
-- Signed, + towards the platform; net_amount is all of a line, fee_amount and tax_amount what of it is fee and tax. part says what
-- the lines are to the receivable: order (a sale, refund or chargeback, which stands for an order), of_order (a fee or a tax that
-- names the transaction of such a line), own (moves the receivable by itself); older (an order from before carat began: it draws the
-- opening down) and before (an own line from before carat began: inside the opening). A line counts on the day of its event; a payout,
-- disbursement or transfer on that of settled_at, and so does what is settled in another currency than the customer's; counted is now where
-- that is in the period, earlier before it. A report that is paid out as it stands has its payout (led_report_payout). What is settled later is not here. Of earlier days only the sum is kept (day is null).
with reported as (
    select
        lines.line_id,
        lines.entity,
        lines.channel,
        lines.counterparty,
        lines.report_id,
        lines.currency,
        lines.kind,
        case when lines.kind = 'tax' then coalesce(lines.tax_kind, 'sales') end as tax_kind,
        lines.store_transaction_id,
        lines.transaction_at,
        lines.net_amount,
        coalesce(lines.fee_amount, 0) as fee_amount,
        coalesce(lines.tax_amount, 0) as tax_amount,
        lines.accounting_month,
        lines.kind in ('sale', 'refund', 'chargeback') as is_order,
        lines.kind in ('sale', 'refund', 'chargeback')
        and lines.customer_amount is not null
        and coalesce(lines.customer_currency, lines.currency) <> lines.currency as is_foreign,
        lines.event_at,
        coalesce(lines.settled_at, lines.event_at) as settled_at
    from stg_settlement_lines as lines
    cross join run
    where lines.accounting_month <= run.period
),

lines as (
    select
        line_id, entity, channel, counterparty, report_id, currency, kind, tax_kind, store_transaction_id, transaction_at, net_amount,
        fee_amount, tax_amount, accounting_month, is_order, is_foreign, event_at, settled_at
    from reported
    union all
    select
        line_id, entity, channel, counterparty, report_id, currency, 'payout', null, null, null, net_amount,
        0, 0, accounting_month, false, false, settled_at, settled_at
    from led_report_payout
),

-- transactions of which fees or taxes stand in lines of their own
parted as (
    select distinct entity, channel, store_transaction_id
    from lines
    where kind in ('fee', 'tax') and store_transaction_id is not null
),

transactions as (
    select
        lines.entity,
        lines.channel,
        lines.store_transaction_id,
        min(coalesce(lines.transaction_at, run.first_start)) < run.first_start as is_older,
        max(case when lines.is_foreign then 1 else 0 end) = 1 as is_foreign
    from lines
    cross join run
    inner join parted
        on parted.entity = lines.entity
        and parted.channel = lines.channel
        and parted.store_transaction_id = lines.store_transaction_id
    where lines.is_order
    group by lines.entity, lines.channel, lines.store_transaction_id, run.first_start
),

parts as (
    select
        lines.entity,
        lines.channel,
        lines.counterparty,
        lines.report_id,
        lines.currency,
        lines.kind,
        lines.tax_kind,
        lines.accounting_month,
        lines.net_amount,
        lines.fee_amount,
        lines.tax_amount,
        lines.event_at,
        lines.settled_at,
        lines.kind in ('payout', 'disbursement', 'transfer') or lines.is_foreign or coalesce(transactions.is_foreign, false)
            as moves_later,
        case
            when lines.is_order and coalesce(lines.transaction_at, run.first_start) < run.first_start then 'older'
            when lines.is_order then 'order'
            when transactions.is_older then 'older'
            when transactions.store_transaction_id is not null then 'of_order'
            else 'own'
        end as part
    from lines
    cross join run
    left join transactions
        on transactions.store_transaction_id = case when lines.kind in ('fee', 'tax') then lines.store_transaction_id end
        and transactions.entity = lines.entity
        and transactions.channel = lines.channel
),

moves as (
    select
        entity,
        channel,
        counterparty,
        report_id,
        currency,
        kind,
        tax_kind,
        part,
        accounting_month,
        net_amount,
        fee_amount,
        tax_amount,
        moves_later,
        case
            when not moves_later then event_at
            when part = 'own' then settled_at
            else greatest(event_at, settled_at)
        end as moved_at
    from parts
),

placed as (
    select
        lines.entity,
        lines.channel,
        lines.counterparty,
        lines.report_id,
        lines.moved_at,
        lines.currency,
        lines.kind,
        lines.tax_kind,
        case when lines.part = 'own' and lines.moved_at < run.first_start then 'before' else lines.part end as part,
        case
            when lines.moves_later and lines.moved_at >= run.period_end then 'later'
            when lines.accounting_month = run.period then 'now'
            when lines.moves_later and lines.moved_at >= run.period_start then 'now'
            else 'earlier'
        end as counted,
        quarter_hour(greatest(least(lines.moved_at, run.closing_instant), run.period_start)) as quarter,
        lines.net_amount,
        lines.fee_amount,
        lines.tax_amount
    from moves as lines
    cross join run
),

-- the calendar is asked once for each quarter of an hour, of which there are few
quarters as (
    select
        entity,
        channel,
        counterparty,
        report_id,
        currency,
        kind,
        tax_kind,
        part,
        counted,
        case when counted = 'now' then quarter end as quarter,
        min(moved_at) as first_at,
        sum(net_amount) as net_amount,
        sum(fee_amount) as fee_amount,
        sum(tax_amount) as tax_amount,
        count(*) as lines
    from placed
    where counted <> 'later'
    group by entity, channel, counterparty, report_id, currency, kind, tax_kind, part, counted, case when counted = 'now' then quarter end
)

select
    quarters.entity,
    quarters.channel,
    quarters.counterparty,
    case
        when quarters.channel in ('apple', 'google') then 'store_receivable'
        when quarters.channel = 'reseller' then 'reseller_receivable'
        else 'provider_receivable'
    end as receivable_role,
    quarters.report_id,
    quarters.currency,
    quarters.kind,
    quarters.tax_kind,
    quarters.part,
    quarters.counted,
    local_day(quarters.quarter, run.time_zone) as day,
    cast(sum(quarters.net_amount) as decimal(38, 6)) as net_amount,
    cast(sum(quarters.fee_amount) as decimal(38, 6)) as fee_amount,
    cast(sum(quarters.tax_amount) as decimal(38, 6)) as tax_amount,
    cast(sum(quarters.lines) as bigint) as lines,
    min(quarters.first_at) as first_at
from quarters
cross join run
group by
    quarters.entity, quarters.channel, quarters.counterparty, quarters.report_id, quarters.currency, quarters.kind, quarters.tax_kind,
    quarters.part, quarters.counted, local_day(quarters.quarter, run.time_zone)
