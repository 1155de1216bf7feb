-- One row is one line of one roll-forward: opening, a movement or closing.
-- grain: identity, entity, currency, subject_kind, subject_id, line
-- materialized: view
-- result: rollforwards
-- order: identity, entity, currency, subject_kind, subject_id, line_rank
-- Per entity for all identities but receivables, per creator for diamonds and payable, per channel for the coin liability, the
-- deferred store fee and what is expected of coins beyond (breakage_ahead, refund_liability), per agency for what agencies are owed, per stage for tax withheld from payouts, per counterparty (ROLE/COUNTERPARTY) for
-- receivables and reserves. Receivables, reserves, cash, clearing, agencies and taxes are told in the entity's own currency, too. Signed as they change the balance. A viewer's closing stands in viewer_balances.
with coin_totals as (
    select
        entity,
        cast(sum(opening) as bigint) as opening,
        cast(sum(bought) as bigint) as bought,
        cast(sum(bonus) as bigint) as bonus,
        cast(sum(adjusted) as bigint) as adjusted,
        cast(sum(gifted) as bigint) as gifted,
        cast(sum(reversed) as bigint) as reversed,
        cast(sum(refunded) as bigint) as refunded,
        cast(sum(expired) as bigint) as expired,
        cast(sum(closing) as bigint) as closing
    from led_viewer_rollforward
    group by entity
),

coin_lines as (
    select entity, 1 as line_rank, 'opening' as line, opening as quantity from coin_totals
    union all
    select entity, 2, 'bought', bought from coin_totals
    union all
    select entity, 3, 'bonus', bonus from coin_totals
    union all
    select entity, 4, 'adjusted', adjusted from coin_totals
    union all
    select entity, 5, 'gifted', -gifted from coin_totals
    union all
    select entity, 6, 'reversed', reversed from coin_totals
    union all
    select entity, 7, 'refunded', -refunded from coin_totals
    union all
    select entity, 8, 'expired', -expired from coin_totals
    union all
    select entity, 9, 'closing', closing from coin_totals
),

creator_totals as (
    select
        entity,
        currency,
        'entity' as subject_kind,
        entity as subject_id,
        cast(sum(opening_diamonds) as bigint) as opening_diamonds,
        cast(sum(credited_diamonds) as bigint) as credited_diamonds,
        cast(sum(reversed_diamonds) as bigint) as reversed_diamonds,
        cast(sum(adjusted_diamonds) as bigint) as adjusted_diamonds,
        cast(sum(redeemed_diamonds) as bigint) as redeemed_diamonds,
        cast(sum(returned_diamonds) as bigint) as returned_diamonds,
        cast(sum(moved_diamonds) as bigint) as moved_diamonds,
        cast(sum(closing_diamonds) as bigint) as closing_diamonds,
        cast(sum(opening_amount) as decimal(38, 9)) as opening_amount,
        cast(sum(accrued_amount) as decimal(38, 9)) as accrued_amount,
        cast(sum(reversed_amount) as decimal(38, 9)) as reversed_amount,
        cast(sum(adjusted_amount) as decimal(38, 9)) as adjusted_amount,
        cast(sum(redeemed_amount) as decimal(38, 9)) as redeemed_amount,
        cast(sum(returned_amount) as decimal(38, 9)) as returned_amount,
        cast(sum(revaluation_amount) as decimal(38, 9)) as revaluation_amount,
        cast(sum(rounding_amount) as decimal(38, 9)) as rounding_amount,
        cast(sum(closing_amount) as decimal(38, 9)) as closing_amount
    from led_creator_rollforward
    group by entity, currency
    union all
    select
        entity,
        currency,
        'creator' as subject_kind,
        creator_id as subject_id,
        opening_diamonds,
        credited_diamonds,
        reversed_diamonds,
        adjusted_diamonds,
        redeemed_diamonds,
        returned_diamonds,
        moved_diamonds,
        closing_diamonds,
        opening_amount,
        accrued_amount,
        reversed_amount,
        adjusted_amount,
        redeemed_amount,
        returned_amount,
        revaluation_amount,
        rounding_amount,
        closing_amount
    from led_creator_rollforward
),

