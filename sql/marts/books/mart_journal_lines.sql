-- One row is one line of the journal: an account debited or credited by one class of events on one day.
-- grain: entry_id, line_no
-- result: journal_lines
-- order: entity, day, event_class, currency, line_no
-- One entry per entity, day, event class and currency; in minor units, in the event's currency and in the entity's. Functional
-- amounts are null where an exchange rate is missing, never zero.
with lines as (
    select
        entity,
        day,
        event_class,
        currency,
        functional_currency,
        account,
        min(account_rank) as account_rank,
        cast(sum(amount) as decimal(38, 6)) as amount,
        cast(known_sum(functional_amount) as decimal(38, 6)) as functional_amount
    from led_journal_line
    group by entity, day, event_class, currency, functional_currency, account
)

select
    run.period,
    run.run_id,
    lines.entity || '/' || iso_day(lines.day) || '/' || lines.event_class || '/' || lines.currency as entry_id,
    row_number() over (
        partition by lines.entity, lines.day, lines.event_class, lines.currency
        order by case when lines.amount < 0 or (lines.amount = 0 and lines.functional_amount < 0) then 1 else 0 end,
            lines.account_rank, lines.account
    ) as line_no,
    lines.day,
    lines.event_class,
    lines.entity,
    lines.account,
    lines.currency,
    cast(greatest(lines.amount, 0) as decimal(38, 6)) as debit,
    cast(greatest(-lines.amount, 0) as decimal(38, 6)) as credit,
    cast(case when lines.functional_amount < 0 then 0 else lines.functional_amount end as decimal(38, 6)) as functional_debit,
    cast(case when lines.functional_amount > 0 then 0 else -lines.functional_amount end as decimal(38, 6)) as functional_credit,
    led_event_class.memo,
    lines.functional_currency
from lines
cross join run
inner join led_event_class
    on led_event_class.event_class = lines.event_class
where lines.amount <> 0 or lines.functional_amount <> 0 or lines.functional_amount is null
