-- One row is what lines that stand for no order did on one day to what a counterparty owes, by the account that takes the other side.
-- grain: entity, channel, counterparty, currency, day, term, role
-- amount is signed, + towards the platform: so the receivable changes, the account of role by the opposite. term is the line of the
-- roll-forward: fees (what the counterparty charges; 5010), dispute_fees (5020), tax (by tax_kind: withheld from what we earn is a
-- receivable, any other tax is ours to pay or to take off), adjustments (5030, until somebody explains them), reserve (held back or
-- released; 1140), conversion (one side of a change of currency; both meet in exchange differences), paid_out (payouts,
-- disbursements and transfers; clearing). A fee that a line of another kind states is a fee. What a report carries to another report moves
-- nothing. Only lines of the period; lines from before carat began are inside the opening.
with own as (
    select entity, channel, counterparty, receivable_role, currency, day, kind, tax_kind, net_amount, fee_amount, tax_amount
    from led_settled_day
    where part = 'own' and counted = 'now' and kind <> 'carried'
),

parts as (
    select
        entity, channel, counterparty, receivable_role, currency, day,
        case kind when 'fee' then 'fees' else 'dispute_fees' end as term,
        case kind when 'fee' then 'provider_fees' else 'dispute_fees' end as role,
        net_amount - tax_amount as amount
    from own
    where kind in ('fee', 'dispute_fee')
    union all
    select entity, channel, counterparty, receivable_role, currency, day, 'tax', 'tax_payable', tax_amount
    from own
    where kind in ('fee', 'dispute_fee')
    union all
    select
        entity, channel, counterparty, receivable_role, currency, day, 'tax',
        case tax_kind when 'withheld' then 'withholding_receivable' else 'tax_payable' end, net_amount
    from own
    where kind = 'tax'
    union all
    select entity, channel, counterparty, receivable_role, currency, day, 'fees', 'provider_fees', fee_amount
    from own
    where kind not in ('fee', 'dispute_fee', 'tax')
    union all
    select
        entity, channel, counterparty, receivable_role, currency, day,
        case kind
            when 'adjustment' then 'adjustments'
            when 'reserve' then 'reserve'
            when 'conversion' then 'conversion'
            else 'paid_out'
        end,
        case kind
            when 'adjustment' then 'settlement_adjustments'
            when 'reserve' then 'reserves'
            when 'conversion' then 'fx_difference'
            else 'clearing'
        end,
        net_amount - fee_amount
    from own
    where kind not in ('fee', 'dispute_fee', 'tax')
)

select
    entity,
    channel,
    counterparty,
    receivable_role,
    currency,
    day,
    term,
    role,
    cast(sum(amount) as decimal(38, 6)) as amount
from parts
where amount <> 0
group by entity, channel, counterparty, receivable_role, currency, day, term, role
