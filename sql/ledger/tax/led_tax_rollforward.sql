-- One row is the month of what we owe of one tax in one entity and currency, or of one stage of it.
-- grain: identity, entity, currency, stage
-- tax: opening + collected - refunded + settled - paid = closing; settled is what lines of settlement reports of no order took or gave. withholding: pending (payouts not yet paid), due (to the authority) and
-- receivable (remitted and then returned) each open, move and close; what is owed in all is pending and due. Where carat begins, tax and due open with the fed
-- balances of the accounts tax_payable and withholding_payable (positive: owed; payouts then under way are pending and inside it),
-- receivable with that of withholding_receivable. failed is what payouts that failed gave up before they were paid, fell_due what
-- became due, returned what came back. Signed as they change the balance.
with fed as (
    select
        entity,
        subject_id as role,
        coalesce(currency, '') as currency,
        amount
    from led_opening_balance
    where subject_kind = 'account'
        and subject_id in ('tax_payable', 'withholding_payable', 'withholding_receivable')
        and amount <> 0
),

openings as (
    select
        fed.role,
        fed.entity,
        case
            when fed.currency <> '' then fed.currency
            else coalesce(run_entities.functional_currency, run.reporting_currency)
        end as currency,
        fed.amount
    from fed
    cross join run
    left join run_entities
        on run_entities.entity = fed.entity
),

-- of a payout that was under way when carat began, the fed balance holds the tax already
inside as (
    select
        led_withholding_event.entity,
        led_withholding_event.currency,
        sum(led_withholding_event.pending_amount) as amount
    from led_withholding_event
    inner join led_payout_event
        on led_payout_event.payout_id = led_withholding_event.payout_id
        and led_payout_event.step = led_withholding_event.step
    where led_payout_event.is_before
    group by led_withholding_event.entity, led_withholding_event.currency
),

terms as (
    select
        'tax' as identity,
        'tax' as stage,
        entity,
        currency,
        case when is_opening then 'opening' else 'collected' end as term,
        own_tax as amount
    from led_tax_line
    union all
    select 'tax', 'tax', entity, currency, case when is_opening then 'opening' else 'refunded' end, -refunded_own_tax
    from led_tax_line
    union all
    select
        case role when 'tax_payable' then 'tax' else 'withholding' end,
        case role when 'tax_payable' then 'tax' else 'receivable' end,
        entity,
        currency,
        case when is_opening then 'opening' else 'settled' end,
        amount
    from led_settled_tax
    union all
    select
        case role when 'tax_payable' then 'tax' else 'withholding' end,
        case role when 'tax_payable' then 'tax' when 'withholding_payable' then 'due' else 'receivable' end,
        entity,
        currency,
        case when is_opening then 'opening' else 'paid' end,
        case role when 'withholding_receivable' then amount else -amount end
    from led_tax_paid
    union all
    select
        case role when 'tax_payable' then 'tax' else 'withholding' end,
        case role when 'tax_payable' then 'tax' when 'withholding_payable' then 'due' else 'receivable' end,
        entity,
        currency,
        'opening',
        amount
    from openings
    union all
    select 'withholding', 'due', inside.entity, inside.currency, 'opening', -inside.amount
    from inside
    inner join openings
        on openings.role = 'withholding_payable'
        and openings.entity = inside.entity
        and openings.currency = inside.currency
    union all
    select
        'withholding', 'pending', entity, currency,
        case
            when is_opening then 'opening'
            when status = 'requested' then 'withheld'
            when status = 'paid' then 'fell_due'
            else 'failed'
        end,
        pending_amount
    from led_withholding_event
    union all
    select
        'withholding', 'due', entity, currency,
        case when is_opening then 'opening' when status = 'paid' then 'fell_due' else 'returned' end,
        due_amount
    from led_withholding_event
    union all
    select 'withholding', 'receivable', entity, currency, case when is_opening then 'opening' else 'returned' end, receivable_amount
    from led_withholding_event
)

select
    identity,
    entity,
    currency,
    stage,
    cast(sum(case when term = 'opening' then amount else 0 end) as decimal(38, 6)) as opening,
    cast(sum(case when term = 'collected' then amount else 0 end) as decimal(38, 6)) as collected,
    cast(sum(case when term = 'refunded' then amount else 0 end) as decimal(38, 6)) as refunded,
    cast(sum(case when term = 'withheld' then amount else 0 end) as decimal(38, 6)) as withheld,
    cast(sum(case when term = 'failed' then amount else 0 end) as decimal(38, 6)) as failed,
    cast(sum(case when term = 'fell_due' then amount else 0 end) as decimal(38, 6)) as fell_due,
    cast(sum(case when term = 'returned' then amount else 0 end) as decimal(38, 6)) as returned,
    cast(sum(case when term = 'paid' then amount else 0 end) as decimal(38, 6)) as paid,
    cast(sum(case when term = 'settled' then amount else 0 end) as decimal(38, 6)) as settled,
    cast(sum(amount) as decimal(38, 6)) as closing
from terms
where amount <> 0
group by identity, entity, currency, stage
