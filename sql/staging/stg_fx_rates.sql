-- One row is one published exchange rate: units of quote per unit of base on a day, in its latest version.
-- grain: rate_date, base, quote
-- The latest ingested version of a key wins.
with versions as (
    select
        rate_date,
        base,
        quote,
        rate,
        batch_id,
        source_line,
        ingested_at,
        accounting_month,
        row_number() over (
            partition by rate_date, base, quote
            order by ingested_at desc, batch_id desc, source_line desc
        ) as version_rank
    from raw_fx_rates
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
