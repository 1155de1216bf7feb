-- One row is a fed balance of an account that the books don't come to, or that nothing in them can be held against.
-- grain: entity, subject_id, unit, reason
-- control: ledger_balance
-- severity: review
-- unit: currency
-- reasons: fed_balance, opening, functional_amount, not_compared
-- guards: an account that the general ledger and carat tell differently, month after month; an opening that stands in a file and in no balance
-- question: Is what the general ledger says of an account what carat's books come to, and was every balance that was fed taken or compared?
-- causes: a booking that one side lacks; a balance taken at another instant or stated with the other sign; an account that carat opens by rows and not by a balance; a subject that is no role of the chart
-- action: compare the account's entries (journal_lines) with the ledger's; feed an opening in the way that its sentence says; then run the month again
-- checked: from (
--         select subject_id
--         from led_fed_account
--         where own_amount is not null
--         union all
--         select subject_id
--         from ctl_ledger_balance
--         where reason in ('not_compared', 'functional_amount')
--     ) as judged
-- not_compared: from led_fed_account where own_amount is null and compared_with <> 'nothing'
-- not_compared_reason: select case when exists (
--         select 1
--         from led_fed_account
--         where not is_known
--     ) then 'what an account opens with is not known while the month before is open' else 'no balance of these accounts was fed' end
-- Balances of kind account that no other control compares, at the month's end or the start of a day, in their currency: assets and costs
-- as debits, what is owed and income as credits. Expected is carat's, actual the fed one. Reasons: fed_balance; opening (carat opens the account otherwise, and the
-- balance was not taken); functional_amount (of money in the entity's own currency another
-- amount is said; the amount is taken); not_compared (a row that no model reads). Of several balances of an account the last that differs is named.
with judged as (
    select
        entity,
        subject_kind,
        subject_id,
        role,
        part,
        channel,
        stated_currency,
        currency,
        as_of,
        moment,
        fed_amount,
        own_amount,
        case when own_amount is null then 'not_compared' when moment = 'opening' then 'opening' else 'fed_balance' end as reason,
        batch_id,
        source_line
    from led_fed_account
    where (own_amount is null and compared_with = 'nothing' and (fed_amount is null or fed_amount <> 0)) or fed_amount <> own_amount
    union all
    select
        openings.entity,
        openings.subject_kind,
        openings.subject_id,
        split_part(openings.subject_id, '/', 1) as role,
        cast(null as varchar) as part,
        openings.channel,
        openings.currency as stated_currency,
        coalesce(run_entities.functional_currency, run.reporting_currency) as currency,
        run.period_start as as_of,
        'opening' as moment,
        cast(stated.functional_amount as decimal(38, 6)) as fed_amount,
        cast(openings.amount as decimal(38, 6)) as own_amount,
        'functional_amount' as reason,
        openings.batch_id,
        openings.source_line
    from led_opening_balance as openings
    cross join run
    inner join stg_balances as stated
        on stated.batch_id = openings.batch_id
        and stated.source_line = openings.source_line
    left join run_entities
        on run_entities.entity = openings.entity
    where run.period = run.first_period
        and coalesce(openings.currency, run_entities.functional_currency, run.reporting_currency) = coalesce(run_entities.functional_currency, run.reporting_currency)
        and stated.functional_amount <> openings.amount
),

ranked as (
    select
        judged.entity,
        judged.subject_kind,
        judged.subject_id,
        judged.role,
        judged.part,
        judged.channel,
        judged.stated_currency,
        judged.currency,
        judged.as_of,
        judged.moment,
        judged.fed_amount,
        judged.own_amount,
        judged.reason,
        led_account.role is not null as is_role,
        judged.batch_id,
        judged.source_line,
        row_number() over (
            partition by judged.entity, judged.subject_id, judged.currency, judged.reason
            order by judged.as_of desc, judged.subject_kind, judged.channel, judged.batch_id, judged.source_line
        ) as latest
    from judged
    left join led_account
        on led_account.entity = judged.entity
        and led_account.role = judged.role
)

select
    entity,
    'account' as subject_kind,
    subject_id || '/' || currency as subject_id,
    cast(coalesce(own_amount, 0) as decimal(38, 9)) as expected,
    cast(coalesce(fed_amount, 0) as decimal(38, 9)) as actual,
    cast(coalesce(fed_amount, 0) - coalesce(own_amount, 0) as decimal(38, 9)) as difference,
    currency as unit,
    reason,
    case
        when reason = 'fed_balance'
            then 'The ledger says ' || with_unit(fed_amount, currency) || ' just before ' || iso_instant(as_of) || '; the books come to '
                || with_unit(own_amount, currency) || '. A booking is missing on one side, or an amount differs.'
        when reason = 'functional_amount'
            then 'This opening is ' || with_unit(own_amount, currency) || ', the entity''s own currency, and is said to be carried at ' || with_unit(fed_amount, currency)
                || '. The amount was taken: correct the functional_amount, or the currency.'
        when reason = 'opening'
            then 'The ledger opens with ' || with_unit(fed_amount, currency) || ', which was not taken: carat opens with ' || with_unit(own_amount, currency) || '. '
                || case
                    when role = 'cash' then 'Feed it by bank account, as cash/ACCOUNT.'
                    when role in ('clearing', 'payouts_in_transit') then 'This account opens with the payouts and settlements under way: feed their rows.'
                    when role in ('creator_payable', 'creator_receivable') then 'This account opens with the balances of creators: feed those.'
                    when role in ('agency_payable', 'agency_receivable') then 'This account opens with the balances of agencies: feed those.'
                    when role = 'counterparty_payable' then 'Feed it as the receivable of the counterparty, ROLE/COUNTERPARTY, with a minus.'
                    when role = 'refund_liability' then 'It is kept in the entity''s own currency: feed what it is carried at, too (functional_amount).'
                    else 'This account opens with what carat''s own rows come to.'
                end
        else 'The balance' || coalesce(' of ' || with_unit(fed_amount, currency), '') || ' just before ' || iso_instant(as_of) || ' was neither taken nor compared: '
            || case
                when fed_amount is null then 'it states no amount.'
                when moment = 'late' then 'it came when its month was closed.'
                when subject_kind = 'counterparty' and moment = 'opening' then 'feed what a counterparty owed as an account, ROLE/COUNTERPARTY.'
                when not is_role and subject_kind = 'account' then 'its subject is no role of the chart.'
                when moment = 'instant' then 'accounts are compared at the start of a day alone.'
                when subject_kind = 'counterparty' then 'what a counterparty states is compared at the month''s end alone.'
                when channel is not null then 'this account isn''t kept by channel; leave the channel empty.'
                when role = 'cash' and moment = 'opening' then 'say its currency.'
                when moment = 'opening' then 'this account opens as a whole or by rows, not by its parts.'
                when moment = 'day' then 'parts of an account are compared at the month''s end alone.'
                else 'this account isn''t kept by parts; feed the whole of it.'
            end
    end as detail,
    batch_id,
    source_line
from ranked
where latest = 1
order by entity, subject_id, unit, reason
