-- One row is one line of the roll-forward of cash or of clearing: opening, a movement or closing.
-- grain: identity, entity, currency, subject_kind, subject_id, line
-- Of cash per bank account and for the entity, of clearing for the entity. Lines that are nothing are here too.
with cash as (
    select entity, currency, 'account' as subject_kind, account as subject_id, opening, taken_over, received, paid, fees, interest, by_rule, other, closing
    from led_cash_rollforward
    union all
    select
        entity,
        currency,
        'entity' as subject_kind,
        entity as subject_id,
        cast(sum(opening) as decimal(38, 6)) as opening,
        cast(sum(taken_over) as decimal(38, 6)) as taken_over,
        cast(sum(received) as decimal(38, 6)) as received,
        cast(sum(paid) as decimal(38, 6)) as paid,
        cast(sum(fees) as decimal(38, 6)) as fees,
        cast(sum(interest) as decimal(38, 6)) as interest,
        cast(sum(by_rule) as decimal(38, 6)) as by_rule,
        cast(sum(other) as decimal(38, 6)) as other,
        cast(sum(closing) as decimal(38, 6)) as closing
    from led_cash_rollforward
    group by entity, currency
)

select 'cash' as identity, entity, currency, subject_kind, subject_id, 1 as line_rank, 'opening' as line, opening as amount
from cash
union all
select 'cash', entity, currency, subject_kind, subject_id, 2, 'taken_over', taken_over
from cash
union all
select 'cash', entity, currency, subject_kind, subject_id, 3, 'received', received
from cash
union all
select 'cash', entity, currency, subject_kind, subject_id, 4, 'paid', paid
from cash
union all
select 'cash', entity, currency, subject_kind, subject_id, 5, 'fees', fees
from cash
union all
select 'cash', entity, currency, subject_kind, subject_id, 6, 'interest', interest
from cash
union all
select 'cash', entity, currency, subject_kind, subject_id, 7, 'by_rule', by_rule
from cash
union all
select 'cash', entity, currency, subject_kind, subject_id, 8, 'other', other
from cash
union all
select 'cash', entity, currency, subject_kind, subject_id, 9, 'closing', closing
from cash
union all
select 'clearing', entity, currency, 'entity', entity, 1, 'opening', opening
from led_clearing_rollforward
union all
select 'clearing', entity, currency, 'entity', entity, 2, 'settled', settled
from led_clearing_rollforward
union all
select 'clearing', entity, currency, 'entity', entity, 3, 'paid_out', paid_out
from led_clearing_rollforward
union all
select 'clearing', entity, currency, 'entity', entity, 4, 'fees', fees
from led_clearing_rollforward
union all
select 'clearing', entity, currency, 'entity', entity, 5, 'bank', bank
from led_clearing_rollforward
union all
select 'clearing', entity, currency, 'entity', entity, 6, 'differences', differences
from led_clearing_rollforward
union all
select 'clearing', entity, currency, 'entity', entity, 7, 'closing', closing
from led_clearing_rollforward