creator_lines as (
    select entity, currency, subject_kind, subject_id, 1 as line_rank, 'opening' as line, opening_diamonds as diamonds, opening_amount as amount
    from creator_totals
    union all
    select entity, currency, subject_kind, subject_id, 2, 'accrued', credited_diamonds, accrued_amount
    from creator_totals
    union all
    select entity, currency, subject_kind, subject_id, 3, 'reversed', reversed_diamonds, reversed_amount
    from creator_totals
    union all
    select entity, currency, subject_kind, subject_id, 4, 'adjusted', adjusted_diamonds, adjusted_amount
    from creator_totals
    union all
    select entity, currency, subject_kind, subject_id, 5, 'redeemed', redeemed_diamonds, redeemed_amount
    from creator_totals
    union all
    select entity, currency, subject_kind, subject_id, 6, 'returned', returned_diamonds, returned_amount
    from creator_totals
    union all
    select entity, currency, subject_kind, subject_id, 7, 'revaluation', nullif(moved_diamonds, 0), revaluation_amount
    from creator_totals
    union all
    select entity, currency, subject_kind, subject_id, 8, 'rounding', null, rounding_amount
    from creator_totals
    union all
    select entity, currency, subject_kind, subject_id, 9, 'closing', closing_diamonds, closing_amount
    from creator_totals
),

agency_totals as (
    select
        entity,
        currency,
        'agency' as subject_kind,
        agency_id as subject_id,
        opening_amount, accrued_amount, reversed_amount, clawed_back_amount, adjusted_amount, redeemed_amount, returned_amount,
        rounding_amount, closing_amount
    from led_agency_rollforward
    union all
    select
        entity,
        currency,
        'entity' as subject_kind,
        entity as subject_id,
        cast(sum(opening_amount) as decimal(38, 9)) as opening_amount,
        cast(sum(accrued_amount) as decimal(38, 9)) as accrued_amount,
        cast(sum(reversed_amount) as decimal(38, 9)) as reversed_amount,
        cast(sum(clawed_back_amount) as decimal(38, 9)) as clawed_back_amount,
        cast(sum(adjusted_amount) as decimal(38, 9)) as adjusted_amount,
        cast(sum(redeemed_amount) as decimal(38, 9)) as redeemed_amount,
        cast(sum(returned_amount) as decimal(38, 9)) as returned_amount,
        cast(sum(rounding_amount) as decimal(38, 9)) as rounding_amount,
        cast(sum(closing_amount) as decimal(38, 9)) as closing_amount
    from led_agency_rollforward
    group by entity, currency
),

agency_lines as (
    select entity, currency, subject_kind, subject_id, 1 as line_rank, 'opening' as line, opening_amount as amount from agency_totals
    union all
    select entity, currency, subject_kind, subject_id, 2, 'accrued', accrued_amount from agency_totals
    union all
    select entity, currency, subject_kind, subject_id, 3, 'reversed', reversed_amount from agency_totals
    union all
    select entity, currency, subject_kind, subject_id, 4, 'clawed_back', clawed_back_amount from agency_totals
    union all
    select entity, currency, subject_kind, subject_id, 5, 'adjusted', adjusted_amount from agency_totals
    union all
    select entity, currency, subject_kind, subject_id, 6, 'redeemed', redeemed_amount from agency_totals
    union all
    select entity, currency, subject_kind, subject_id, 7, 'returned', returned_amount from agency_totals
    union all
    select entity, currency, subject_kind, subject_id, 8, 'rounding', rounding_amount from agency_totals
    union all
    select entity, currency, subject_kind, subject_id, 10, 'closing', closing_amount from agency_totals
),

-- what agencies are owed has nine decimals: each line is what it adds to the balance in millionths, so that the lines told add up
agency_rounded as (
    select
        entity,
        currency,
        subject_kind,
        subject_id,
        line_rank,
        line,
        amount,
        cast(case when line = 'closing' then amount else sum(case when line = 'closing' then 0 else amount end) over (
            partition by entity, currency, subject_kind, subject_id
            order by line_rank
            rows between unbounded preceding and current row
        ) end as decimal(38, 9)) as balance
    from agency_lines
),

