-- One row is one gift with the name that the catalogue last gave it.
-- grain: gift_id
with ranked as (
    select
        gift_id,
        name,
        row_number() over (partition by gift_id order by valid_from desc) as latest
    from stg_gift_catalog
)

select
    gift_id,
    name
from ranked
where latest = 1
