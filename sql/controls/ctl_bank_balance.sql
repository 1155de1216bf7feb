-- One row is a statement that doesn't begin where another ended, or an account whose lines don't lead from one balance to the next.
-- grain: subject_kind, subject_id, reason
-- control: bank_balance
-- severity: block
-- unit: currency
-- reasons: gap, entries, overlap, rollforward
-- guards: a bank statement that is missing in the middle; bookings that were lost or counted twice on the way here
-- question: Do the bank's lines lead from the opening balance to the closing balance, and does the roll-forward of cash end there?
-- causes: a statement that was not fetched; a period told by two statements under other numbers; an opening balance of the books that isn't the bank's; a booking taken for another's duplicate; lines entered by hand or in a file of its own beside the statements
-- action: fetch the statements between the two balances; undo the file that tells lines a second time; correct the fed opening (balances, cash/ACCOUNT); compare the account's lines with the bank's own list of the month
-- checked: from (
--         select lines.line_id
--         from stg_bank_lines as lines
--         cross join run
--         where lines.accounting_month = run.period
--             and lines.kind = 'opening'
--             and lines.line_id not in (select subject_id from ctl_bank_balance where subject_kind = 'bank')
--         union all
--         select accounts.account
--         from (
--             select lines.entity, lines.account, lines.account || '/' || lines.currency as subject_id
--             from stg_bank_lines as lines
--             cross join run
--             where lines.accounting_month = run.period
--                 and lines.kind = 'closing'
--             group by lines.entity, lines.account, lines.currency
--         ) as accounts
--         where not exists (
--             select 1
--             from ctl_bank_balance as named
--             where named.subject_kind = 'account'
--                 and named.entity = accounts.entity
--                 and named.subject_id = accounts.subject_id
--         )
--         union all
--         select subject_id
--         from ctl_bank_balance
--     ) as judged
-- not_compared: select cast(coalesce(sum(things), 0) as bigint) from led_compared_account where control = 'bank_balance'
-- not_compared_reason: select case when not exists (
--         select 1
--         from stg_bank_lines
--         cross join run
--         where accounting_month = run.period
--     ) then 'no bank statement of the month was fed' else 'the bank lines of an account come without a closing balance behind them' end
-- An opening balance is the closing balance of a statement before it or of the same day, or the opening one of a statement that is
-- told again; the first of an account has none before it. Per account and currency, the last balance before the month, else
-- its first opening, and the lines until the month's last closing balance give that. A line is of its statement's day, else
-- of its own. Expected is what the lines give, actual what the bank says. Reasons: gap (subject: the opening's row), entries
-- (subject: ACCOUNT/CURRENCY), overlap (the same, and lines that stand in two statements are all the difference). Where they lead there, the
-- roll-forward of cash is held against the same balance, less what it was off at the one before: rollforward (the opening that was fed
-- is not the bank's, or a line came late). Lines behind the last closing balance are not compared.
with balances as (
    select
        lines.line_id,
        lines.entity,
        lines.account,
        lines.currency,
        lines.kind,
        lines.balance,
        lines.statement_id,
        local_day(lines.booked_at, run.time_zone) as day,
        lines.accounting_month,
        lines.batch_id,
        lines.source_line
    from stg_bank_lines as lines
    cross join run
    where lines.accounting_month <= run.period and lines.kind in ('opening', 'closing') and lines.balance is not null
),

-- a balance at which another statement goes on, or from which it came, stands between the two
outer_balances as (
    select
        balances.entity,
        balances.account,
        balances.currency,
        balances.kind,
        balances.balance,
        balances.day,
        balances.accounting_month,
        balances.batch_id,
        balances.source_line,
        balances.line_id,
        max(case when others.line_id is null then 0 else 1 end) as is_between
    from balances
    left join balances as others
        on others.entity = balances.entity
        and others.account = balances.account
        and others.currency = balances.currency
        and others.day = balances.day
        and others.balance = balances.balance
        and others.kind <> balances.kind
        and coalesce(others.statement_id, others.line_id) <> coalesce(balances.statement_id, balances.line_id)
    group by
        balances.entity,
        balances.account,
        balances.currency,
        balances.kind,
        balances.balance,
        balances.day,
        balances.accounting_month,
        balances.batch_id,
        balances.source_line,
        balances.line_id
),

openings as (
    select
        balances.line_id,
        balances.entity,
        balances.account,
        balances.currency,
        balances.balance,
        balances.day,
        balances.batch_id,
        balances.source_line,
        max(case when others.day < balances.day and others.kind = 'closing' then others.day end) as last_day,
        max(case when others.balance = balances.balance then 1 else 0 end) as is_joined
    from balances
    cross join run
    left join balances as others
        on others.entity = balances.entity
        and others.account = balances.account
        and others.currency = balances.currency
        and others.day <= balances.day
        and coalesce(others.statement_id, others.line_id) <> coalesce(balances.statement_id, balances.line_id)
    where balances.kind = 'opening' and balances.accounting_month = run.period
    group by
        balances.line_id,
        balances.entity,
        balances.account,
        balances.currency,
        balances.balance,
        balances.day,
        balances.batch_id,
        balances.source_line
),

last_closings as (
    select
        openings.line_id,
        max(balances.balance) as balance
    from openings
    inner join balances
        on balances.entity = openings.entity
        and balances.account = openings.account
        and balances.currency = openings.currency
        and balances.day = openings.last_day
        and balances.kind = 'closing'
    group by openings.line_id
),

-- the balance that the month begins with, and the one that it ends with
placed as (
    select
        outer_balances.entity,
        outer_balances.account,
        outer_balances.currency,
        outer_balances.kind,
        outer_balances.balance,
        outer_balances.day,
        outer_balances.batch_id,
        outer_balances.source_line,
        outer_balances.accounting_month = run.period as is_of_month,
        row_number() over (
            partition by outer_balances.entity, outer_balances.account, outer_balances.currency, outer_balances.kind,
                outer_balances.accounting_month = run.period
            order by
                case when outer_balances.kind = 'opening' then days_between(date '1970-01-01', outer_balances.day) end,
                days_between(date '1970-01-01', outer_balances.day) desc,
                outer_balances.is_between,
                outer_balances.balance desc,
                outer_balances.line_id
        ) as place
    from outer_balances
    cross join run
),

spans as (
    select
        ends.entity,
        ends.account,
        ends.currency,
        coalesce(before.balance, first_openings.balance) as start_balance,
        coalesce(before.day, first_openings.day) as start_day,
        before.day is not null as is_continued,
        ends.balance as end_balance,
        ends.day as end_day,
        ends.batch_id,
        ends.source_line
    from placed as ends
    left join placed as before
        on before.entity = ends.entity
        and before.account = ends.account
        and before.currency = ends.currency
        and before.kind = 'closing'
        and not before.is_of_month
        and before.place = 1
    left join placed as first_openings
        on first_openings.entity = ends.entity
        and first_openings.account = ends.account
        and first_openings.currency = ends.currency
        and first_openings.kind = 'opening'
        and first_openings.is_of_month
        and first_openings.place = 1
    where ends.kind = 'closing' and ends.is_of_month and ends.place = 1
),

entries as (
    select
        lines.entity,
        lines.account,
        lines.currency,
        lines.amount,
        lines.booked_at,
        lines.accounting_month,
        coalesce(closings.day, local_day(lines.booked_at, run.time_zone)) as day
    from stg_bank_lines as lines
    cross join run
    left join balances as closings
        on closings.entity = lines.entity
        and closings.account = lines.account
        and closings.currency = lines.currency
        and closings.statement_id = lines.statement_id
        and closings.kind = 'closing'
    where lines.accounting_month <= run.period and lines.kind not in ('opening', 'closing')
),

-- what stands in one statement and again in another
twins as (
    select
        entity, account, currency, booked_at, amount, statement_id, count(*) as lines,
        coalesce(reference, '') as reference, coalesce(counterparty, '') as counterparty, max(accounting_month) as accounting_month
    from stg_bank_lines
    cross join run
    where accounting_month <= run.period and kind not in ('opening', 'closing') and statement_id is not null
    group by entity, account, currency, booked_at, amount, statement_id, coalesce(reference, ''), coalesce(counterparty, '')
),

twice as (
    select
        repeated.entity,
        repeated.account,
        repeated.currency,
        sum(repeated.lines) as lines,
        sum(repeated.lines * repeated.amount) as amount,
        min(repeated.first_statement) as first_statement,
        max(repeated.last_statement) as last_statement
    from (
        select
            entity, account, currency, amount, sum(lines) - max(lines) as lines, min(statement_id) as first_statement,
            max(statement_id) as last_statement, max(accounting_month) as accounting_month
        from twins
        group by entity, account, currency, booked_at, amount, reference, counterparty
        having count(*) > 1
    ) as repeated
    cross join run
    where repeated.accounting_month = run.period
    group by repeated.entity, repeated.account, repeated.currency
),

sums as (
    select
        spans.entity,
        spans.account,
        spans.currency,
        spans.start_balance,
        spans.start_day,
        spans.end_balance,
        spans.end_day,
        spans.batch_id,
        spans.source_line,
        count(entries.amount) as lines,
        coalesce(sum(entries.amount), 0) as amount
    from spans
    left join entries
        on entries.entity = spans.entity
        and entries.account = spans.account
        and entries.currency = spans.currency
        and entries.day <= spans.end_day
        and (entries.day > spans.start_day or (entries.day = spans.start_day and not spans.is_continued))
    where spans.start_balance is not null
    group by
        spans.entity,
        spans.account,
        spans.currency,
        spans.start_balance,
        spans.start_day,
        spans.end_balance,
        spans.end_day,
        spans.batch_id,
        spans.source_line
),

-- what the roll-forward has at the two balances
own as (
    select
        spans.entity,
        spans.account,
        spans.currency,
        spans.end_balance,
        spans.end_day,
        spans.batch_id,
        spans.source_line,
        case when spans.is_continued then spans.start_balance - led_cash_opening.amount - coalesce(sum(
            case when entries.accounting_month < run.period and entries.day <= spans.start_day then entries.amount else 0 end
        ), 0) else 0 end as was_off,
        led_cash_opening.amount + coalesce(sum(entries.amount), 0) as amount
    from spans
    cross join run
    inner join led_cash_opening
        on led_cash_opening.entity = spans.entity
        and led_cash_opening.account = spans.account
        and led_cash_opening.currency = spans.currency
    left join entries
        on entries.entity = spans.entity
        and entries.account = spans.account
        and entries.currency = spans.currency
        and entries.day <= spans.end_day
        and entries.booked_at >= run.first_start
    group by
        spans.entity,
        spans.account,
        spans.currency,
        spans.is_continued,
        spans.start_balance,
        spans.end_balance,
        spans.end_day,
        spans.batch_id,
        spans.source_line,
        led_cash_opening.amount
),

-- one break is told once: the lines' own first
told as (
    select entity, account, currency
    from sums
    where start_balance + amount <> end_balance
    union
    select openings.entity, openings.account, openings.currency
    from openings
    inner join last_closings
        on last_closings.line_id = openings.line_id
    where openings.is_joined = 0
)

select
    openings.entity,
    'bank' as subject_kind,
    openings.line_id as subject_id,
    cast(last_closings.balance as decimal(38, 9)) as expected,
    cast(openings.balance as decimal(38, 9)) as actual,
    cast(openings.balance - last_closings.balance as decimal(38, 9)) as difference,
    openings.currency as unit,
    'gap' as reason,
    'The statement of account ' || openings.account || ' of ' || iso_day(openings.day) || ' begins with ' || plain(openings.balance) || ' '
        || openings.currency || '; the one before, of ' || iso_day(openings.last_day) || ', ended with ' || plain(last_closings.balance) || ' '
        || openings.currency || ': a statement between them is missing.' as detail,
    openings.batch_id,
    openings.source_line
from openings
inner join last_closings
    on last_closings.line_id = openings.line_id
where openings.is_joined = 0
union all
select
    sums.entity,
    'account' as subject_kind,
    sums.account || '/' || sums.currency as subject_id,
    cast(sums.start_balance + sums.amount as decimal(38, 9)) as expected,
    cast(sums.end_balance as decimal(38, 9)) as actual,
    cast(sums.end_balance - sums.start_balance - sums.amount as decimal(38, 9)) as difference,
    sums.currency as unit,
    case when twice.amount = sums.start_balance + sums.amount - sums.end_balance then 'overlap' else 'entries' end as reason,
    'Account ' || sums.account || ': ' || plain(sums.start_balance) || ' ' || sums.currency || ' of ' || iso_day(sums.start_day) || ' and '
        || counted(sums.lines, 'line') || ' of ' || plain(sums.amount) || ' ' || sums.currency || ' in all give '
        || plain(sums.start_balance + sums.amount) || ' ' || sums.currency || '; the bank says ' || plain(sums.end_balance) || ' '
        || sums.currency || ' on ' || iso_day(sums.end_day) || '.'
        || case when twice.amount = sums.start_balance + sums.amount - sums.end_balance
            then ' Of them ' || counted(twice.lines, 'line') || ' of ' || with_unit(twice.amount, sums.currency) || ' in all stand a second time, in statements '
                || twice.first_statement || ' and ' || twice.last_statement || '.'
            else ''
        end as detail,
    sums.batch_id,
    sums.source_line
from sums
left join twice
    on twice.entity = sums.entity
    and twice.account = sums.account
    and twice.currency = sums.currency
where sums.start_balance + sums.amount <> sums.end_balance
union all
select
    own.entity,
    'account' as subject_kind,
    own.account || '/' || own.currency as subject_id,
    cast(own.amount + own.was_off as decimal(38, 9)) as expected,
    cast(own.end_balance as decimal(38, 9)) as actual,
    cast(own.end_balance - own.amount - own.was_off as decimal(38, 9)) as difference,
    own.currency as unit,
    'rollforward' as reason,
    'Account ' || own.account || ': by its opening and its lines the roll-forward has ' || with_unit(own.amount, own.currency) || ' on ' || iso_day(own.end_day)
        || case when own.was_off <> 0 then ', and was ' || with_unit(own.was_off, own.currency) || ' off before' else '' end
        || '; the bank says ' || with_unit(own.end_balance, own.currency) || '.' as detail,
    own.batch_id,
    own.source_line
from own
left join told
    on told.entity = own.entity
    and told.account = own.account
    and told.currency = own.currency
where told.entity is null and own.amount + own.was_off <> own.end_balance
order by subject_kind, subject_id, reason