transit_lines as (
    select entity, currency, 1 as line_rank, 'opening' as line, opening_amount as amount from led_transit_rollforward
    union all
    select entity, currency, 2, 'requested', requested_amount from led_transit_rollforward
    union all
    select entity, currency, 3, 'paid', -paid_amount from led_transit_rollforward
    union all
    select entity, currency, 4, 'failed', -failed_amount from led_transit_rollforward
    union all
    select entity, currency, 5, 'closing', closing_amount from led_transit_rollforward
),

liability_totals as (
    select
        identity, entity, currency, 'channel' as subject_kind, channel as subject_id, opening, sold, refunded, consumed, restored,
        breakage, closing
    from led_liability_rollforward
    union all
    select
        identity,
        entity,
        currency,
        'entity' as subject_kind,
        entity as subject_id,
        cast(sum(opening) as decimal(38, 6)) as opening,
        cast(sum(sold) as decimal(38, 6)) as sold,
        cast(sum(refunded) as decimal(38, 6)) as refunded,
        cast(sum(consumed) as decimal(38, 6)) as consumed,
        cast(sum(restored) as decimal(38, 6)) as restored,
        cast(sum(breakage) as decimal(38, 6)) as breakage,
        cast(sum(closing) as decimal(38, 6)) as closing
    from led_liability_rollforward
    group by identity, entity, currency
),

liability_lines as (
    select identity, entity, currency, subject_kind, subject_id, 1 as line_rank, 'opening' as line, opening as amount
    from liability_totals
    union all
    select identity, entity, currency, subject_kind, subject_id, 2, 'sold', sold
    from liability_totals
    union all
    select identity, entity, currency, subject_kind, subject_id, 3, 'refunded', -refunded
    from liability_totals
    union all
    select identity, entity, currency, subject_kind, subject_id, 4, 'consumed', -consumed
    from liability_totals
    union all
    select identity, entity, currency, subject_kind, subject_id, 5, 'restored', restored
    from liability_totals
    union all
    select identity, entity, currency, subject_kind, subject_id, 6, 'breakage', -breakage
    from liability_totals
    union all
    select identity, entity, currency, subject_kind, subject_id, 7, 'closing', closing
    from liability_totals
),

ahead_totals as (
    select identity, entity, currency, 'channel' as subject_kind, channel as subject_id, opening, moved, closing
    from led_liability_ahead
    union all
    select
        identity,
        entity,
        currency,
        'entity' as subject_kind,
        entity as subject_id,
        cast(known_sum(opening) as decimal(38, 6)) as opening,
        cast(known_sum(moved) as decimal(38, 6)) as moved,
        cast(known_sum(closing) as decimal(38, 6)) as closing
    from led_liability_ahead
    group by identity, entity, currency
),

ahead_lines as (
    select identity, entity, currency, subject_kind, subject_id, 1 as line_rank, 'opening' as line, opening as amount
    from ahead_totals
    union all
    select identity, entity, currency, subject_kind, subject_id, 2, 'expected', moved
    from ahead_totals
    union all
    select identity, entity, currency, subject_kind, subject_id, 3, 'closing', closing
    from ahead_totals
),

-- of withholding what is owed in all, and each stage of it
tax_totals as (
    select
        identity,
        entity,
        currency,
        'entity' as subject_kind,
        entity as subject_id,
        cast(sum(opening) as decimal(38, 6)) as opening,
        cast(sum(collected) as decimal(38, 6)) as collected,
        cast(sum(refunded) as decimal(38, 6)) as refunded,
        cast(sum(withheld) as decimal(38, 6)) as withheld,
        cast(sum(failed) as decimal(38, 6)) as failed,
        cast(sum(fell_due) as decimal(38, 6)) as fell_due,
        cast(sum(returned) as decimal(38, 6)) as returned,
        cast(sum(paid) as decimal(38, 6)) as paid,
        cast(sum(settled) as decimal(38, 6)) as settled,
        cast(sum(closing) as decimal(38, 6)) as closing
    from led_tax_rollforward
    where stage <> 'receivable'
    group by identity, entity, currency
    union all
    select
        identity, entity, currency, 'stage' as subject_kind, entity || '/' || stage as subject_id, opening, collected, refunded, withheld, failed,
        fell_due, returned, paid, settled, closing
    from led_tax_rollforward
    where identity = 'withholding'
),

