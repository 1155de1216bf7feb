-- One row is a creator whose statement doesn't sum to what is owed.
-- grain: creator_id, entity, currency, reason
-- control: statement_tieout
-- severity: block
-- unit: currency
-- reasons: closing, lines, millionths, diamonds
-- guards: a statement that shows a creator another number than the books hold
-- question: Do the statements say what the books say?
-- causes: none in the input: a change of carat's own models that broke them
-- action: don't send the statements; report the creator and the run id
-- checked: from (
--         select statements.creator_id
--         from mart_statement_summaries as statements
--         where not exists (
--             select 1
--             from ctl_statement_tieout as named
--             where named.subject_id = statements.creator_id
--                 and named.entity = statements.entity
--                 and named.unit in (statements.currency, statements.currency || ' diamonds')
--         )
--         union all
--         select subject_id
--         from ctl_statement_tieout
--     ) as judged
-- not_compared_reason: no creator has a statement of the month
-- The lines of every statement sum to its closing line, the closing line is the creator's payable in the roll-forward, and
-- every payable has a statement. Only millionths may stand on the rounding line without a cause.
with sums as (
    select
        creator_id,
        entity,
        currency,
        cast(sum(case when section = 'closing' then 0 else amount end) as decimal(38, 6)) as summed_amount,
        cast(sum(case when section = 'closing' then amount else 0 end) as decimal(38, 6)) as closing_amount,
        cast(sum(case when section = 'closing' then 0 else coalesce(diamonds, 0) end) as bigint) as summed_diamonds,
        cast(sum(case when section = 'closing' then diamonds else 0 end) as bigint) as closing_diamonds,
        cast(sum(case when reason = 'millionths' then abs(amount) else 0 end) as decimal(38, 6)) as millionths_amount,
        cast(count(*) as bigint) as line_count
    from mart_statement_lines
    group by creator_id, entity, currency
),

compared as (
    select
        coalesce(sums.creator_id, rolls.creator_id) as creator_id,
        coalesce(sums.entity, rolls.entity) as entity,
        coalesce(sums.currency, rolls.currency) as currency,
        coalesce(sums.summed_amount, 0) as summed_amount,
        coalesce(sums.closing_amount, 0) as closing_amount,
        coalesce(sums.summed_diamonds, 0) as summed_diamonds,
        coalesce(sums.millionths_amount, 0) as millionths_amount,
        coalesce(sums.line_count, 0) as line_count,
        cast(coalesce(rolls.closing_amount, 0) as decimal(38, 6)) as owed_amount,
        coalesce(rolls.closing_diamonds, 0) as owed_diamonds
    from sums
    full outer join led_creator_rollforward as rolls
        on rolls.creator_id = sums.creator_id
        and rolls.entity = sums.entity
        and rolls.currency = sums.currency
),

findings as (
    select creator_id, entity, currency, owed_amount as expected, closing_amount as actual, currency as unit, 'closing' as reason
    from compared
    where closing_amount <> owed_amount
    union all
    select creator_id, entity, currency, closing_amount, summed_amount, currency, 'lines'
    from compared
    where summed_amount <> closing_amount
    union all
    select creator_id, entity, currency, cast(0 as decimal(38, 6)), millionths_amount, currency, 'millionths'
    from compared
    where millionths_amount > line_count * cast(0.000001 as decimal(38, 6))
    union all
    select creator_id, entity, currency, cast(owed_diamonds as decimal(38, 6)), cast(summed_diamonds as decimal(38, 6)), currency || ' diamonds', 'diamonds'
    from compared
    where summed_diamonds <> owed_diamonds
)

select
    entity,
    'creator' as subject_kind,
    creator_id as subject_id,
    cast(expected as decimal(38, 9)) as expected,
    cast(actual as decimal(38, 9)) as actual,
    cast(actual - expected as decimal(38, 9)) as difference,
    unit,
    reason,
    case reason
        when 'closing' then 'The statement closes with ' || with_unit(actual, unit) || ', the books owe ' || with_unit(expected, unit) || '.'
        when 'lines' then 'The lines of the statement sum to ' || with_unit(actual, unit) || ', it closes with '
            || with_unit(expected, unit) || '.'
        when 'diamonds' then 'The lines of the statement sum to ' || with_unit(actual, unit) || ', the balance is '
            || plain(expected) || '.'
        else with_unit(actual, unit) || ' of the statement is called rounding, which is more than rounding can leave.'
    end as detail,
    cast(null as varchar) as batch_id,
    cast(null as bigint) as source_line
from findings
order by subject_id, entity, unit, reason
