-- One row is what one bank account held in one currency when carat first saw it.
-- grain: entity, account, currency
-- The fed balance of account cash/ACCOUNT, else the first opening balance that the bank states, less the lines before it; an account of
-- neither begins with nothing. The lines of the statement that states it come after it, whatever its day: statements date both balances
-- by the closing one. It counts in the month of that row (since): of the first month it is the opening, of a later one what
-- was taken over.
with fed as (
    select
        entity,
        substr(subject_id, 6) as account,
        currency,
        cast(sum(amount) as decimal(38, 6)) as amount
    from led_opening_balance
    where subject_kind = 'account' and starts_with(subject_id, 'cash/') and amount is not null and currency is not null
    group by entity, substr(subject_id, 6), currency
),

opening_rows as (
    select
        lines.entity,
        lines.account,
        lines.currency,
        lines.balance,
        lines.booked_at,
        lines.statement_id,
        lines.accounting_month,
        row_number() over (
            partition by lines.entity, lines.account, lines.currency
            order by lines.booked_at, lines.accounting_month, lines.line_id
        ) as place
    from stg_bank_lines as lines
    cross join run
    where lines.kind = 'opening' and lines.balance is not null and lines.accounting_month <= run.period
),

lines_before as (
    select
        opening_rows.entity,
        opening_rows.account,
        opening_rows.currency,
        cast(sum(lines.amount) as decimal(38, 6)) as amount
    from opening_rows
    inner join stg_bank_lines as lines
        on lines.entity = opening_rows.entity
        and lines.account = opening_rows.account
        and lines.currency = opening_rows.currency
        and lines.booked_at < opening_rows.booked_at
        and (lines.statement_id is null or opening_rows.statement_id is null or lines.statement_id <> opening_rows.statement_id)
        and lines.kind not in ('opening', 'closing')
    cross join run
    where opening_rows.place = 1 and lines.accounting_month <= run.period and lines.booked_at >= run.first_start
    group by opening_rows.entity, opening_rows.account, opening_rows.currency
)

select
    fed.entity,
    fed.account,
    fed.currency,
    fed.amount,
    run.first_period as since
from fed
cross join run
union all
select
    opening_rows.entity,
    opening_rows.account,
    opening_rows.currency,
    cast(opening_rows.balance - coalesce(lines_before.amount, 0) as decimal(38, 6)) as amount,
    opening_rows.accounting_month as since
from opening_rows
left join fed
    on fed.entity = opening_rows.entity
    and fed.account = opening_rows.account
    and fed.currency = opening_rows.currency
left join lines_before
    on lines_before.entity = opening_rows.entity
    and lines_before.account = opening_rows.account
    and lines_before.currency = opening_rows.currency
where opening_rows.place = 1 and fed.entity is null