tax_lines as (
    select identity, entity, currency, subject_kind, subject_id, 1 as line_rank, 'opening' as line, opening as amount
    from tax_totals
    union all
    select identity, entity, currency, subject_kind, subject_id, 2, 'collected', collected
    from tax_totals
    union all
    select identity, entity, currency, subject_kind, subject_id, 3, 'refunded', refunded
    from tax_totals
    union all
    select identity, entity, currency, subject_kind, subject_id, 4, 'settled', settled
    from tax_totals
    union all
    select identity, entity, currency, subject_kind, subject_id, 4, 'withheld', withheld
    from tax_totals
    union all
    select identity, entity, currency, subject_kind, subject_id, 5, 'failed', failed
    from tax_totals
    union all
    select identity, entity, currency, subject_kind, subject_id, 6, 'fell_due', fell_due
    from tax_totals
    union all
    select identity, entity, currency, subject_kind, subject_id, 7, 'returned', returned
    from tax_totals
    union all
    select identity, entity, currency, subject_kind, subject_id, 8, 'paid', paid
    from tax_totals
    union all
    select identity, entity, currency, subject_kind, subject_id, 10, 'closing', closing
    from tax_totals
),

lines as (
    select
        'coins' as identity,
        entity,
        cast(null as varchar) as currency,
        'entity' as subject_kind,
        entity as subject_id,
        line_rank,
        line,
        quantity,
        cast(null as decimal(38, 6)) as amount,
        cast(null as decimal(38, 6)) as functional_amount
    from coin_lines
    union all
    select 'payable', entity, currency, subject_kind, subject_id, line_rank, line, diamonds, cast(amount as decimal(38, 6)), null
    from creator_lines
    where subject_kind = 'entity' or diamonds <> 0 or amount <> 0 or line in ('opening', 'closing')
    union all
    select
        'agency', told.entity, told.currency, told.subject_kind, told.subject_id, told.line_rank, told.line, null,
        case
            when told.line = 'closing' then cast(told.balance as decimal(38, 6))
            else cast(told.balance as decimal(38, 6)) - cast(told.balance - told.amount as decimal(38, 6))
        end,
        case when functional.entity is null and told.amount = 0 then 0 else functional.functional_amount end
    from agency_rounded as told
    left join led_functional_line as functional
        on functional.identity = 'agency'
        and functional.entity = told.entity
        and functional.currency = told.currency
        and functional.subject_kind = told.subject_kind
        and functional.subject_id = told.subject_id
        and functional.line = told.line
    where told.subject_kind = 'entity' or told.amount <> 0 or told.line in ('opening', 'closing')
    union all
    select 'in_transit', entity, currency, 'entity', entity, line_rank, line, null, amount, null
    from transit_lines
    union all
    select identity, entity, currency, subject_kind, subject_id, line_rank, line, null, amount, null
    from liability_lines
    union all
    select identity, entity, currency, subject_kind, subject_id, line_rank, line, null, amount, amount
    from ahead_lines
    union all
    select
        told.identity, told.entity, told.currency, told.subject_kind, told.subject_id, told.line_rank, told.line, null, told.amount,
        case when functional.entity is null and told.amount = 0 then 0 else functional.functional_amount end
    from tax_lines as told
    left join led_functional_line as functional
        on functional.identity = told.identity
        and functional.entity = told.entity
        and functional.currency = told.currency
        and functional.subject_kind = told.subject_kind
        and functional.subject_id = told.subject_id
        and functional.line = told.line
    where told.amount <> 0 or told.line in ('opening', 'closing')
    union all
    select identity, entity, currency, subject_kind, subject_id, 9, line, null, cast(0 as decimal(38, 6)), functional_amount
    from led_functional_line
    where line = 'fx' and (functional_amount <> 0 or functional_amount is null)
    union all
    select
        identity, entity, currency, 'counterparty', role || '/' || counterparty, line_rank, line, null, amount,
        cast(functional_amount as decimal(38, 6))
    from led_receivable_rollforward
    union all
    select identity, entity, currency, subject_kind, subject_id, line_rank, line, null, amount, functional_amount
    from led_cash_line
)

select
    run.period,
    run.run_id,
    lines.identity,
    lines.entity,
    lines.currency,
    lines.subject_kind,
    lines.subject_id,
    cast(lines.line_rank as bigint) as line_rank,
    lines.line,
    lines.quantity,
    lines.amount,
    lines.functional_amount
from lines
cross join run
