-- One row is a balance that a counterparty carried forward out of its reports and never brought back into one.
-- grain: entity, counterparty, currency, direction
-- What one report carries forward the next takes up: over all reports of a counterparty and currency carried lines sum to zero. What was carried longer
-- ago than a month (the longest time between two reports) and the days in which its channel settles, and for which nothing was taken up since, is open; direction is kept (money that we were owed) or
-- lent (a debt of ours that nobody asks for). What the first report takes up was carried before carat began. amount is what is missing, + towards the
-- platform; line_id and since are of the last line that carried it. Up to the period's end.
with carried as (
    select
        lines.line_id,
        lines.entity,
        lines.counterparty,
        lines.currency,
        lines.report_id,
        lines.net_amount,
        coalesce(lines.settled_at, lines.event_at) as carried_at,
        days_after(coalesce(lines.settled_at, lines.event_at), 31 + coalesce(run_channels.due_days, 0)) <= run.period_end as is_due,
        lines.batch_id,
        lines.source_line
    from led_line_apart as lines
    cross join run
    left join run_channels
        on run_channels.channel = lines.channel
    where lines.kind = 'carried' and lines.net_amount <> 0
),

firsts as (
    select entity, counterparty, currency, min(carried_at) as first_at
    from carried
    group by entity, counterparty, currency
),

first_reports as (
    select firsts.entity, firsts.counterparty, firsts.currency, min(carried.report_id) as report_id
    from firsts
    inner join carried
        on carried.entity = firsts.entity
        and carried.counterparty = firsts.counterparty
        and carried.currency = firsts.currency
        and carried.carried_at = firsts.first_at
    group by firsts.entity, firsts.counterparty, firsts.currency
),

directions as (
    select direction, sign
    from (values ('kept', -1), ('lent', 1)) as named (direction, sign)
),

sums as (
    select
        carried.entity,
        carried.counterparty,
        carried.currency,
        directions.direction,
        directions.sign,
        cast(sum(case
            when carried.net_amount * directions.sign < 0 then carried.net_amount
            when carried.is_due and not (directions.direction = 'lent' and first_reports.report_id is not null) then carried.net_amount
            else 0
        end) as decimal(38, 6)) as amount,
        max(case when carried.is_due and carried.net_amount * directions.sign > 0 then carried.carried_at end) as since
    from carried
    cross join directions
    left join first_reports
        on first_reports.entity = carried.entity
        and first_reports.counterparty = carried.counterparty
        and first_reports.currency = carried.currency
        and first_reports.report_id = carried.report_id
    group by carried.entity, carried.counterparty, carried.currency, directions.direction, directions.sign
)

select
    sums.entity,
    sums.counterparty,
    sums.currency,
    sums.direction,
    cast(-sums.amount as decimal(38, 6)) as amount,
    sums.since,
    min(carried.line_id) as line_id,
    min(carried.report_id) as report_id,
    min(carried.batch_id) as batch_id,
    min(carried.source_line) as source_line
from sums
inner join carried
    on carried.entity = sums.entity
    and carried.counterparty = sums.counterparty
    and carried.currency = sums.currency
    and carried.carried_at = sums.since
    and carried.net_amount * sums.sign > 0
where sums.amount * sums.sign > 0
group by sums.entity, sums.counterparty, sums.currency, sums.direction, sums.amount, sums.since
