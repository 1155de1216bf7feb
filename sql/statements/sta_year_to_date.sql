-- One row is what the statements of one creator's year came to, up to and with the month that is stated.
-- grain: creator_id, entity, currency
-- The sum of what was stated month by month. What was paid, before tax and fees and after, goes by the day of payment, less what
-- came back, as tax does; a month that was stated before statements knew this is told by the day of the request. year_runs names
-- the run that each month of the calendar year was stated from.
select
    statement_summaries.creator_id,
    statement_summaries.entity,
    statement_summaries.currency,
    min(statement_summaries.period) as first_period,
    cast(sum(statement_summaries.earned_amount) as decimal(38, 6)) as earned_amount,
    cast(sum(statement_summaries.adjusted_amount) as decimal(38, 6)) as adjusted_amount,
    cast(sum(coalesce(
        statement_summaries.settled_gross_amount,
        statement_summaries.paid_amount + statement_summaries.withheld_amount + statement_summaries.fee_amount
    )) as decimal(38, 6)) as gross_amount,
    cast(sum(coalesce(statement_summaries.settled_withheld_amount, statement_summaries.withheld_amount)) as decimal(38, 6))
        as withheld_amount,
    cast(sum(coalesce(statement_summaries.settled_fee_amount, statement_summaries.fee_amount)) as decimal(38, 6)) as fee_amount,
    cast(sum(coalesce(statement_summaries.settled_net_amount, statement_summaries.paid_amount)) as decimal(38, 6)) as paid_amount
from statement_summaries
inner join year_runs
    on year_runs.run_id = statement_summaries.run_id
    and year_runs.period = statement_summaries.period
group by statement_summaries.creator_id, statement_summaries.entity, statement_summaries.currency
