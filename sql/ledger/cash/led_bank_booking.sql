-- One row is one line of a bank account with the account on its other side.
-- grain: line_id
-- stage says what the line is: clearing (it meets a payout of a store or provider, pays creators, or a tax authority), rule (a row of bank_rules tells its
-- ledger account: its pattern stands in reference and counterparty, in either case, * for anything), fee (the bank says that it is a charge; 5040), other (9010 Other bank movements, listed until somebody knows what it is).
-- Matching goes first, then the rule in force on its day, which needs to be known when the line's month is open; of rules that fit the
-- longest pattern, and of an account's own before those of all. A rule to an account of the chart that a roll-forward or the bridge tells is not followed,
-- since neither knows of it. is_by_rule: a row of bank_rules tells it, also to 9010. first_role is what its own month books: a line whose payout is only known in a later month moves from there to
-- clearing at found_at.
with found as (
    select item_id as line_id, group_id, found_at
    from led_settlement_group
    where side = 'theirs'
    union all
    select
        groups.item_id as line_id,
        groups.group_id,
        greatest(lines.taken_at, min(payouts.taken_at), coalesce(max(run_decided_matches.decided_from), lines.taken_at)) as found_at
    from led_payout_group as groups
    inner join led_payout_line as lines
        on lines.line_kind = 'bank'
        and lines.line_id = groups.item_id
    inner join led_payout_group as ours
        on ours.group_id = groups.group_id
        and ours.side = 'ours'
    inner join led_paid_payout as payouts
        on payouts.payout_id = ours.item_id
    left join run_decided_matches
        on run_decided_matches.match = 'payout_bank'
        and run_decided_matches.side = 'theirs'
        and run_decided_matches.item_id = groups.item_id
    where groups.side = 'theirs' and groups.item_kind = 'bank'
    group by groups.item_id, groups.group_id, lines.taken_at
    union all
    select item_id as line_id, group_id, found_at
    from led_tax_group
    where item_kind = 'bank'
),

lines as (
    select
        lines.line_id,
        lines.entity,
        lines.account,
        lines.currency,
        lines.kind,
        lines.amount,
        lines.booked_at,
        lines.counterparty,
        lines.reference,
        lower(coalesce(lines.reference, '') || ' ' || coalesce(lines.counterparty, '')) as words,
        case
            when lines.accounting_month = run.period then greatest(least(lines.booked_at, run.closing_instant), run.period_start)
            else least(lines.booked_at, run.opening_instant)
        end as taken_at,
        lines.accounting_month = run.period as is_now,
        lines.accounting_month,
        lines.batch_id,
        lines.source_line
    from stg_bank_lines as lines
    cross join run
    where lines.accounting_month <= run.period
        and lines.kind not in ('opening', 'closing')
        and lines.booked_at >= run.first_start
),

-- of the chart's own accounts a rule may name what no other model tells
charted as (
    select
        account,
        max(case when role in ('payment_fees', 'other_bank') then 0 else 1 end) as has_subledger,
        min(case when role in ('payment_fees', 'other_bank') then role end) as role
    from led_account
    where not starts_with(role, 'ledger ')
    group by account
),

fitting as (
    select
        lines.line_id,
        case
            when charted.role is not null then charted.role
            when stg_bank_rules.ledger_account in ('payment_fees', 'other_bank') then stg_bank_rules.ledger_account
            else 'ledger ' || stg_bank_rules.ledger_account
        end as role,
        row_number() over (
            partition by lines.line_id
            order by
                case when stg_bank_rules.account is null then 1 else 0 end,
                length(stg_bank_rules.pattern) desc,
                stg_bank_rules.pattern,
                stg_bank_rules.valid_from
        ) as place
    from lines
    inner join stg_bank_rules
        on coalesce(stg_bank_rules.account, lines.account) = lines.account
        and stg_bank_rules.valid_from <= lines.taken_at
        and stg_bank_rules.valid_until > lines.taken_at
        and lines.words like '%' || replace(replace(replace(replace(
            lower(stg_bank_rules.pattern), '!', '!!'), '%', '!%'), '_', '!_'), '*', '%') || '%' escape '!'
    left join charted
        on charted.account = stg_bank_rules.ledger_account
    where coalesce(charted.has_subledger, 0) = 0
),

rules as (
    select line_id, role
    from fitting
    where place = 1
)

select
    lines.line_id,
    lines.entity,
    lines.account,
    lines.currency,
    lines.kind,
    lines.amount,
    lines.booked_at,
    lines.counterparty,
    lines.reference,
    lines.taken_at,
    lines.is_now,
    found.group_id,
    found.found_at,
    case
        when found.line_id is not null then 'clearing'
        when rules.role = 'other_bank' then 'other'
        when rules.line_id is not null then 'rule'
        when lines.kind = 'fee' then 'fee'
        else 'other'
    end as stage,
    case
        when found.line_id is not null and found.found_at <= months.closing_instant then 'clearing'
        when rules.line_id is not null then rules.role
        when lines.kind = 'fee' then 'payment_fees'
        else 'other_bank'
    end as first_role,
    rules.line_id is not null as is_by_rule,
    lines.batch_id,
    lines.source_line
from lines
inner join run_months as months
    on months.accounting_month = lines.accounting_month
left join found
    on found.line_id = lines.line_id
left join rules
    on rules.line_id = lines.line_id
