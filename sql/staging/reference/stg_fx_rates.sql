-- One row is one published exchange rate: units of quote per unit of base on a day, in its latest version.
-- grain: rate_date, base, quote
-- The version of the latest batch wins. A day of a closed month keeps the rates of its certificate: one that came after the
-- lock serves no day, because lots, payables and transit of that month were told at what was known then.
with versions as (
    select
        raw_fx_rates.rate_date,
        raw_fx_rates.base,
        raw_fx_rates.quote,
        raw_fx_rates.rate,
        raw_fx_rates.batch_id,
        raw_fx_rates.source_line,
        raw_fx_rates.ingested_at,
        raw_fx_rates.accounting_month,
        row_number() over (
            partition by raw_fx_rates.rate_date, raw_fx_rates.base, raw_fx_rates.quote
            order by raw_fx_rates.batch_no desc, raw_fx_rates.source_line desc
        ) as version_rank
    from raw_fx_rates
    cross join run
    left join run_batches
        on run_batches.batch_id = raw_fx_rates.batch_id
    where run_batches.known_from is null or raw_fx_rates.rate_date >= local_day(run_batches.known_from, run.time_zone)
)

select
    rate_date,
    base,
    quote,
    rate,
    batch_id,
    source_line,
    ingested_at,
    accounting_month
from versions
where version_rank = 1
